"""Quoting alone is measured on the passages that the writers read, and set beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.answers.reading_alone import QUOTING, Given, key, quoted, table
from benchmarks.datasets.question_sets import Doc
from benchmarks.report.ablation import alone_section
from benchmarks.report.markdown import Provenance
from benchmarks.service.writers import Case, Written
from knowledge.types import PassageReading, ReadSentence, Support

_NEITHER = Support(0.1, 0.1, 0.8)
_CASE = Case(
    "en",
    "Who built the pier?",
    ("Anna Reed",),
    (Doc("d1", "en", "Town", "The town is old."), Doc("d2", "en", "Town", "Anna Reed built the pier.")),
)


class _Reader:
    """Finds the answer in passages that hold a word, and notes what it was asked."""

    def __init__(self, word: str) -> None:
        self._word = word
        self.asked: list[tuple[str, tuple[tuple[str | None, str], ...]]] = []

    def read(self, question: str, passages: Sequence[tuple[str | None, str]]) -> list[PassageReading]:
        self.asked.append((question, tuple(passages)))
        return [
            PassageReading(
                4.0 if self._word in text else -4.0, (0, 4), 2.0, (ReadSentence(0, len(text), 0.9),), _NEITHER
            )
            for _, text in passages
        ]

    def judge(self, statement: str, passages: Sequence[tuple[str | None, str]]) -> list[Support]:
        return [_NEITHER for _ in passages]


def test_the_quotation_is_of_the_passage_that_answers_wherever_it_stands() -> None:
    reader = _Reader("pier")
    written = quoted(_CASE, reader)
    assert "Anna Reed built the pier." in written.text
    assert "old" not in written.text
    assert written.first_word_s == written.whole_s
    assert reader.asked == [
        ("Who built the pier?", (("Town", "The town is old."), ("Town", "Anna Reed built the pier.")))
    ]


def test_an_answer_is_kept_by_who_answers_and_by_what_was_read() -> None:
    swapped = Case(_CASE.lang, _CASE.question, _CASE.golds, _CASE.docs[::-1])
    keys = {key("small", _CASE), key("large", _CASE), key(QUOTING, _CASE), key("small", swapped)}
    assert len(keys) == 4
    assert key("small", Case("en", _CASE.question, ("Reed",), _CASE.docs)) == key("small", _CASE)


def test_writers_are_set_beside_quoting_on_the_same_questions() -> None:
    chinese = Case("zh", "谁建了码头？", ("安娜",), (Doc("d3", "zh", "", "安娜建了码头。"),))
    asked = [_CASE, _CASE, chinese]

    def given(*texts: str) -> list[Given]:
        return [Given(Written(text, 0.1, 0.2), "abc1234") for text in texts]

    found: dict[str, Any] = table(
        asked,
        {QUOTING: given("Anna Reed built it.", "Anna Reed.", "安娜建的。"), "small": given("Anna Reed.", "Bob.", "")},
    )
    assert found["questions in each language"] == {"en": 2, "zh": 1}
    assert found["answers by commit"] == {"abc1234": 6}
    small = found["alone"]["small"]
    assert small["en"]["contains the gold"]["share"] == 0.5
    assert small["en"]["contains the gold, less than quoting"]["difference"] == -0.5
    assert found["alone"][QUOTING]["zh"]["contains the gold"]["share"] == 1.0

    made: Provenance = {"command": "python -m x", "commit": "abc", "date": "today", "python": "3.11", "machine": "m"}
    page = "\n".join(alone_section({"figures": found, "provenance": made}))
    assert "2 English and 1 Chinese questions" in page
    assert "| `small` | 0.50" in page
