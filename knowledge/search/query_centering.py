"""What the vectors of all questions in a language have in common, so that it can be taken out before ranking.

Some passages are near to whatever is asked, most of all where question and passage are in different languages.
Fitted by `python -m benchmarks.fit.question_means`, for one encoder each. Knows no index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from pydantic import TypeAdapter

from text.scripts import is_cjk

CENTERED_SHARE = 0.4
"""Of the mean that is taken out: found on development sets in one language, where all of it does harm."""
_PREFIX = "question_means_"


@dataclass(frozen=True, slots=True)
class QueryCentering:
    """Mean vectors of questions, by their script."""

    embedding_model: str
    cjk: tuple[float, ...]
    other: tuple[float, ...]

    def centred(self, question: str, vector: Sequence[float]) -> list[float]:
        """The question's vector without `CENTERED_SHARE` of what it has in common with other questions; not of length 1."""
        mean = self.cjk if is_cjk(question) else self.other
        return [own - CENTERED_SHARE * common for own, common in zip(vector, mean, strict=True)]


def load_query_centering(embedding_model: str) -> QueryCentering | None:
    """Those of that encoder; None where none were fitted."""
    for file in resources.files("knowledge.search").iterdir():
        if file.name.startswith(_PREFIX) and file.name.endswith(".json"):
            means = TypeAdapter(QueryCentering).validate_json(file.read_text("utf-8"))
            if means.embedding_model == embedding_model:
                return means
    return None
