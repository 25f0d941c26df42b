"""Judges an answer by what its question says that a right one must and must not hold."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.datasets.rows import CheckedQuestionRow
from benchmarks.harness.phrases import holds, says_missing

_ASKS_BACK = "ambiguous"
"""The kind of question that may be answered by one: two readings named there count, whatever the route."""


@dataclass(frozen=True)
class Verdict:
    """What is right and wrong about one answer."""

    is_right: bool
    is_refusal: bool
    """Nothing was answered, or only that it isn't in the documents."""
    contradictions: tuple[str, ...]
    """The phrases that only a wrong answer holds and that stand in this one."""
    lacking: tuple[tuple[str, ...], ...]
    """The groups of which no phrase stands in it."""


def judge(row: CheckedQuestionRow, text: str, *, abstained: bool) -> Verdict:
    """Return the verdict on an answer; `abstained` means that the bot declined, and that `text` says so.

    What the documents hold has to be told, and what they don't hold has to be said to be missing. So a refusal is right
    where they hold nothing, and only there.
    """
    if abstained and row.kind != _ASKS_BACK:
        return Verdict(is_right=row.answerable is False, is_refusal=True, contradictions=(), lacking=row.must)
    told_missing = says_missing(text)
    contradictions = tuple(phrase for phrase in row.must_not if holds(text, phrase))
    lacking = tuple(group for group in row.must if not any(holds(text, phrase) for phrase in group))
    is_right = not contradictions and not lacking and (row.answerable is True or told_missing)
    is_refusal = not contradictions and (abstained or told_missing) and not (is_right and row.answerable is not False)
    return Verdict(is_right, is_refusal, contradictions, lacking)
