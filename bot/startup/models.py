"""Builds the models that the settings name, on this machine or with a provider.

The heavy imports are inside the functions, which run in threads while the bot is already online.
Edit this file to support another kind of model.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil

from bot.settings import Settings
from bot.startup.chat_choice import choose_chat_model
from chains.bot_facts import ModelFact, ModelFacts
from finetune.serving.generation import Busy, Sampling
from finetune.settings import AUTO
from storage.sizes import MEGABYTE
from weights.catalog import CATALOG, CHAT_MODELS, EMBEDDING_MODELS, find_entry
from weights.custom_models import GGUF_PREFIX, PREFIX
from weights.store import Weights
from weights.types import Form, OnProgress

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from finetune.serving.local_model import LocalChatModel
    from finetune.serving.queued_model import QueuedChatModel
    from knowledge.models.local_embeddings import LocalEmbeddings
    from knowledge.ports import PassageReader, Reranker, TextEmbeddings

_log = logging.getLogger(__name__)

_ENCODER_OF_KINDS = "embedding"
_PROVIDER_CONCURRENCY = 8
"""The answers that a provider writes at the same time."""
_TEMPERATURE, _TOP_P, _REPETITION_PENALTY = 0.5, 0.9, 1.05
_SAMPLED_TOKENS = 128
"""What a local model writes without a question to answer: a poem of eight lines, within 20 s on two cores."""

OWN_CHAT_MODELS = frozenset({AUTO, *CHAT_MODELS})
"""The values of `CHAT_MODEL` for models that the bot brings; they are small, so passages are quoted in their place."""


@dataclass(frozen=True, slots=True)
class ChatModel:
    """Keeps the model that writes the answers."""

    model: BaseChatModel
    sampled: BaseChatModel
    """The same model, drawing its words: it writes small talk and creative text, briefly."""
    name: str
    """The name that people read."""
    width: int
    """The answers that it writes at the same time."""
    close: Callable[[], None]
    base: tuple[str, LocalChatModel] | None = None
    """The same model with its name among the bases if transformers runs it: tuned models share it."""


@dataclass(frozen=True, slots=True)
class Encoders:
    """Keeps the models that turn text into vectors, and the one that ranks passages."""

    documents: TextEmbeddings
    kinds: LocalEmbeddings
    """The pinned model for which the classifier of question kinds was fitted."""
    pinned: bool
    """Whether the documents' model is the pinned one, for which the probabilities were fitted."""
    reader: PassageReader
    """Reads the passages that the search found; it shares the lower layers of `kinds`."""
    reranker: Reranker | None = None
    """None keeps the passages in the order of the search."""


def build_encoders(settings: Settings, weights: Weights, on_progress: OnProgress, stop: Event) -> Encoders:
    """Fetch and load the encoders. Blocks. Raise WeightsError, KnowledgeError."""
    from knowledge.models.extractive_reader import ExtractiveReader
    from knowledge.models.factory import build_embeddings, build_reranker
    from knowledge.models.local_embeddings import LocalEmbeddings

    documents = build_embeddings(settings.knowledge, weights, on_progress, stop)
    reranker = build_reranker(settings.knowledge, weights, on_progress, stop)
    folder = weights.ensure(_ENCODER_OF_KINDS, on_progress, stop)
    reader = ExtractiveReader(folder)
    if isinstance(documents, LocalEmbeddings):
        return Encoders(documents, documents, True, reader, reranker)
    return Encoders(documents, LocalEmbeddings(folder), False, reader, reranker)


def build_chat_model(
    settings: Settings,
    weights: Weights,
    on_progress: OnProgress,
    on_opening: Callable[[], None],
    stop: Event,
    busy: Busy,
) -> ChatModel:
    """Fetch and load the chat model, or connect to it. Blocks. Call `on_opening` once all is fetched.

    A local model marks `busy` while it writes.

    Raises:
        WeightsError, FinetuneError, ChainsError: each says what to do next.
    """
    import chains.assistant  # noqa: F401 - imported here first, in a thread, since it takes a second

    name = settings.finetune.chat_model
    if name == AUTO:
        name = _chosen(weights)
    if _runs_on_llama_cpp(name):
        from finetune.serving.gguf_chat_model import GgufChatModel

        file = weights.ensure_file(CHAT_MODELS.get(name, name), on_progress, stop)
        on_opening()
        gguf = GgufChatModel(
            file=file,
            shown_as=CATALOG[CHAT_MODELS[name]].title if name in CHAT_MODELS else file.stem,
            max_new_tokens=settings.finetune.max_answer_tokens,
            busy=busy,
        )
        try:
            gguf.load()
        except BaseException:
            gguf.close()
            raise
        return ChatModel(gguf, _sampled(gguf), gguf.title, 1, gguf.close)
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
        return ChatModel(local, _sampled(local), local.title, 1, local.close, (name, local))
    from chains.providers import make_chat_model

    remote, sampled_remote = (
        make_chat_model(
            name,
            base_url=settings.chains.chat_base_url,
            api_key=settings.chains.chat_api_key,
            timeout_s=settings.chains.chat_timeout_s,
            max_tokens=settings.finetune.max_answer_tokens,
            temperature=temperature,
        )
        for temperature in (0.0, _TEMPERATURE)
    )
    return ChatModel(remote, sampled_remote, name, _PROVIDER_CONCURRENCY, lambda: None)


def find_external_models(settings: Settings) -> tuple[str, ...]:
    """Return the providers' models to which text leaves this machine; empty if all of it stays here."""
    named = (
        (settings.finetune.chat_model, OWN_CHAT_MODELS, settings.chains.chat_base_url),
        (settings.knowledge.embedding_model, {*EMBEDDING_MODELS}, settings.knowledge.embedding_base_url),
    )
    return tuple(
        dict.fromkeys(
            name
            for name, pinned, base_url in named
            if name not in pinned and not name.startswith((PREFIX, GGUF_PREFIX)) and not _is_local(base_url)
        )
    )


def _sampled(model: QueuedChatModel) -> BaseChatModel:
    return model.sampled(Sampling(_TEMPERATURE, _TOP_P, _REPETITION_PENALTY), _SAMPLED_TOKENS)


def _runs_on_llama_cpp(name: str) -> bool:
    if name in CHAT_MODELS:
        return CATALOG[CHAT_MODELS[name]].form is Form.GGUF_FILE
    return name.startswith(GGUF_PREFIX)


def _chosen(weights: Weights) -> str:
    """Return the chat model for this machine, and log why. Raises DirectoryError."""
    free_memory_mb = psutil.virtual_memory().available // MEGABYTE
    choice = choose_chat_model(
        free_memory_mb,
        weights.free_bytes // MEGABYTE,
        {name: weights.missing_bytes(entry) // MEGABYTE for name, entry in CHAT_MODELS.items()},
    )
    _log.info("CHAT_MODEL=auto: %s", choice.reason)
    return choice.name


def chat_quality(settings: Settings) -> str:
    """Return the key of the sentence that says how good the chat model is."""
    name = settings.finetune.chat_model
    return name if name == AUTO or name in CHAT_MODELS else "other"


def model_facts(settings: Settings, chat_model: str) -> ModelFacts:
    """Return what the bot says about its models; `chat_model` is the name of the loaded one that people read."""
    external = find_external_models(settings)
    chat, search = settings.finetune.chat_model, settings.knowledge.embedding_model
    search_title = find_entry(EMBEDDING_MODELS[search]).title if search in EMBEDDING_MODELS else search
    reranker = settings.knowledge.reranker
    return ModelFacts(
        chat=ModelFact(_without_folders(chat_model), is_external=chat in external),
        chat_quality=chat_quality(settings),
        search=ModelFact(_without_folders(search_title), is_external=search in external),
        reranker=None if reranker is None else _without_folders(reranker),
    )


def _without_folders(name: str) -> str:
    """Return a model's name without `hf:`, and without the folders of a path, which are nobody's business."""
    bare = name.removeprefix(PREFIX).removeprefix(GGUF_PREFIX)
    return PurePath(bare).name if bare.startswith(("/", "~", ".")) else bare


def _is_local(base_url: str | None) -> bool:
    """Return whether a server is on this machine."""
    return base_url is not None and (urlsplit(base_url).hostname or "") in {"localhost", "127.0.0.1", "::1"}
