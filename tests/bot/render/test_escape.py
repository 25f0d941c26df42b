from __future__ import annotations

import re

import pytest
from discord.utils import remove_markdown

from bot.render.message_text import escape_text, link_to

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
