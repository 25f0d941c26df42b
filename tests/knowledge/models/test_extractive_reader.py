"""The reader that ships, on passages of our own."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

import pytest

from knowledge.models.extractive_reader import WEIGHTS, ExtractiveReader, pinned_sha256
from knowledge.types import PassageReading

HOURS = (
    "Opening hours",
    "The workshop is open on Tuesday and Thursday from 17:00 to 21:00. It is closed on Sunday. Knock hard at the door.",
)
BADGE = ("The badge", "The course lasts three hours. The badge is valid for two years. Six people take part at most.")
KEYS = ("钥匙", "钥匙由林悦保管。押金二十英镑。丢失钥匙的人要付三十英镑。")


@pytest.fixture(scope="module")
def reader(embedding_folder: Path) -> ExtractiveReader:
    return ExtractiveReader(embedding_folder)


def likeliest(text: str, reading: PassageReading) -> str:
    best = max(reading.sentences, key=lambda sentence: sentence.evidence)
    return text[best.start : best.end]


def test_the_shipped_weights_are_the_pinned_ones_and_small() -> None:
    data = resources.files("knowledge.models").joinpath(WEIGHTS).read_bytes()
    assert hashlib.sha256(data).hexdigest() == pinned_sha256()
    assert len(data) <= 50_000_000


@pytest.mark.parametrize(
    ("question", "passage", "sentence"),
    [
        ("How long is the badge valid?", BADGE, "The badge is valid for two years."),
        ("How many people can take part in the course?", BADGE, "Six people take part at most."),
        ("When is the workshop open on Thursdays?", HOURS, HOURS[1].partition(". ")[0] + "."),
        ("谁保管钥匙？", KEYS, "钥匙由林悦保管。"),
        ("押金是多少？", KEYS, "押金二十英镑。"),
    ],
)
def test_the_sentence_that_answers_is_the_likeliest(
    reader: ExtractiveReader, question: str, passage: tuple[str, str], sentence: str
) -> None:
    assert likeliest(passage[1], reader.read(question, [passage])[0]) == sentence


def test_the_passage_that_answers_is_told_from_others(reader: ExtractiveReader) -> None:
    hours, badge = reader.read("How long is the badge valid?", [HOURS, BADGE])
    assert badge.answerable > hours.answerable
    assert badge.span_margin > hours.span_margin


def test_positions_count_from_the_text_and_not_from_its_heading(reader: ExtractiveReader) -> None:
    bare, headed = reader.read("How long is the badge valid?", [(None, BADGE[1]), BADGE])
    assert [(s.start, s.end) for s in bare.sentences] == [(s.start, s.end) for s in headed.sentences]
    assert "two years" in BADGE[1][headed.span[0] : headed.span[1]]


def test_a_passage_longer_than_the_network_reads_is_read_to_its_end(reader: ExtractiveReader) -> None:
    text = "Nobody was there that day, and nothing was written down. " * 60 + "The badge is valid for two years."
    assert likeliest(text, reader.read("How long is the badge valid?", [(None, text)])[0]) == (
        "The badge is valid for two years."
    )


def test_nothing_and_empty_passages_are_read_without_an_error(reader: ExtractiveReader) -> None:
    assert reader.read("How long?", []) == []
    empty, blank = reader.read("How long?", [(None, ""), ("A heading", "   ")])
    assert empty.sentences == blank.sentences == ()


def test_what_a_passage_says_of_a_statement_adds_up_to_one(reader: ExtractiveReader) -> None:
    for support in reader.judge("The badge is valid for two years.", [BADGE, HOURS]):
        assert support.supported + support.contradicted + support.neither == pytest.approx(1.0, abs=1e-3)
