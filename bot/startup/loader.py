"""The slow half of the composition root: loads documents, models and the assistant while the bot is already online.

Edit this file when the assistant needs another part, or loading can fail for another reason.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

from bot.bot_facts import KnownFacts
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService, Loading
from bot.settings import Settings
from bot.startup.models import (
    OWN_CHAT_MODELS,
    ChatModel,
    Encoders,
    build_chat_model,
    build_encoders,
    find_external_models,
    model_facts,
)
from chains.errors import DecisionLogUnusable, ProviderUnusable, ToolsUnknown
from finetune.bases import Bases
from finetune.errors import ModelNotLoadedError, NoChatTemplateError
from finetune.registry import Registry
from finetune.serving.domain_classifier import DomainClassifiers
from finetune.serving.generation import Busy
from finetune.training.runner import Runner
from finetune.training.tuner import Tuner as RealTuner
from finetune.types import Card, Champion
from knowledge.errors import (
    DatabaseTooNew,
    DatabaseUnusable,
    EncoderUnreachable,
    EncoderUnusable,
    IndexUnavailable,
    RerankerUnusable,
)
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

    from chains.assistant import Assistant
    from chains.routing.confidence import Confidence
    from finetune.serving.specialists import LocalSpecialists
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
    (ModelNotLoadedError, "llama_cpp"),
    (ProviderUnusable, "provider"),
    (ToolsUnknown, "provider"),
    (EncoderUnusable, "encoder"),
    (EncoderUnreachable, "encoder"),
    (RerankerUnusable, "reranker"),
    (IndexUnavailable, "index"),
    (DatabaseTooNew, "too_new"),
    (DatabaseUnusable, "database"),
    (DecisionLogUnusable, "database"),
)


class Loader:
    """Loads the library of documents and the assistant on top of it, and closes them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._weights = Weights(settings.weights.model_dir)
        self._stop = Event()
        # A pool of its own, since fetching and loading models takes minutes.
        self._threads = ThreadPoolExecutor(1, "loading")
        self._library: Library | None = None
        self._model: ChatModel | None = None
        self._busy = Busy()
        self._bases = Bases(self._weights)
        self._specialists: LocalSpecialists | None = None
        self._domain_classifiers: DomainClassifiers | None = None
        self.registry = Registry(settings.finetune.data_dir)
        self.tuner = RealTuner(
            settings.finetune.data_dir,
            self._bases,
            self.registry,
            Runner(self._busy),
            on_promoted=self._warm_up_champion,
        )

    async def load(self, documents: LazyService[DocumentsPort], assistant: LazyService[AssistantPort]) -> None:
        """Load both services, one after the other. A failure is logged and kept in the service."""
        try:
            encoders, library = await self.load_documents(documents.report)
        except Exception as error:  # noqa: BLE001 - the boundary of loading: kept in the services, and logged
            _log.error("loading the documents failed", exc_info=error)
            documents.fail(error, _reason(error))
            assistant.fail(error, _reason(error))
            return
        documents.succeed(library)
        try:
            assistant.succeed(await self.load_assistant(library, encoders, assistant.report))
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("loading the chat model failed", exc_info=error)
            assistant.fail(error, _reason(error))
        else:
            _log.info("chat model ready")
            await self.warm_up()

    async def load_documents(self, report: Callable[[Loading], None]) -> tuple[Encoders, Library]:
        """Fetch the search model, open the documents and return both."""
        for name in find_external_models(self._settings):
            _log.warning("%s does not run on this machine: questions and passages of documents are sent to it", name)
        loop = asyncio.get_running_loop()
        encoders = await loop.run_in_executor(
            self._threads, build_encoders, self._settings, self._weights, self._in_loop(report), self._stop
        )
        report(Loading("opening"))
        library_type = await loop.run_in_executor(self._threads, _import_library)
        library = self._library = await library_type.open(
            self._settings.knowledge, encoders.documents, encoders.reranker, encoders.reader
        )
        await library.warm_up()
        return encoders, library

    async def load_assistant(
        self,
        library: Library,
        encoders: Encoders,
        report: Callable[[Loading], None],
        confidence: Confidence | None = None,
    ) -> Assistant:
        """Fetch and load the chat model, and build the assistant around it.

        `confidence` is measured with in place of the calibration that ships for the search model.
        """
        loop = asyncio.get_running_loop()

        def on_opening() -> None:
            loop.call_soon_threadsafe(report, Loading("opening"))

        self._model = await loop.run_in_executor(
            self._threads,
            build_chat_model,
            self._settings,
            self._weights,
            self._in_loop(report),
            on_opening,
            self._stop,
            self._busy,
        )
        return await self._build_assistant(self._model, library, encoders, confidence)

    @property
    def library(self) -> Library | None:
        """Return the documents; None until they are opened."""
        return self._library

    @property
    def chat_model(self) -> BaseChatModel | None:
        """Return the model that writes answers from documents; None until it is loaded."""
        return None if self._model is None else self._model.model

    async def warm_up(self) -> None:
        """Load the champions' models before anybody asks a question."""
        for guild_id in await asyncio.to_thread(self.registry.guilds):
            for champion in await asyncio.to_thread(self.registry.champions, guild_id):
                await self._warm_up_champion(champion)

    async def _warm_up_champion(self, tuned: Card | Champion) -> None:
        """Compute a champion's domain classifier and load its base; until both can be loaded, questions do it."""
        if self._domain_classifiers is not None and self._specialists is not None:
            await self._domain_classifiers.classifier(tuned.adapter_sha256)
            await self._specialists.load(tuned.base)

    async def close(self) -> None:
        """Stop fetching, and close the models and the documents."""
        self._stop.set()
        if self._model is not None:
            await asyncio.to_thread(self._model.close)
        if self._specialists is not None:
            await asyncio.to_thread(self._specialists.close)
        if self._library is not None:
            await self._library.close()
        await asyncio.to_thread(self.tuner.close)

    async def _build_assistant(
        self, chat_model: ChatModel, library: Library, encoders: Encoders, confidence: Confidence | None
    ) -> Assistant:
        from chains.assistant import Assistant
        from chains.decision_log import DecisionLog
        from chains.routing.bot_topic import load_topic_classifier
        from chains.routing.confidence import load_confidence, load_likeness_calibration
        from chains.routing.explain import Explainer
        from chains.routing.guidance import load_guidance
        from chains.routing.policy import load_policy
        from chains.routing.question_kind import load_kind_classifier
        from chains.routing.router import Router
        from chains.routing.same_question import load_same_question
        from chains.small_talk import load_small_talk
        from chains.turn_queue import TurnQueue
        from finetune.serving.specialists import LocalSpecialists

        settings = self._settings
        log = DecisionLog(settings.chains.data_dir / "decisions.db", settings.chains.decisions_kept_days)
        await log.open()
        guidance = load_guidance()
        same_question = load_same_question(encoders.kinds.model_name)
        confidence = confidence or load_confidence(encoders.documents.model_name, pinned=encoders.pinned)
        loaded = {} if chat_model.base is None else dict([chat_model.base])
        self._specialists = LocalSpecialists(
            self.registry, self._bases, self._busy, settings.finetune.max_answer_tokens, loaded
        )
        self._domain_classifiers = DomainClassifiers(self.registry, encoders.kinds)
        router = Router(
            retriever=library,
            specialists=self._specialists,
            domain_classifiers=self._domain_classifiers,
            embeddings=encoders.kinds,
            kinds=load_kind_classifier(encoders.kinds.model_name),
            topics=load_topic_classifier(encoders.kinds.model_name),
            small_talk=load_small_talk(encoders.kinds.embed_query),
            confidence=confidence,
            policy=load_policy(
                guidance,
                confidence.threshold,
                same_question.threshold,
                load_likeness_calibration(encoders.kinds.model_name).threshold,
            ),
            same_question=same_question,
            log=log,
        )
        return Assistant(
            model=chat_model.model,
            sampled_model=chat_model.sampled,
            model_name=chat_model.name,
            router=router,
            specialists=self._specialists,
            log=log,
            explainer=Explainer(guidance),
            bot_facts=KnownFacts(
                documents=library,
                specialists=self._specialists,
                log=log,
                models=model_facts(settings, chat_model.name),
                kept_days=settings.chains.decisions_kept_days,
            ),
            settings=settings.chains,
            queue=TurnQueue(chat_model.width),
            support=library,
            quotes=settings.finetune.chat_model in OWN_CHAT_MODELS,
        )

    def _in_loop(self, report: Callable[[Loading], None]) -> OnProgress:
        """Return a callback for any thread that calls `report` in the event loop's thread."""
        loop = asyncio.get_running_loop()

        def on_progress(progress: Progress) -> None:
            loading = Loading(progress.stage, progress.done_bytes, progress.total_bytes)
            loop.call_soon_threadsafe(report, loading)

        return on_progress


def _reason(error: Exception) -> str:
    """Return the code of the sentence that says why a service could not be loaded."""
    return next((code for kind, code in _REASONS if isinstance(error, kind)), "unknown")


def _import_library() -> type[Library]:
    """Import the library in a thread, since that takes a second."""
    from knowledge.library import Library

    return Library
