from __future__ import annotations

import random
import re

import pytest
from discord.utils import remove_markdown

from bot.locales import load_texts
from bot.readiness import Loading
from bot.render.message_text import (
    close_open_blocks,
    escape_text,
    link_to,
    loading_line,
    quote_question,
    split_evenly,
    split_message,
)
from chains.types import Language

TEXTS = load_texts()

ATTACKS = [
    "```\n@everyone\n```",
    "**bold** _under_ ~~gone~~ ||hidden||",
    "<@123> <@&4> <#5> </ask:6> <t:7:R> <:x:8>",
    "[free nitro](https://evil.example)",
    "https://evil.example <https://evil.example>",
    "# Heading\n> quote\n-# small",
    "\\*escaped\\* \\",
    "`code`",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_every_sign_is_shown_and_none_does_anything(text: str) -> None:
    shown = escape_text(text)
    assert re.sub(r"\\(.)", r"\1", shown) == text
    for sign in "*_~|`<>[]#@":
        assert not re.search(rf"(?<!\\)(?:\\\\)*{re.escape(sign)}", shown.replace("\\" + sign, ""))
    assert not re.search(r"\w://", shown)


def test_what_turns_the_direction_of_text_is_left_out() -> None:
    assert escape_text("a\u202eb\x07c\n文") == "abc\n文"


def test_a_name_ends_no_link() -> None:
    shown = link_to(escape_text("x](https://evil.example) [y"), "https://club.example/#a%29")
    assert shown == "[x\\](https\\://evil.example) \\[y](<https://club.example/#a%29>)"
    assert link_to("name", None) == "name"


def test_words_stay_readable() -> None:
    assert remove_markdown(escape_text("It's 5 % (or more): see p. 3!")) == "It's 5 % (or more): see p. 3!"


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
def test_an_answers_markdown_never_swallows_the_lines_below_it(text: str, shown: str) -> None:
    assert close_open_blocks(text) == shown


def test_a_narrow_table_is_shown_as_columns() -> None:
    table = "Here:\n\n| Day | **Opens** |\n| --- | :-: |\n| Monday | 9:00 \\| 14:00 |\n| 星期二 | closed |\n\nSee you."
    assert close_open_blocks(table).split("\n") == [
        "Here:",
        "",
        "```",
        "Day     Opens",
        "──────  ────────────",
        "Monday  9:00 | 14:00",
        "星期二  closed",
        "```",
        "",
        "See you.",
    ]


def test_a_wide_table_is_shown_as_a_list() -> None:
    long = "bring the tool back to the shed and tell the warden"
    table = f"| Tool | Rule | Fee |\n| --- | --- | --- |\n| Bandsaw | {long} | 5 |\n| | {long} | |"
    assert close_open_blocks(table).split("\n") == [f"- **Bandsaw** · Rule: {long}; Fee: 5", f"- Rule: {long}"]


def test_a_table_within_code_stays_as_it_is() -> None:
    code = "```\n| a | b |\n| --- | --- |\n```"
    assert close_open_blocks(code) == code


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Write ``` above your code.", "Write \\`\\`\\` above your code."),
        ("First ```x = 1``` and then ``` alone.", "First ```x = 1``` and then \\`\\`\\` alone."),
        ("One ```x\ny``` two", "One ```x\ny``` two"),
        ("A ``` here.\n\n```\ncode\n```\nThe end.", "A \\`\\`\\` here.\n\n```\ncode\n```\nThe end."),
    ],
)
def test_a_stray_fence_makes_no_code_of_what_follows(text: str, shown: str) -> None:
    assert close_open_blocks(text) == shown
