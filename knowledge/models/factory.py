"""Builds the embedding model and the reranker that the settings name. Knows no document."""

from __future__ import annotations

from threading import Event

from knowledge.models.local_embeddings import LocalEmbeddings
from knowledge.models.provider_embeddings import ProviderEmbeddings
from knowledge.models.reranker import CrossEncoderReranker
from knowledge.models.sentence_transformer import SentenceTransformerEmbeddings
from knowledge.ports import Reranker, TextEmbeddings
from knowledge.settings import KnowledgeSettings
from weights.catalog import EMBEDDING_MODELS
from weights.custom_models import PREFIX
from weights.store import Weights
from weights.types import OnProgress


def build_embeddings(
    settings: KnowledgeSettings, weights: Weights, on_progress: OnProgress | None = None, stop: Event | None = None
) -> TextEmbeddings:
    """The embedding model of `settings`, fetched where it is not here; blocks. Raises WeightsError, KnowledgeError."""
    name = settings.embedding_model
    if name in EMBEDDING_MODELS:
        return LocalEmbeddings(weights.ensure(EMBEDDING_MODELS[name], on_progress, stop))
    if name.startswith(PREFIX):
        return SentenceTransformerEmbeddings(weights.ensure(name, on_progress, stop), name)
    return ProviderEmbeddings(name, settings.embedding_base_url, settings.embedding_api_key)


def build_reranker(
    settings: KnowledgeSettings, weights: Weights, on_progress: OnProgress | None = None, stop: Event | None = None
) -> Reranker | None:
    """The reranker of `settings`, where they name one; blocks. Raises WeightsError, RerankerUnusable."""
    name = settings.reranker
    return None if name is None else CrossEncoderReranker(weights.ensure(name, on_progress, stop), name)
