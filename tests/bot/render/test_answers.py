from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.locales import load_texts
from bot.render.answers import answer_pages
from chains.types import Answer, Language, Route, RouteDecision, Timings
from knowledge.types import Contradiction, Evidence, Respelling, TextSpan
from tests.fakes.scripted_assistant import TAKEN_IN, passage

TEXTS = load_texts()
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ANSWER = Answer(
    decision_id="d",
    text="Seven days [1].",
    language=Language.EN,
    decision=RouteDecision(Route.RETRIEVAL, (), (), (), (), None, "test"),
    evidence=(passage("a_b.md", "Fees › Late"), passage("scan.pdf", page=3)),
    tools_run=("search_knowledge",),
    model="m",
    timings=Timings(0, 0, 0, 0, None, 0.04),
)


def test_an_answer_shows_its_sources_by_number_and_how_it_came_to_be() -> None:
    [page] = answer_pages(ANSWER, "because 93 %", TEXTS, NOW)
    assert page.splitlines() == [
        "Seven days [1].",
        "-# [1] a\\_b.md › Fees › Late",
        "-# [2] scan.pdf, p. 3",
        "-# documents · because 93 % · <0.1 s",
    ]


def test_an_old_source_says_how_old_it_is_and_a_new_one_does_not() -> None:
    [new, dated] = ANSWER.evidence
    dated = replace(dated, source=replace(dated.source, dated=date(2024, 1, 1)))
    [page] = answer_pages(replace(ANSWER, evidence=(new, dated)), "because", TEXTS, NOW)
    assert page.splitlines()[1:3] == [
        "-# [1] a\\_b.md › Fees › Late",
        "-# [2] scan.pdf, p. 3 · updated <t:1704110400:R>",
    ]
    later = answer_pages(replace(ANSWER, evidence=(new,)), "because", TEXTS, TAKEN_IN + timedelta(days=190))
    assert later[0].splitlines()[1] == "-# [1] a\\_b.md › Fees › Late · added <t:4070908800:R>"


def test_a_citation_names_the_other_documents_that_say_the_same() -> None:
    [item, _] = ANSWER.evidence
    others = tuple(passage(f"{name}_x.md", link=link).source for name, link in (("b", None), ("c", "https://x.y/c")))
    shown = replace(ANSWER, evidence=(replace(item, also_in=others),))
    [page] = answer_pages(shown, "because", TEXTS, NOW)
    assert page.splitlines()[1].endswith(" · also in b\\_x.md, c\\_x.md")
    many = replace(item, also_in=(*others, passage("d.md").source))
    [page] = answer_pages(replace(shown, evidence=(many,), language=Language.ZH), "因为", TEXTS, NOW)
    assert page.splitlines()[1].endswith("c\\_x.md, …")


@pytest.mark.parametrize(
    ("language", "line"),
    [
        (Language.EN, "-# I searched for “gate” instead of “gat”, “l\\_ocked” instead of “lokced”"),
        (Language.ZH, "-# 我搜索的是“gate”，而不是“gat”；“l\\_ocked”，而不是“lokced”"),
    ],
)
def test_an_answer_says_which_words_were_searched_for_in_another_spelling(language: Language, line: str) -> None:
    respelled = (Respelling("gat", "gate"), Respelling("lokced", "l_ocked"))
    [page] = answer_pages(replace(ANSWER, language=language, respelled=respelled), "because", TEXTS, NOW)
    assert page.splitlines()[-2] == line


def differing(older: Evidence, newer: Evidence, language: Language = Language.EN) -> Answer:
    difference = Contradiction(TextSpan(newer.chunk.id, 0, len(newer.chunk.text)), TextSpan(older.chunk.id, 0, 11))
    decision = replace(ANSWER.decision, contradictions=(difference,))
    return replace(ANSWER, decision=decision, evidence=(older, newer), language=language)


@pytest.mark.parametrize("language", Language)
def test_sources_that_differ_are_quoted_the_newer_first_and_dated(language: Language) -> None:
    older, newer = passage("old.md"), passage("new_.md")
    newer = replace(newer, chunk=replace(newer.chunk, id="c2", text="Ten *days*\nnow."))
    [page] = answer_pages(differing(older, newer, language), "because", TEXTS, NOW)
    line, *sources = page.splitlines()[1:4]
    assert line.startswith("-# ⚠️ ")
    assert line.index("new\\_.md [2]") < line.index("Ten \\*days\\* now.") < line.index("old.md [1]")
    assert line.count("<t:4070908800:D>") == 2
    assert all("<t:4070908800:R>" in source for source in sources)


def test_a_difference_is_not_told_where_the_answer_shows_only_one_of_the_passages() -> None:
    older, newer = passage("old.md"), passage("new.md")
    newer = replace(newer, chunk=replace(newer.chunk, id="c2"))
    answer = replace(differing(older, newer), evidence=(older,))
    assert "⚠️" not in "".join(answer_pages(answer, "because", TEXTS, NOW))


def test_the_sources_stay_in_one_piece_below_a_long_answer() -> None:
    pages = answer_pages(replace(ANSWER, text="word " * 395), "because", TEXTS, NOW)
    assert len(pages) == 2
    assert pages[1].startswith("-# [1]")
