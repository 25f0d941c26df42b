"""The composition root: builds everything from the settings and hands it down.

What is slow to build (the documents, the models) is built by `Loader` behind a bot that already answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import discord

from bot.client import Routewise
from bot.cogs.ask import Ask
from bot.cogs.help import Help
from bot.cogs.knowledge import Knowledge
from bot.failures import Failures
from bot.locales import load_texts
from bot.ports import Assistant, Documents
from bot.readiness import Loading, Part
from bot.replies import Replies, Services
from bot.settings import Settings
from bot.stream import Throttles
from bot.tasks import Tasks
from knowledge.errors import DatabaseTooNew, IndexUnavailable
from weights.catalog import CHAT_MODELS, EMBEDDING_MODELS
from weights.errors import ConversionError, DirectoryError, DiskFullError, HashMismatchError, NoSourceError
from weights.store import Weights
from weights.types import Progress

if TYPE_CHECKING:
    from chains.assistant import Assistant as RealAssistant
    from finetune.local_model import LocalChatModel
    from knowledge.embeddings import LocalEmbeddings
    from knowledge.library import Library

_log = logging.getLogger(__name__)

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (NoSourceError, "no_source"),
    (HashMismatchError, "wrong_bytes"),
    (DiskFullError, "disk_full"),
    (DirectoryError, "directory"),
    (ConversionError, "conversion"),
    (IndexUnavailable, "index"),
    (DatabaseTooNew, "too_new"),
)


@dataclass(frozen=True, slots=True)
class App:
    """A bot with all its parts, not connected yet."""

    client: Routewise
    services: Services
    tasks: Tasks


def assemble(
    settings: Settings,
    documents: Part[Documents],
    assistant: Part[Assistant],
    tasks: Tasks,
    *,
    throttles: Throttles | None = None,
    sync_record: Path | None = None,
    shard_count: int | None = None,
) -> App:
    """Wire the bot up. `sync_record` keeps which commands Discord was told of; None: it is told at each start."""
    texts = load_texts()
    failures = Failures(texts, tasks)
    services = Services(assistant, documents, texts, failures, throttles or Throttles())

    async def register(guild: discord.Guild) -> None:
        tasks.start(_register(documents, guild), "registration of a server")

    client = Routewise(texts, failures, sync_record=sync_record, on_guild=register, shard_count=shard_count)
    client.use(
        (
            Ask(client, Replies(services, settings.bot.member_limit), services),
            Knowledge(services, tasks, settings.knowledge.max_document_mb),
            Help(texts),
        )
    )
    return App(client, services, tasks)


async def _register(documents: Part[Documents], guild: discord.Guild) -> None:
    library = await documents.get()
    await library.register_guild(str(guild.id), guild.name)


class Loader:
    """Builds the library of documents, and the assistant on top of it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._weights = Weights(settings.weights.model_dir)
        self._stop = Event()
        self._library: Library | None = None
        self._model: LocalChatModel | None = None

    async def load(self, documents: Part[Documents], assistant: Part[Assistant]) -> None:
        """Bring up both parts, one after the other. A failure is kept in the part that failed, and logged."""
        try:
            embeddings, library = await self.load_documents(documents.report)
        except Exception as error:  # noqa: BLE001 - the boundary of loading: kept in the parts, and logged
            _log.error("the documents could not be loaded", exc_info=error)
            documents.fail(error, _reason(error))
            assistant.fail(error, _reason(error))
            return
        documents.succeed(library)
        try:
            assistant.succeed(await self.load_assistant(library, embeddings, assistant.report))
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("the chat model could not be loaded", exc_info=error)
            assistant.fail(error, _reason(error))
        else:
            _log.info("the chat model is ready")

    async def load_documents(self, report: Callable[[Loading], None]) -> tuple[LocalEmbeddings, Library]:
        """Fetch the search model and open the documents."""
        folder = await self._fetch(EMBEDDING_MODELS[self._settings.knowledge.embedding_model], report)
        report(Loading("opening"))
        embeddings, library_type = await asyncio.to_thread(_build_embeddings, folder)
        library = self._library = await library_type.open(self._settings.knowledge, embeddings)
        await library.warm_up()
        return embeddings, library

    async def load_assistant(
        self, library: Library, embeddings: LocalEmbeddings, report: Callable[[Loading], None]
    ) -> RealAssistant:
        """Fetch and load the chat model, and build the assistant around it."""
        settings = self._settings.finetune
        folder = await self._fetch(CHAT_MODELS[settings.chat_model], report)
        report(Loading("opening"))
        self._model = await asyncio.to_thread(_build_chat_model, folder, settings.max_answer_tokens)
        return await _build_assistant(self._settings, self._model, library, embeddings)

    async def close(self) -> None:
        """Give up a fetch, end the model and let go of the documents."""
        self._stop.set()
        if self._model is not None:
            await asyncio.to_thread(self._model.close)
        if self._library is not None:
            await self._library.close()

    async def _fetch(self, name: str, report: Callable[[Loading], None]) -> Path:
        loop = asyncio.get_running_loop()

        def on_progress(progress: Progress) -> None:
            loading = Loading(progress.stage, progress.done_bytes, progress.total_bytes)
            loop.call_soon_threadsafe(report, loading)

        return await asyncio.to_thread(self._weights.ensure, name, on_progress, self._stop)


def _reason(error: Exception) -> str:
    """The code by which the bot words why a part could not be loaded."""
    return next((code for kind, code in _REASONS if isinstance(error, kind)), "unknown")


# The heavy imports stand in these functions, which run in threads once the bot is there.


def _build_embeddings(folder: Path) -> tuple[LocalEmbeddings, type[Library]]:
    from knowledge.embeddings import LocalEmbeddings
    from knowledge.library import Library

    return LocalEmbeddings(folder), Library


def _build_chat_model(folder: Path, max_new_tokens: int) -> LocalChatModel:
    import chains.assistant  # noqa: F401 - imported here first, in a thread, since it takes a second
    from finetune.local_model import LocalChatModel

    model = LocalChatModel(folder=folder, max_new_tokens=max_new_tokens)
    model.load()
    return model


async def _build_assistant(
    settings: Settings, model: LocalChatModel, library: Library, embeddings: LocalEmbeddings
) -> RealAssistant:
    from chains.assistant import Assistant as RealAssistant
    from chains.log import DecisionLog
    from chains.queue import TurnQueue
    from chains.routing.confidence import load_confidence
    from chains.routing.explain import Explainer
    from chains.routing.guidance import load_guidance
    from chains.routing.policy import load_policy
    from chains.routing.question_kind import load_kind_classifier
    from chains.routing.router import Router
    from finetune.registry import Registry

    log = DecisionLog(settings.chains.data_dir / "decisions.db")
    await log.open()
    guidance, confidence = load_guidance(), load_confidence(embeddings.model_name)
    specialists = Registry(settings.finetune.data_dir / "finetune.db")
    router = Router(
        retriever=library,
        specialists=specialists,
        embeddings=embeddings,
        kinds=load_kind_classifier(embeddings.model_name),
        confidence=confidence,
        policy=load_policy(guidance, confidence.threshold),
        log=log,
    )
    return RealAssistant(
        model=model,
        model_name=model.title,
        router=router,
        specialists=specialists,
        log=log,
        explainer=Explainer(guidance),
        settings=settings.chains,
        queue=TurnQueue(),
    )
