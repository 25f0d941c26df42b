"""The protocols of embedding models, rerankers and readers. Edit it when a search needs more of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from knowledge.types import PassageReading, Support


class TextEmbeddings(Protocol):
    """Embeds texts like LangChain's `Embeddings`, and states what an index must record to stay readable."""

    @property
    def model_name(self) -> str:
        """Return the name of the model; vectors of different models cannot be compared."""
        ...

    @property
    def dimension(self) -> int:
        """Return how many numbers a vector has."""
        ...

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector for each passage, in their order."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        ...


class Reranker(Protocol):
    """Reads a question and a passage together, and scores how well the passage answers the question."""

    @property
    def model_name(self) -> str:
        """Return the name of the model that makes the scores."""
        ...

    def scores(self, question: str, passages: list[str]) -> list[float]:
        """Return one score for each passage, in their order; higher is better. Blocks."""
        ...


class PassageReader(Protocol):
    """Reads a question and a passage together, and finds what of the passage answers. It writes nothing itself."""

    def read(self, question: str, passages: Sequence[tuple[str | None, str]]) -> list[PassageReading]:
        """Return what it found in each passage, given as its heading and text, in their order. Blocks."""
        ...

    def judge(self, statement: str, passages: Sequence[tuple[str | None, str]]) -> list[Support]:
        """Return how each passage relates to the statement, in their order. Blocks."""
        ...
