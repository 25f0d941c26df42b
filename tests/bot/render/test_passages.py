from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.locales import load_texts
from bot.render.passages import CARD_LIMIT, highlighted, passage_card
from chains.types import Language
from knowledge.types import Chunk, Passage, Place
from tests.bot.render.test_message_text import ATTACKS
from tests.fakes.scripted_assistant import passage

TEXTS = load_texts()
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _passage(text: str, marks: tuple[tuple[int, int], ...] = (), link: str | None = None, **place: object) -> Passage:
    evidence = passage("a_b.md", link=link)
    return Passage(Chunk("c", "s", 0, text, replace(Place(), **place)), evidence.source, marks)


def test_a_card_names_the_source_its_place_its_link_and_its_date() -> None:
    shown = _passage("Seven days.", ((0, 5),), "https://club.example/a_b", heading="Fees › Late", anchor="late")
    card = passage_card(2, shown, Language.EN, TEXTS, NOW)
    assert card.title == "[2] a\\_b.md"
    assert card.url == "https://club.example/a_b#late"
    assert card.description == "**Seven** days."
    assert card.footer.text == "Fees › Late · added"
    assert card.timestamp == shown.source.ingested_at


@pytest.mark.parametrize(
    ("media", "place", "english", "chinese"),
    [
        ("pptx", Place(page=3, heading="Members"), "Members · slide 3", "Members · 第 3 张幻灯片"),
        ("ipynb", Place(page=2, heading="Tides"), "Tides · cell 2", "Tides · 第 2 个单元格"),
        ("xlsx", Place(line=9, heading="Budget › Fees"), "Budget › Fees · row 9", "Budget › Fees · 第 9 行"),
        ("code", Place(line=7, heading="class Slip"), "class Slip · line 7", "class Slip · 第 7 行"),
        ("csv", Place(line=2), "line 2", "第 2 行"),
        ("docx", Place(heading="Fees"), "Fees", "Fees"),
        ("md", Place(line=4, heading="Fees"), "Fees", "Fees"),
        ("rst", Place(line=4, heading="Fees"), "Fees", "Fees"),
    ],
)
def test_a_place_is_named_as_its_format_names_it(media: str, place: Place, english: str, chinese: str) -> None:
    shown = _passage("Seven days.")
    shown = replace(shown, source=replace(shown.source, media=media), chunk=replace(shown.chunk, place=place))
    assert passage_card(1, shown, Language.EN, TEXTS, NOW).footer.text == f"{english} · added"
    assert passage_card(1, shown, Language.ZH, TEXTS, NOW).footer.text == f"{chinese} · 添加于"


def test_a_card_of_a_line_or_a_page_says_so_in_the_answers_language() -> None:
    card = passage_card(1, _passage("七天。", line=4), Language.ZH, TEXTS, NOW)
    assert card.footer.text == "第 4 行 · 添加于"
    assert passage_card(1, _passage("x", page=3), Language.EN, TEXTS, NOW).footer.text == "p. 3 · added"


def test_a_card_of_an_old_document_says_how_old_it_is() -> None:
    shown = _passage("Seven days.")
    dated = replace(shown, source=replace(shown.source, dated=date(2024, 1, 1)))
    card = passage_card(1, dated, Language.EN, TEXTS, NOW)
    assert card.description == "Seven days.\n-# updated <t:1704110400:R>"
    assert card.footer.text == "updated"
    assert card.timestamp == datetime(2024, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ATTACKS)
def test_what_stands_in_a_passage_breaks_out_of_nothing(text: str) -> None:
    bold = highlighted(text, ((0, len(text)),))
    assert bold.startswith("**") and bold.endswith("**")
    assert not re.search(r"(?<!\\)[`<\[|~_@#]", bold[2:-2].replace("\\\\", ""))


def test_marks_at_the_edges_and_beside_each_other_are_bold_alone() -> None:
    assert highlighted("a_b c", ((0, 1), (2, 3), (4, 5))) == "**a**\\_**b** **c**"


@pytest.mark.parametrize("text", ["word " * 2000, "*" * 9000, "字" * 9000, "a*" * 4000])
def test_a_long_passage_is_cut_around_what_is_marked(text: str) -> None:
    marks = ((6000, 6004), (6010, 6014))
    shown = highlighted(text, marks)
    assert len(shown) <= CARD_LIMIT
    assert shown.count("**") >= 4
    assert shown.startswith("…") and shown.endswith("…")


def test_a_card_of_marks_alone_stays_within_its_limit() -> None:
    shown = highlighted("a " * 5000, tuple((at, at + 1) for at in range(0, 10_000, 2)))
    assert len(shown) <= CARD_LIMIT


def test_a_long_name_is_cut() -> None:
    shown = _passage("x")
    long = replace(shown, source=replace(shown.source, name="_" * 300))
    assert len(passage_card(1, long, Language.EN, TEXTS, NOW).title or "") <= 256


def test_a_table_is_shown_without_its_syntax() -> None:
    text = "Hours\n\n| Day | Opens |\n| --- | :---: |\n| Monday | 9:00 |\n| Sunday | closed |"
    row = text.index("| Sunday"), len(text)
    assert highlighted(text, [row]).split("\n") == [
        "Hours",
        "",
        "Day │ Opens",
        "Monday │ 9:00",
        "**Sunday │ closed**",
    ]
    assert highlighted("a | b\n| c", []) == "a \\| b\n\\| c"
