"""Builds the embedding model and the reranker that the settings name, at once or at their first use.

Edit it to add a kind of model.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from threading import Event

from knowledge.models.local_embeddings import LocalEmbeddings, SentenceTransformerEmbeddings
from knowledge.models.provider_embeddings import ProviderEmbeddings
from knowledge.models.reranker import CrossEncoderReranker
from knowledge.ports import Reranker, TextEmbeddings
from knowledge.settings import KnowledgeSettings
from weights.catalog import EMBEDDING_MODELS
from weights.custom_models import PREFIX
from weights.store import Weights
from weights.types import OnProgress


def build_embeddings(
    settings: KnowledgeSettings, weights: Weights, on_progress: OnProgress | None = None, stop: Event | None = None
) -> TextEmbeddings:
    """Return the embedding model of `settings`, downloaded if needed. Blocks. Raises WeightsError, KnowledgeError."""
    name = settings.embedding_model
    if name in EMBEDDING_MODELS:
        return LocalEmbeddings(weights.ensure(EMBEDDING_MODELS[name], on_progress, stop))
    if name.startswith(PREFIX):
        return SentenceTransformerEmbeddings(weights.ensure(name, on_progress, stop), name)
    return ProviderEmbeddings(name, settings.embedding_base_url, settings.embedding_api_key)


def build_reranker(
    settings: KnowledgeSettings, weights: Weights, on_progress: OnProgress | None = None, stop: Event | None = None
) -> Reranker | None:
    """Return the reranker of `settings`; None if they name none. Blocks. Raises WeightsError, RerankerUnusable."""
    name = settings.reranker
    return None if name is None else CrossEncoderReranker(weights.ensure(name, on_progress, stop), name)


class LazyEmbeddings:
    """Builds an embedding model at its first use, so that a library opens before its model is there.

    `build` is called once, by the thread that needs it first, while others wait.
    """

    def __init__(self, build: Callable[[], TextEmbeddings]) -> None:
        self._build = build
        self._built: TextEmbeddings | None = None
        self._build_lock = threading.Lock()

    @property
    def model_name(self) -> str:
        """Return the built model's name."""
        return self._embeddings().model_name

    @property
    def dimension(self) -> int:
        """Return how many numbers a vector of the built model has."""
        return self._embeddings().dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector for each passage, in their order."""
        return self._embeddings().embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        return self._embeddings().embed_query(text)

    def _embeddings(self) -> TextEmbeddings:
        with self._build_lock:
            if self._built is None:
                self._built = self._build()
            return self._built


class LazyReranker:
    """Builds a reranker at its first use, as `LazyEmbeddings` builds an embedding model."""

    def __init__(self, name: str, build: Callable[[], Reranker]) -> None:
        """Create it; `name` is the model's name in the setting."""
        self.model_name = name
        self._build = build
        self._built: Reranker | None = None
        self._build_lock = threading.Lock()

    def scores(self, question: str, passages: list[str]) -> list[float]:
        """Return one score for each passage, in their order; higher is better. Blocks."""
        with self._build_lock:
            if self._built is None:
                self._built = self._build()
        return self._built.scores(question, passages)
