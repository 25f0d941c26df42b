"""Texts that were made to keep a pattern busy: each took seconds to minutes, growing with the square of its length."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chains.output_guard import OutputGuard
from knowledge.chunking.headings import cut_at_headings
from knowledge.parsing.qa_pairs import normal_question
from tests.cpu_time import cpu_seconds
from text.file_names import distinct_names, safe_name
from text.markdown.blocks import without_comments
from text.markdown.tables import cut_table
from text.quantities import quantities_in
from text.question_text import asked_text
from text.sentences import sentence_ends
from text.words import one_line

_LIMIT_S = 0.5
_MARKS = "a" + "\u0301\u0316" * 20_000
"""Accents above and below in turn, which normalising sorts one by one."""

_HOSTILE: dict[str, Callable[[], object]] = {
    "two deep paths": lambda: distinct_names(["a/" * 3_000 + "x.md"] * 2),
    "one long name in many folders": lambda: distinct_names([f"{'y' * 20_000}/{at}/x.md" for at in range(400)]),
    "many equal names": lambda: distinct_names(["x.md"] * 5_000),
    "a name of accents": lambda: safe_name(_MARKS),
    "a training text of accents": lambda: one_line(_MARKS),
    "a question of accents": lambda: normal_question(_MARKS),
    "an answer without a full stop": lambda: sentence_ends("word " * 6_000),
    "a written line without a full stop": lambda: OutputGuard([]).push("some words " * 3_000),
    "Chinese digits": lambda: quantities_in("一" * 10_000),
    "headings of brackets": lambda: cut_at_headings(f"# {'[' * 298}\nx\n" * 600, by_words=True),
    "headings of open links": lambda: cut_at_headings(f"# {'[](' * 99}\nx\n" * 600, by_words=True),
    "a long head above many rows": lambda: list(
        cut_table(["|" + "a|" * 10_000, "|" + "-|" * 10_000, *["|b|"] * 3_000], len, 900)
    ),
    "open comments": lambda: without_comments("<!-- " * 100_000),
    "a question of spaces": lambda: asked_text("a" + " " * 1_998 + "b"),
    "a question of thanks": lambda: asked_text("thanks so much" + " so much" * 240 + "?"),
    "a question of dashes": lambda: asked_text("hello " + "- " * 990 + "x"),
    "a question of stars": lambda: asked_text("**a" * 660),
    "a question of greetings": lambda: asked_text("hi " + "there " * 330),
    "a question of sorries": lambda: asked_text("sorry if " * 220),
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_a_hostile_text_takes_no_longer_than_any_other(name: str) -> None:
    assert cpu_seconds(_HOSTILE[name]) < _LIMIT_S


@pytest.mark.parametrize("name", ["a/b/x.md", "x" * 3_000 + ".md", "b/" * 50 + "x.pdf"])
def test_a_long_path_keeps_its_name_and_suffix(name: str) -> None:
    first, second = distinct_names([name, f"other/{name}"])
    assert first != second
    assert first.endswith(name[-3:])
    assert second.endswith(name[-3:])


def test_an_accent_stays_with_its_letter_in_a_long_text() -> None:
    assert one_line("Cafe\u0301 " * 200) == " ".join(["caf\u00e9"] * 200)
    assert one_line("e" + "\u0301" * 600) == one_line("e" + "\u0301" * 30)


def test_sentences_end_where_they_ended() -> None:
    assert sentence_ends("It is 2.5 now. Next? 好。... x") == [14, 20, 23, 26]
