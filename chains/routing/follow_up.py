"""What a question of a conversation is searched for: alone, or behind an earlier one on which it leans.

Knows no index; whether a question leans is told by its words, without a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chains.types import Turn


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for."""

    text: str
    behind: int | None
    """Which earlier question stands before the question, counted back from 1; None: none."""


def query_of(question: str, history: Sequence[Turn], behind: int | None) -> str:
    """The question, behind that earlier one; `history` is oldest first."""
    return question if behind is None else f"{history[-behind].question} {question}"
