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
from bot.models import ChatModel, Encoders, build_chat_model, build_encoders, leaving_to
from bot.notices import Notices
from bot.ports import Assistant, Documents
from bot.readiness import Loading, Part
from bot.replies import Replies, Services
from bot.settings import Settings
from bot.stream import Throttles
from bot.tasks import Tasks
from chains.errors import ProviderUnusable, ToolsUnknown
from finetune.errors import NoChatTemplateError
from knowledge.errors import DatabaseTooNew, EncoderUnreachable, EncoderUnusable, IndexUnavailable
from weights.errors import (
    ConversionError,
    DirectoryError,
    DiskFullError,
    HashMismatchError,
    NoSourceError,
    OwnModelError,
)
from weights.store import Weights
from weights.types import OnProgress, Progress

if TYPE_CHECKING:
    from chains.assistant import Assistant as RealAssistant
    from knowledge.library import Library

_log = logging.getLogger(__name__)

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (NoSourceError, "no_source"),
    (HashMismatchError, "wrong_bytes"),
    (DiskFullError, "disk_full"),
    (DirectoryError, "directory"),
    (ConversionError, "conversion"),
    (OwnModelError, "own_model"),
    (NoChatTemplateError, "own_model"),
    (ProviderUnusable, "provider"),
    (ToolsUnknown, "provider"),
    (EncoderUnusable, "encoder"),
    (EncoderUnreachable, "encoder"),
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

    leaving = leaving_to(settings)
    notices = Notices(settings.bot.data_dir / "notices.json", texts, leaving)

    async def register(guild: discord.Guild) -> None:
        tasks.start(_register(documents, guild), "registration of a server")
        tasks.start(notices.tell(client, guild), "notice to a server's owner")

    client = Routewise(texts, failures, sync_record=sync_record, on_guild=register, shard_count=shard_count)
    client.use(
        (
            Ask(client, Replies(services, settings.bot.member_limit), services),
            Knowledge(services, tasks, settings.knowledge.max_document_mb),
            Help(texts, leaving),
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
        self._model: ChatModel | None = None

    async def load(self, documents: Part[Documents], assistant: Part[Assistant]) -> None:
        """Bring up both parts, one after the other. A failure is kept in the part that failed, and logged."""
        try:
            encoders, library = await self.load_documents(documents.report)
        except Exception as error:  # noqa: BLE001 - the boundary of loading: kept in the parts, and logged
            _log.error("the documents could not be loaded", exc_info=error)
            documents.fail(error, _reason(error))
            assistant.fail(error, _reason(error))
            return
        documents.succeed(library)
        try:
            assistant.succeed(await self.load_assistant(library, encoders, assistant.report))
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("the chat model could not be loaded", exc_info=error)
            assistant.fail(error, _reason(error))
        else:
            _log.info("the chat model is ready")

    async def load_documents(self, report: Callable[[Loading], None]) -> tuple[Encoders, Library]:
        """Fetch the search model and open the documents."""
        for name in leaving_to(self._settings):
            _log.warning("%s is not on this machine: questions, and passages of documents, are sent to it", name)
        encoders = await asyncio.to_thread(
            build_encoders, self._settings, self._weights, self._told(report), self._stop
        )
        report(Loading("opening"))
        library_type = await asyncio.to_thread(_import_library)
        library = self._library = await library_type.open(self._settings.knowledge, encoders.documents)
        await library.warm_up()
        return encoders, library

    async def load_assistant(
        self, library: Library, encoders: Encoders, report: Callable[[Loading], None]
    ) -> RealAssistant:
        """Fetch and load the chat model, and build the assistant around it."""
        loop = asyncio.get_running_loop()

        def on_opening() -> None:
            loop.call_soon_threadsafe(report, Loading("opening"))

        self._model = await asyncio.to_thread(
            build_chat_model, self._settings, self._weights, self._told(report), on_opening, self._stop
        )
        return await _build_assistant(self._settings, self._model, library, encoders)

    async def close(self) -> None:
        """Give up a fetch, end the model and let go of the documents."""
        self._stop.set()
        if self._model is not None:
            await asyncio.to_thread(self._model.close)
        if self._library is not None:
            await self._library.close()

    def _told(self, report: Callable[[Loading], None]) -> OnProgress:
        """`report`, called in the event loop's thread whichever thread the progress comes from."""
        loop = asyncio.get_running_loop()

        def on_progress(progress: Progress) -> None:
            loading = Loading(progress.stage, progress.done_bytes, progress.total_bytes)
            loop.call_soon_threadsafe(report, loading)

        return on_progress


def _reason(error: Exception) -> str:
    """The code by which the bot words why a part could not be loaded."""
    return next((code for kind, code in _REASONS if isinstance(error, kind)), "unknown")


def _import_library() -> type[Library]:
    """In a thread, since it takes a second."""
    from knowledge.library import Library

    return Library


async def _build_assistant(
    settings: Settings, chat_model: ChatModel, library: Library, encoders: Encoders
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
    guidance = load_guidance()
    confidence = load_confidence(encoders.documents.model_name, pinned=encoders.pinned)
    specialists = Registry(settings.finetune.data_dir / "finetune.db")
    router = Router(
        retriever=library,
        specialists=specialists,
        embeddings=encoders.kinds,
        kinds=load_kind_classifier(encoders.kinds.model_name),
        confidence=confidence,
        policy=load_policy(guidance, confidence.threshold),
        log=log,
    )
    return RealAssistant(
        model=chat_model.model,
        model_name=chat_model.name,
        router=router,
        specialists=specialists,
        log=log,
        explainer=Explainer(guidance),
        settings=settings.chains,
        queue=TurnQueue(chat_model.width),
    )
