"""Builds the models that the settings name: on this machine or a provider's. Knows no document and no channel.

The heavy imports stand inside of the functions, which run in threads once the bot is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.settings import Settings
from finetune.serving.generation import Busy
from weights.catalog import CHAT_MODELS, EMBEDDING_MODELS
from weights.custom_models import PREFIX
from weights.store import Weights
from weights.types import OnProgress

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from finetune.serving.local_model import LocalChatModel
    from knowledge.models.local_embeddings import LocalEmbeddings
    from knowledge.ports import Reranker, TextEmbeddings

_ENCODER_OF_KINDS = "embedding"
_PROVIDER_WIDTH = 8
"""Answers that a provider writes at the same time."""


@dataclass(frozen=True, slots=True)
class ChatModel:
    """Who writes the answers."""

    model: BaseChatModel
    name: str
    """For people."""
    width: int
    """How many answers it writes at the same time."""
    close: Callable[[], None]
    local: LocalChatModel | None = None
    """The same model where it is on this machine: tuned models may share it."""


@dataclass(frozen=True, slots=True)
class Encoders:
    """What turns text into vectors."""

    documents: TextEmbeddings
    kinds: LocalEmbeddings
    """Of the pinned model that the classifier of question kinds was fitted for."""
    pinned: bool
    """Whether the documents' model is a pinned one, for which the probabilities were fitted."""
    reranker: Reranker | None = None
    """None: the passages stand in the order of the search."""


def build_encoders(settings: Settings, weights: Weights, on_progress: OnProgress, stop: Event) -> Encoders:
    """Fetch and build; blocks. Raises WeightsError, KnowledgeError."""
    from knowledge.models.factory import build_embeddings, build_reranker
    from knowledge.models.local_embeddings import LocalEmbeddings

    documents = build_embeddings(settings.knowledge, weights, on_progress, stop)
    reranker = build_reranker(settings.knowledge, weights, on_progress, stop)
    if isinstance(documents, LocalEmbeddings):
        return Encoders(documents, documents, pinned=True, reranker=reranker)
    kinds = LocalEmbeddings(weights.ensure(_ENCODER_OF_KINDS, on_progress, stop))
    return Encoders(documents, kinds, pinned=False, reranker=reranker)


def build_chat_model(
    settings: Settings,
    weights: Weights,
    on_progress: OnProgress,
    on_opening: Callable[[], None],
    stop: Event,
    busy: Busy,
) -> ChatModel:
    """Fetch, load or connect; blocks. `on_opening` is called once all is fetched, `busy` while a local one writes.

    Raises:
        WeightsError, FinetuneError, ChainsError: each says what to do next.
    """
    import chains.assistant  # noqa: F401 - imported here first, in a thread, since it takes a second

    name = settings.finetune.chat_model
    if name in CHAT_MODELS or name.startswith(PREFIX):
        from finetune.serving.local_model import LocalChatModel

        folder = weights.ensure(CHAT_MODELS.get(name, name), on_progress, stop)
        on_opening()
        local = LocalChatModel(
            folder=folder,
            shown_as=None if name in CHAT_MODELS else name.removeprefix(PREFIX),
            max_new_tokens=settings.finetune.max_answer_tokens,
            busy=busy,
        )
        local.load()
        return ChatModel(local, local.title, 1, local.close, local)
    from chains.providers import make_chat_model

    remote = make_chat_model(
        name,
        base_url=settings.chains.chat_base_url,
        api_key=settings.chains.chat_api_key,
        timeout_s=settings.chains.chat_timeout_s,
        max_tokens=settings.finetune.max_answer_tokens,
    )
    return ChatModel(remote, name, _PROVIDER_WIDTH, lambda: None)


def leaving_to(settings: Settings) -> tuple[str, ...]:
    """The providers' models to which text leaves this machine; empty where all of it stays here."""
    named = (
        (settings.finetune.chat_model, {*CHAT_MODELS}, settings.chains.chat_base_url),
        (settings.knowledge.embedding_model, {*EMBEDDING_MODELS}, settings.knowledge.embedding_base_url),
    )
    return tuple(
        dict.fromkeys(
            name
            for name, pinned, base_url in named
            if name not in pinned and not name.startswith(PREFIX) and not _is_here(base_url)
        )
    )


def _is_here(base_url: str | None) -> bool:
    """Whether a server is on this machine."""
    return base_url is not None and (urlsplit(base_url).hostname or "") in {"localhost", "127.0.0.1", "::1"}
