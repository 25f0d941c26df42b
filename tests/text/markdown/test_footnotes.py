from __future__ import annotations

import pytest

from tests.growth import takes_no_quadratic_time
from text.markdown.footnotes import inline_footnotes


@pytest.mark.parametrize(
    ("markdown", "inlined"),
    [
        ("It costs 240[^fee].\n\n[^fee]: Families pay 180.", "It costs 240 (Families pay 180.).\n\n"),
        ("A[^1] and[^1]\n\n[^1]: one\n  two\n[^2]: unmarked", "A (one two) and[^1]\n\n\n\n[^2]: unmarked"),
        ("A[^1]\n\n[^1]: one\n\n    two\n\nText.", "A (one two)\n\n\n\n\n\nText."),
        ("A[^1]\n```\n[^1]: code\n```", "A[^1]\n```\n[^1]: code\n```"),
        ("Write `[^1]`[^2].\n\n[^1]: one\n[^2]: two", "Write `[^1]` (two).\n\n[^1]: one\n"),
        ("A[^2]\n\n[^1]: one\n[^2]: two[^1]", "A[^2]\n\n[^1]: one\n[^2]: two[^1]"),
        ("A[^1]\n\n[^1]: " + "x" * 600, "A[^1]\n\n[^1]: " + "x" * 600),
        ("[a-z] and [^a-z]", "[a-z] and [^a-z]"),
    ],
)
def test_a_footnote_moves_to_its_first_mark(markdown: str, inlined: str) -> None:
    assert inline_footnotes(markdown) == inlined


@pytest.mark.parametrize("line", ["[^1]: a[^1]", "[^1]", "[^", "[^1]:", "[^1]: a\n\n    b", "\n    a"])
def test_no_footnotes_take_quadratic_time(line: str) -> None:
    assert takes_no_quadratic_time(lambda n: inline_footnotes("x[^1]\n" + f"{line}\n" * n), 10_000)
