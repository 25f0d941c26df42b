"""What this package needs of an embedding model, as a protocol."""

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
