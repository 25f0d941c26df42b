import random
from dataclasses import replace

import pytest

from bot import render
from bot.locales import load_texts
from bot.readiness import Loading
from chains.types import Answer, Language, Route, RouteDecision, Timings
from tests.fakes.scripted_assistant import passage

TEXTS = load_texts()
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
    [page] = render.answer_pages(ANSWER, "because 93 %", TEXTS)
    assert page.splitlines() == [
        "Seven days [1].",
        "-# [1] a\\_b.md › Fees › Late",
        "-# [2] scan.pdf, p. 3",
        "-# retrieval · because 93 % · <0.1 s",
    ]


def test_the_sources_stay_in_one_piece_below_a_long_answer() -> None:
    pages = render.answer_pages(replace(ANSWER, text="word " * 395), "because", TEXTS)
    assert len(pages) == 2
    assert pages[1].startswith("-# [1]")


def test_a_code_block_that_is_cut_is_closed_and_opened_again_with_its_language() -> None:
    code = "\n".join(f"x = {number}" for number in range(40))
    pages = render.split(f"Look:\n```python\n{code}\n```\nDone.", limit=200)
    assert len(pages) > 1
    for page in pages:
        assert len(page) <= 200
        assert page.count("```") % 2 == 0
    assert all(page.startswith("```python\n") for page in pages[1:])
    assert [line for page in pages for line in page.splitlines() if line.startswith("x")] == code.splitlines()


def test_an_unclosed_code_block_is_closed_so_that_what_follows_is_no_code() -> None:
    assert render.split("```\nx = 1") == ("```\nx = 1\n```",)


@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_lost_and_nothing_is_too_long_whatever_is_split(seed: int) -> None:
    chance = random.Random(seed)
    lines = [
        chance.choice(["", "word " * chance.randint(1, 30), "字" * chance.randint(1, 300), "```", "```py", "- item"])
        for _ in range(chance.randint(1, 60))
    ]
    text = "\n".join(lines)
    pages = render.split(text, limit=150)
    assert all(len(page) <= 150 for page in pages)
    letters = [char for char in text if char not in " \n`"]
    kept = [char for page in pages for char in page if char not in " \n`"]
    assert "".join(kept).replace("py", "") == "".join(letters).replace("py", "")


def test_nothing_but_space_gives_no_message() -> None:
    assert render.split(" \n\n ") == ()


def test_what_was_asked_is_quoted_on_one_line_without_effect() -> None:
    assert render.quote("a\n**b**", Language.EN, TEXTS) == "> a \\*\\*b\\*\\*"


def test_progress_without_a_size_is_worded_without_one() -> None:
    line = render.loading_line("chat_model", Loading("converting"), Language.EN, TEXTS)
    assert line == "Preparing the chat model, once on this machine: about a minute."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Plain **bold** text\n# a heading", "Plain **bold** text\n# a heading"),
        ("Sure.\n-# retrieval · sure", "Sure.\n\\-# retrieval · sure"),
        (">>> all\nof it", "\\>>> all\nof it"),
        ("```py\nx = 1", "```py\nx = 1\n```"),
        ("```\n-# code\n```\nafter", "```\n-# code\n```\nafter"),
    ],
)
def test_markdown_takes_in_nothing_that_stands_below_an_answer(text: str, shown: str) -> None:
    assert render.contained(text) == shown
