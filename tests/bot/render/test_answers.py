import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.locales import load_texts
from bot.readiness import Loading
from bot.render.answers import answer_pages
from bot.render.message_text import close_open_blocks, loading_line, quote_question, split_evenly, split_message
from chains.types import Answer, Language, Route, RouteDecision, Timings
from knowledge.types import Contradiction, Evidence, TextSpan
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


def test_a_code_block_that_is_cut_is_closed_and_opened_again_with_its_language() -> None:
    code = "\n".join(f"x = {number}" for number in range(40))
    pages = split_message(f"Look:\n```python\n{code}\n```\nDone.", limit=200)
    assert len(pages) > 1
    for page in pages:
        assert len(page) <= 200
        assert page.count("```") % 2 == 0
    assert all(page.startswith("```python\n") for page in pages[1:])
    assert [line for page in pages for line in page.splitlines() if line.startswith("x")] == code.splitlines()


def test_an_unclosed_code_block_is_closed_so_that_what_follows_is_no_code() -> None:
    assert split_message("```\nx = 1") == ("```\nx = 1\n```",)


@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_lost_and_nothing_is_too_long_whatever_is_split(seed: int) -> None:
    chance = random.Random(seed)
    lines = [
        chance.choice(["", "word " * chance.randint(1, 30), "字" * chance.randint(1, 300), "```", "```py", "- item"])
        for _ in range(chance.randint(1, 60))
    ]
    text = "\n".join(lines)
    pages = split_message(text, limit=150)
    assert all(len(page) <= 150 for page in pages)
    letters = [char for char in text if char not in " \n`"]
    kept = [char for page in pages for char in page if char not in " \n`"]
    assert "".join(kept).replace("py", "") == "".join(letters).replace("py", "")


def test_a_long_explanation_leaves_no_short_last_message() -> None:
    text = "\n".join([*(f"{number:02} " + "word " * 60 for number in range(7)), "-# The last line."])
    assert [len(page) for page in split_message(text)][-1] < 400
    pages = split_evenly(text)
    assert len(pages) == len(split_message(text)) == 2
    assert min(len(page) for page in pages) > 800
    assert "".join("".join(pages).split()) == "".join(text.split())


def test_nothing_but_space_gives_no_message() -> None:
    assert split_message(" \n\n ") == ()


def test_what_was_asked_is_quoted_on_one_line_without_effect() -> None:
    assert quote_question("a\n**b**", Language.EN, TEXTS) == "> a \\*\\*b\\*\\*"


def test_progress_without_a_size_is_worded_without_one() -> None:
    line = loading_line("chat_model", Loading("converting"), Language.EN, TEXTS)
    assert line == "Preparing the chat model (first run only, about a minute)."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Plain **bold** text\n# a heading", "Plain **bold** text\n# a heading"),
        ("Sure.\n-# retrieval · sure", "Sure.\n\\-# retrieval · sure"),
        (">>> all\nof it", "\\>>> all\nof it"),
        ("```py\nx = 1", "```py\nx = 1\n```"),
        ("```\n-# code\n```\nafter", "```\n-# code\n```\nafter"),
        ("~~~py\n-# code\n~~~\n-# after", "```py\n-# code\n```\n\\-# after"),
        ("~~~\nx = 1", "```\nx = 1\n```"),
        ("````md\n```py\n-# x\n```\n````\n-# after", "```md\n`\u200b``py\n-# x\n`\u200b``\n```\n\\-# after"),
        ("1. Run\n   ```sh\n   -# x\n   ```\n-# after", "1. Run\n   ```sh\n   -# x\n   ```\n\\-# after"),
    ],
)
def test_markdown_takes_in_nothing_that_stands_below_an_answer(text: str, shown: str) -> None:
    assert close_open_blocks(text) == shown
