"""What a model may not make the bot say: links of its own, invitations, and lines that look like the bot's sources."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.render.answer_links import with_known_links
from bot.render.answers import answer_pages
from chains.types import Route
from tests.bot.render.test_answers import ANSWER, NOW, TEXTS
from tests.growth import takes_no_quadratic_time

SOURCES = [
    "Read https://club.example/fees_(new)?a=1 or (https://club.example/rules), and [more](https://club.example/x)."
]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("See [the rules](https://evil.example/login).", "See the rules."),
        ('See [the rules](<https://evil.example/login> "The rules").', "See the rules."),
        ("See [the rules](https://club.example/rules).", "See [the rules](<https://club.example/rules>)."),
        ("See https://club.example/rules.", "See <https://club.example/rules>."),
        ("See <https://club.example/rules>, please.", "See <https://club.example/rules>, please."),
        ("See https://club.example/fees_(new)?a=1!", "See <https://club.example/fees_(new)?a=1>!"),
        ("See [more](https://club.example/x)", "See [more](<https://club.example/x>)"),
        ("See https://club.ex", r"See https\://club.ex"),
        ("See https://club.example/rules/../admin", r"See https\://club.example/rules/../admin"),
        ("![](https://evil.example/p.png)", r"![](https\://evil.example/p.png)"),
        ("[https://club.example](https://evil.example)", r"https\://club.example"),
        ("[call](tel:0900)", "call"),
        (
            "Join discord.gg/abc or HTTPS://discord.com/invite/abc",
            "Join discord\\.gg/abc or HTTPS\\://discord\\.com/invite/abc",
        ),
        (
            "`https://evil.example` and\n```\nhttps://evil.example\n```",
            "`https://evil.example` and\n```\nhttps://evil.example\n```",
        ),
        ("[1] rules.md, p. 3", "rules.md, p. 3 [1]"),
        ("> **[1]** x\n- [2] rules.md", "> **[1]** x\n- rules.md [2]"),
        ("Nine pounds [1].\n[2]: see above [2]", "Nine pounds [1].\nsee above [2]"),
        ("names[0] and [1](x) stay words", "names[0] and 1 stay words"),
    ],
)
def test_only_the_sources_links_stay(written: str, shown: str) -> None:
    assert with_known_links(written, SOURCES) == shown
    assert with_known_links(shown, SOURCES) == shown


def test_an_answer_links_only_to_what_its_sources_have() -> None:
    written = "Pay at [the desk](https://evil.example).\n[1] a_b.md › Fees"
    [page] = answer_pages(replace(ANSWER, text=written), "because", TEXTS, NOW)
    assert page.splitlines()[:3] == ["Pay at the desk.", "a_b.md › Fees [1]", "-# [1] a\\_b.md › Fees › Late"]


def test_what_a_moderator_or_a_tuned_model_wrote_stays_as_it_is() -> None:
    written = "Pay at [the desk](https://club.example/desk)."
    [page] = answer_pages(replace(ANSWER, text=written, model=None), "because", TEXTS, NOW)
    assert page.startswith(written)
    tuned = replace(ANSWER.decision, route=Route.SPECIALIST)
    [page] = answer_pages(replace(ANSWER, text=written, decision=tuned, evidence=()), "because", TEXTS, NOW)
    assert page.startswith(written)


@pytest.mark.parametrize("written", ["[", "[a](", "[1] ", "https://", "[a](b("])
def test_no_answer_takes_quadratic_time(written: str) -> None:
    assert takes_no_quadratic_time(lambda n: with_known_links(written * n, [written * n]), 4_000)
