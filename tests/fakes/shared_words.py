"""A stand-in for the cross-encoder: how many of the question's terms a passage shares."""

from __future__ import annotations

from knowledge.ports import Reranker
from text.index_terms import question_terms


class SharedWords:
    """Deterministic and instant; remembers what it was asked to read."""

    model_name = "shared-words"

    def __init__(self) -> None:
        self.read: list[list[str]] = []

    def scores(self, question: str, passages: list[str]) -> list[float]:
        self.read.append(passages)
        asked = set(question_terms(question))
        return [float(len(asked & set(question_terms(passage)))) for passage in passages]


_CONFORMS: type[Reranker] = SharedWords
