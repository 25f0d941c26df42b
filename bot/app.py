"""The composition root: builds everything from the settings and hands it down.

What is slow to build (the documents, the models) is built by `Loader` behind a bot that already answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import discord

from bot.adapters import Adapters
from bot.client import Routewise
from bot.cogs.ask import Ask
from bot.cogs.faq import Faq
from bot.cogs.finetune import Finetune
from bot.cogs.help import Help
from bot.cogs.knowledge import Knowledge
from bot.cogs.passages import Passages
from bot.failures import Failures
from bot.ingestion import KIND as INGEST
from bot.ingestion import Ingestion
from bot.jobs import Jobs, Step
from bot.locales import load_texts
from bot.models import ChatModel, Encoders, build_chat_model, build_encoders, leaving_to
from bot.notices import Notices
from bot.pace import Pace
from bot.ports import Assistant, Documents, Tuner
from bot.prepared import PreparedRuns
from bot.readiness import Loading, Part
from bot.replies import Replies, Services
from bot.settings import Settings
from bot.stream import Throttles
from bot.tasks import Tasks
from bot.tuning import KIND as TUNE
from bot.tuning import Tuning
from bot.uploads import Uploads
from chains.errors import ProviderUnusable, ToolsUnknown
from finetune.bases import Bases
from finetune.busy import Busy
from finetune.dataset import MAX_DATASET_MB
from finetune.errors import NoChatTemplateError
from finetune.profile import Profiles
from finetune.registry import Registry
from finetune.runner import Runner
from finetune.tuning import Tuner as RealTuner
from finetune.types import Card, Champion
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
    from langchain_core.language_models import BaseChatModel

    from chains.assistant import Assistant as RealAssistant
    from finetune.specialists import LocalSpecialists
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
    jobs: Jobs

    async def close(self) -> None:
        """End what runs; jobs go on at the next start. Before the client closes: answers end with a word to readers."""
        await self.jobs.close()
        await self.tasks.close()


def assemble(
    settings: Settings,
    documents: Part[Documents],
    assistant: Part[Assistant],
    tasks: Tasks,
    *,
    tuner: Part[Tuner] | None = None,
    registry: Registry | None = None,
    throttles: Throttles | None = None,
    pace: Pace | None = None,
    sync_record: Path | None = None,
    shard_count: int | None = None,
) -> App:
    """Wire the bot up. `sync_record` keeps which commands Discord was told of; None: it is told at each start."""
    texts = load_texts()
    failures = Failures(texts, tasks)
    services = Services(assistant, documents, texts, failures, throttles or Throttles())

    leaving = leaving_to(settings)
    notices = Notices(settings.bot.data_dir / "notices.json", texts, leaving)

    kinds: dict[str, Sequence[tuple[str, Step]]] = {}
    jobs = Jobs(settings.bot.data_dir / "jobs.db", tasks, kinds)

    async def register(guild: discord.Guild) -> None:
        tasks.start(_register(documents, adapters, guild), "registration of a server")
        tasks.start(notices.tell(client, guild), "notice to a server's owner")

    async def take_up_jobs() -> None:
        tasks.start(_take_up(jobs, ingestion, tuning if tuner is not None else None), "opening of the jobs")

    client = Routewise(
        texts, failures, sync_record=sync_record, on_guild=register, on_start=take_up_jobs, shard_count=shard_count
    )
    limit_mb = settings.knowledge.max_document_mb
    uploads = Uploads(settings.bot.data_dir / "uploads")
    ingestion = Ingestion(client, services, jobs, uploads, limit_mb, pace or Pace())
    kinds[INGEST] = ingestion.steps
    records = PreparedRuns(settings.bot.data_dir / "trainings")
    tuning = Tuning(client, services, jobs, tuner or Part("tuner"), records, pace or Pace())
    kinds[TUNE] = tuning.steps
    adapters = Adapters(registry or Registry(settings.finetune.data_dir))
    client.use(
        (
            Ask(client, Replies(services, settings.bot.member_limit), services),
            Passages(client, services),
            Knowledge(client.tree, services, tasks, ingestion, limit_mb),
            Faq(client, services, tasks),
            Finetune(services, tasks, tuning, adapters, settings.finetune.tuning_base, MAX_DATASET_MB),
            Help(texts, leaving),
        )
    )
    return App(client, services, tasks, jobs)


async def _take_up(jobs: Jobs, ingestion: Ingestion, tuning: Tuning | None) -> None:
    await jobs.open()
    await ingestion.sweep()
    if tuning is not None:
        await tuning.sweep()


async def _register(documents: Part[Documents], adapters: Adapters, guild: discord.Guild) -> None:
    await adapters.name_guild(str(guild.id), guild.name)
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
        self._busy = Busy()
        self._bases = Bases(self._weights)
        self._specialists: LocalSpecialists | None = None
        self._profiles: Profiles | None = None
        self.registry = Registry(settings.finetune.data_dir)
        self.tuner = RealTuner(
            settings.finetune.data_dir, self._bases, self.registry, Runner(self._busy), on_promoted=self._make_ready
        )

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
            await self.warm_up()

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
            build_chat_model, self._settings, self._weights, self._told(report), on_opening, self._stop, self._busy
        )
        return await self._build_assistant(self._model, library, encoders)

    @property
    def chat_model(self) -> BaseChatModel | None:
        """Who writes the answers by retrieval; None until it is loaded."""
        return None if self._model is None else self._model.model

    async def warm_up(self) -> None:
        """Load what the champions answer with, before anybody asks them."""
        for guild_id in await asyncio.to_thread(self.registry.guilds):
            for champion in await asyncio.to_thread(self.registry.champions, guild_id):
                await self._make_ready(champion)

    async def _make_ready(self, tuned: Card | Champion) -> None:
        """Compute what routing reads of a champion, and load its base. Where a part is not there yet, questions do."""
        if self._profiles is not None and self._specialists is not None:
            await self._profiles.profile(tuned.adapter_sha256)
            await self._specialists.load(tuned.base)

    async def close(self) -> None:
        """Give up a fetch, end the model and let go of the documents."""
        self._stop.set()
        if self._model is not None:
            await asyncio.to_thread(self._model.close)
        if self._specialists is not None:
            await asyncio.to_thread(self._specialists.close)
        if self._library is not None:
            await self._library.close()

    async def _build_assistant(self, chat_model: ChatModel, library: Library, encoders: Encoders) -> RealAssistant:
        from chains.assistant import Assistant as RealAssistant
        from chains.log import DecisionLog
        from chains.queue import TurnQueue
        from chains.routing.confidence import load_confidence
        from chains.routing.explain import Explainer
        from chains.routing.guidance import load_guidance
        from chains.routing.policy import load_policy
        from chains.routing.question_kind import load_kind_classifier
        from chains.routing.router import Router
        from chains.routing.same_question import load_same_question
        from finetune.specialists import LocalSpecialists

        settings = self._settings
        log = DecisionLog(settings.chains.data_dir / "decisions.db")
        await log.open()
        guidance = load_guidance()
        same_question = load_same_question(encoders.kinds.model_name)
        confidence = load_confidence(encoders.documents.model_name, pinned=encoders.pinned)
        loaded = {} if chat_model.local is None else {settings.finetune.chat_model: chat_model.local}
        self._specialists = LocalSpecialists(
            self.registry, self._bases, self._busy, settings.finetune.max_answer_tokens, loaded
        )
        self._profiles = Profiles(self.registry, encoders.kinds)
        router = Router(
            retriever=library,
            specialists=self._specialists,
            profiles=self._profiles,
            embeddings=encoders.kinds,
            kinds=load_kind_classifier(encoders.kinds.model_name),
            confidence=confidence,
            policy=load_policy(guidance, confidence.threshold, same_question.threshold),
            same_question=same_question,
            log=log,
        )
        return RealAssistant(
            model=chat_model.model,
            model_name=chat_model.name,
            router=router,
            specialists=self._specialists,
            log=log,
            explainer=Explainer(guidance),
            settings=settings.chains,
            queue=TurnQueue(chat_model.width),
        )

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
