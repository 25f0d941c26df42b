"""Embeddings that are built at their first use, so that a library opens before its model is there."""

from __future__ import annotations

import threading
from collections.abc import Callable

from knowledge.ports import TextEmbeddings


class LazyEmbeddings:
    """What `build` returns; it is called once, by the thread that needs it first, while others wait."""

    def __init__(self, build: Callable[[], TextEmbeddings]) -> None:
        self._build = build
        self._built: TextEmbeddings | None = None
        self._building = threading.Lock()

    @property
    def model_name(self) -> str:
        """The built model's name."""
        return self._embeddings().model_name

    @property
    def dimension(self) -> int:
        """The built model's dimension."""
        return self._embeddings().dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a passage."""
        return self._embeddings().embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self._embeddings().embed_query(text)

    def _embeddings(self) -> TextEmbeddings:
        with self._building:
            if self._built is None:
                self._built = self._build()
            return self._built
