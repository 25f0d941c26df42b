"""Subtitles as paragraphs that know their time and their speaker."""

from __future__ import annotations

import pytest

from bot.locales import load_texts
from bot.render.sources import exact_place
from chains.types import Language
from knowledge.chunking.splitter import split_document
from knowledge.errors import DocumentError, Reason
from knowledge.parsing.loader import load_document
from knowledge.parsing.readers.subtitles import LONGEST_PARAGRAPH, read_subtitles
from tests.knowledge.parsing.readers.reading import read


def said(text: str) -> list[tuple[str, int]]:
    (part,) = read(read_subtitles, text.encode()).parts
    assert part.numbers is not None
    return [(line, number) for line, number in zip(part.text.split("\n"), part.numbers, strict=True) if line]


def test_cues_become_paragraphs_with_their_speakers_and_times() -> None:
    text = (
        "WEBVTT - Club evening\n\nSTYLE\n::cue { color: red }\n\n1\n00:01.000 --> 00:03.000 align:start\n"
        "<v.loud Ada>Welcome to <i>the</i> club &amp;\n<c.blue>its quay</c>.\n\n00:03.000 --> 00:05.000\n"
        "<v Ada>We open at nine.\n\n01:02:05.500 --> 01:02:07.000\n<v 陈敏>工坊每周二\n晚上开门。\n"
    )
    assert said(text) == [
        ("Ada: Welcome to the club & its quay. We open at nine.", 1),
        ("陈敏: 工坊每周二晚上开门。", 3725),
    ]


def test_subrip_is_read_the_same_way() -> None:
    text = '\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n{\\an8}<font color="red">Hello</font>\r\n\r\n'
    text += "2\r\n00:00:02,600 --> 00:00:04,000\r\n- Who is there?\r\n- Ada.\r\n\r\n"
    text += "3\r\n00:00:20,000 --> 00:00:21,000\r\nLater."
    assert said(text) == [("Hello - Who is there?", 1), ("- Ada.", 2), ("Later.", 20)]


def test_captions_that_roll_up_are_said_once() -> None:
    text = (
        "WEBVTT\n\n00:00.000 --> 00:02.000\n \nhello<00:00.500><c> world</c>\n\n"
        "00:02.000 --> 00:02.010\nhello world\n \n\n"
        "00:02.010 --> 00:04.000\nhello world\nthis<00:02.500><c> is it</c>\n\n"
        "00:04.000 --> 00:06.000\nthis is it\nsails\n\n"
        "00:06.000 --> 00:07.000\nsails up\n\n"
    )
    assert said(text) == [("hello world this is it sails up", 0)]


def test_words_that_are_said_again_later_are_kept() -> None:
    text = "WEBVTT\n\n00:00.000 --> 00:01.000\nNo.\n\n00:03.000 --> 00:04.000\nNo.\n"
    assert said(text) == [("No. No.", 0)]


def test_comments_are_not_taken_in_and_told() -> None:
    found = read(read_subtitles, b"WEBVTT\n\nNOTE\ncut this\n\n00:00.000 --> 00:01.000\nHello.\n\nNOTE secret\n")
    assert (found.text, found.left_out) == ("Hello.", {"hidden_text": 2})


def test_a_long_talk_is_cut_into_paragraphs_whose_times_are_close() -> None:
    cues = [
        f"{n // 60:02}:{n % 60:02}.000 --> {n // 60:02}:{n % 60:02}.900\nThis is sentence number {n}.\n"
        for n in range(600)
    ]
    lines = said("WEBVTT\n\n" + "\n".join(cues))
    assert all(len(line) < LONGEST_PARAGRAPH + 100 for line, _ in lines)
    assert all(line.startswith(f"This is sentence number {second}.") for line, second in lines)
    document = load_document(("WEBVTT\n\n" + "\n".join(cues)).encode(), "talk.vtt", 10**7)
    chunks = list(split_document(document, "s"))
    assert len(chunks) > 3 and chunks[0].place.line == 0
    assert all(f"number {chunk.place.line}." in chunk.text for chunk in chunks)


def test_a_passage_is_cited_by_its_time() -> None:
    document = load_document("WEBVTT\n\n01:02:05.000 --> 01:02:07.000\n工坊开门。\n".encode(), "a.srt", 10**7)
    (chunk,) = split_document(document, "s")
    assert exact_place(chunk.place, document.media, Language.EN, load_texts()) == "at 1:02:05"
    assert exact_place(chunk.place, document.media, Language.ZH, load_texts()) == "1:02:05 处"


def test_a_file_without_a_time_is_no_subtitles() -> None:
    with pytest.raises(DocumentError) as caught:
        load_document(b"WEBVTT\n\nHello.\n", "a.vtt", 10**7)
    assert caught.value.reason is Reason.CORRUPT
