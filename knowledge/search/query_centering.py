"""Removes from a question's vector a share of what all questions in its language have in common, before ranking.

Some passages are close to any question, most of all across languages. The means are fitted for each embedding model by
`python -m benchmarks.fit.question_means`. Edit it for the share that is removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from pydantic import TypeAdapter

from text.scripts import is_cjk

CENTERED_SHARE = 0.4
"""The share of the mean that is removed, found on development sets in one language, where all of it does harm."""
_PREFIX = "question_means_"


@dataclass(frozen=True, slots=True)
class QueryCentering:
    """Holds the mean vectors of questions, by script."""

    embedding_model: str
    cjk: tuple[float, ...]
    other: tuple[float, ...]

    def centred(self, question: str, vector: Sequence[float]) -> list[float]:
        """Return the question's vector minus `CENTERED_SHARE` of its script's mean; its length is not 1."""
        own, _ = self._own_and_other(question)
        return [value - CENTERED_SHARE * common for value, common in zip(vector, own, strict=True)]

    def carried_over(self, question: str, vector: Sequence[float]) -> list[float]:
        """Return the vector as if the question had been asked in another script, and centred there.

        Its script's mean is replaced by the other's: an encoder places texts by their language before their meaning.
        """
        own, other = self._own_and_other(question)
        return [
            value - common + (1 - CENTERED_SHARE) * foreign
            for value, common, foreign in zip(vector, own, other, strict=True)
        ]

    def _own_and_other(self, question: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return (self.cjk, self.other) if is_cjk(question) else (self.other, self.cjk)


def load_query_centering(embedding_model: str) -> QueryCentering | None:
    """Return the means fitted for that embedding model; None if there are none."""
    for file in resources.files("knowledge.search").iterdir():
        if file.name.startswith(_PREFIX) and file.name.endswith(".json"):
            means = TypeAdapter(QueryCentering).validate_json(file.read_text("utf-8"))
            if means.embedding_model == embedding_model:
                return means
    return None
