"""Texts that were made to keep a pattern busy: each took seconds to minutes, growing with the square of its length."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chains.output_guard import OutputGuard
from knowledge.chunking.headings import cut_at_headings
from knowledge.parsing.qa_pairs import normal_question
from tests.growth import takes_no_quadratic_time
from text.file_names import distinct_names, safe_name
from text.markdown.blocks import without_comments
from text.markdown.tables import cut_table
from text.quantities import quantities_in
from text.question_text import asked_text
from text.sentences import sentence_ends
from text.words import one_line


def _accents(pairs: int) -> str:
    """Accents above and below in turn, which normalising sorts one by one."""
    return "a" + "\u0301\u0316" * pairs


_HOSTILE: dict[str, tuple[Callable[[int], object], int]] = {
    "two deep paths": (lambda n: distinct_names(["a/" * n + "x.md"] * 2), 3_000),
    "one long name in many folders": (
        lambda n: distinct_names([f"{'y' * 20_000}/{at}/x.md" for at in range(n)]),
        400,
    ),
    "many equal names": (lambda n: distinct_names(["x.md"] * n), 5_000),
    "a name of accents": (lambda n: safe_name(_accents(n)), 20_000),
    "a training text of accents": (lambda n: one_line(_accents(n)), 20_000),
    "a question of accents": (lambda n: normal_question(_accents(n)), 20_000),
    "an answer without a full stop": (lambda n: sentence_ends("word " * n), 6_000),
    "a written line without a full stop": (lambda n: OutputGuard([]).push("some words " * n), 3_000),
    "Chinese digits": (lambda n: quantities_in("一" * n), 10_000),
    "headings of brackets": (lambda n: cut_at_headings(f"# {'[' * n}\nx\n" * 600, by_words=True), 298),
    "headings of open links": (lambda n: cut_at_headings(f"# {'[](' * n}\nx\n" * 600, by_words=True), 99),
    "a long head above many rows": (
        lambda n: list(cut_table(["|" + "a|" * 3 * n, "|" + "-|" * 3 * n, *["|b|"] * n], len, 900)),
        3_000,
    ),
    "open comments": (lambda n: without_comments("<!-- " * n), 100_000),
    "a question of spaces": (lambda n: asked_text("a" + " " * n + "b"), 1_998),
    "a question of thanks": (lambda n: asked_text("thanks so much" + " so much" * n + "?"), 240),
    "a question of dashes": (lambda n: asked_text("hello " + "- " * n + "x"), 990),
    "a question of stars": (lambda n: asked_text("**a" * n), 660),
    "a question of greetings": (lambda n: asked_text("hi " + "there " * n), 330),
    "a question of sorries": (lambda n: asked_text("sorry if " * n), 220),
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_a_hostile_text_takes_no_quadratic_time(name: str) -> None:
    assert takes_no_quadratic_time(*_HOSTILE[name])


def test_what_takes_quadratic_time_is_told_from_what_sorts() -> None:
    assert not takes_no_quadratic_time(lambda n: sum(1 for a in range(n) for b in range(n) if a == b), 2_000)
    assert takes_no_quadratic_time(lambda n: sorted(str(number) for number in range(n)), 100_000)


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
