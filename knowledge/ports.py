"""What this package needs of an embedding model and of a reranker, as protocols."""

from __future__ import annotations

from typing import Protocol


class TextEmbeddings(Protocol):
    """LangChain's `Embeddings`, with the two facts that an index must record to stay readable."""

    @property
    def model_name(self) -> str:
        """What made the vectors; vectors of different models cannot be compared."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        ...

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a passage."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        ...


class Reranker(Protocol):
    """Reads the question and a passage together, and says how well the one answers the other."""

    @property
    def model_name(self) -> str:
        """What made the scores."""
        ...

    def scores(self, question: str, passages: list[str]) -> list[float]:
        """One score a passage, in their order, higher is better. Blocks."""
        ...
