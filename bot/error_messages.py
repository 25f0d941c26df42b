"""Turns an exception into a sentence for the member and an entry in the log, at the one boundary where that happens.

Edit this file when a new exception needs a sentence of its own; the sentences are in the locales' `errors` chapter.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial

import aiohttp
import discord
from discord import app_commands

from bot.errors import BotError, PartFailed
from bot.locales import Texts, language_of
from bot.messages.live_message import LAST_EDIT_TIMEOUT_S, Content, LiveMessage
from bot.render.message_text import split_message
from bot.render.tuning import tuning_error_values
from bot.responses import reply_privately
from bot.tasks import AlreadyReported, Tasks
from bot.transport_errors import TRANSPORT_ERRORS, is_transient
from chains.errors import ChainsError, DecisionNotFound, EmptyQuestion, QuestionTooLong
from chains.types import Language
from finetune import errors as finetune_errors
from knowledge import errors as knowledge_errors
from weights import errors as weights_errors

_log = logging.getLogger(__name__)

_KNOWLEDGE_CODES: tuple[tuple[type[Exception], str], ...] = (
    (knowledge_errors.SourceNotFound, "source"),
    (knowledge_errors.RemovalOver, "removal_over"),
    (knowledge_errors.NameTaken, "name_taken"),
    (knowledge_errors.PassageGone, "passage_gone"),
    (knowledge_errors.PassageHidden, "passage_hidden"),
    (knowledge_errors.EmbeddingMismatch, "embedding"),
    (knowledge_errors.EncoderUnreachable, "encoder"),
    (knowledge_errors.IndexUnavailable, "index"),
    (knowledge_errors.DocumentError, "pair_unkept"),
    (knowledge_errors.DatabaseBusy, "database_busy"),
    (knowledge_errors.DatabaseUnusable, "database"),
    (knowledge_errors.DatabaseTooNew, "database"),
)

_MODEL_CODES: tuple[tuple[type[Exception], str], ...] = (
    (weights_errors.NoSourceError, "weights_no_source"),
    (weights_errors.HashMismatchError, "weights_wrong_bytes"),
    (weights_errors.DiskFullError, "weights_disk_full"),
    (weights_errors.DirectoryError, "weights_directory"),
    (weights_errors.ConversionError, "weights_conversion"),
    (weights_errors.BrokenFolderError, "weights_broken"),
    (weights_errors.OwnModelError, "weights_own_model"),
    (weights_errors.UnknownModelError, "weights_own_model"),
    (weights_errors.WeightsError, "weights_other"),
    (finetune_errors.RegistryTooNewError, "registry_too_new"),
    (finetune_errors.RegistryUnusableError, "database"),
)

_SELF_CODED = (
    finetune_errors.DatasetError,
    finetune_errors.BaseTooEnglishError,
    finetune_errors.NoMemoryError,
    finetune_errors.NoDiskError,
    finetune_errors.RunNotFoundError,
    finetune_errors.TrainingFailedError,
    finetune_errors.AdapterUnknownError,
    finetune_errors.AdapterChangedError,
    finetune_errors.AdapterNotRegisteredError,
    finetune_errors.NothingToRollBackError,
)
"""The errors of fine-tuning that name the code of their sentence and keep its values as attributes."""

# Caused by the member or by what the machine lacks: the sentence is enough, and no incident is logged.
_EXPECTED = (
    BotError,
    EmptyQuestion,
    QuestionTooLong,
    DecisionNotFound,
    knowledge_errors.SourceNotFound,
    knowledge_errors.RemovalOver,
    knowledge_errors.NameTaken,
    knowledge_errors.PassageGone,
    knowledge_errors.PassageHidden,
    knowledge_errors.QAPairError,
    finetune_errors.DatasetError,
    finetune_errors.BaseTooEnglishError,
    finetune_errors.NoMemoryError,
    finetune_errors.NoDiskError,
    finetune_errors.RunNotFoundError,
    finetune_errors.AdapterUnknownError,
    finetune_errors.NothingToRollBackError,
)

_DISCORD_ERRORS = (discord.HTTPException, aiohttp.ClientError)
"""The transport errors that nothing but Discord raises."""

Choice = app_commands.Choice[str]

SendSentence = Callable[[str], Awaitable[object]]
"""Sends a sentence to the member."""


class ErrorBoundary:
    """Keeps watch over work: if it fails, the error is logged and the member reads a sentence about it."""

    def __init__(self, texts: Texts, tasks: Tasks) -> None:
        self._texts = texts
        self._tasks = tasks

    def start(self, work: Coroutine[object, object, object], send: SendSentence, language: Language, name: str) -> None:
        """Run `work` in a task of its own; if it fails, `send` the member a sentence."""
        self._tasks.start(self.guard(work, send, language), name)

    def start_private(
        self, work: Coroutine[object, object, object], interaction: discord.Interaction, name: str
    ) -> None:
        """Run `work` in a task of its own; if it fails, reply to the member of `interaction` alone."""
        self.start(work, partial(reply_privately, interaction), language_of(interaction), name)

    async def guard(self, work: Coroutine[object, object, object], send: SendSentence, language: Language) -> None:
        """Await `work`; if it fails, `send` the member a sentence."""
        try:
            await work
        except AlreadyReported as error:
            _log.info("refused again without a message: %s", error)
        except Exception as error:  # noqa: BLE001 - the boundary: it is logged and shown
            await self.report(error, send, language)

    async def guard_private(self, work: Coroutine[object, object, object], interaction: discord.Interaction) -> None:
        """Await `work`; if it fails, reply to the member of `interaction` alone."""
        await self.guard(work, partial(reply_privately, interaction), language_of(interaction))

    @asynccontextmanager
    async def finish_on_failure(self, message: LiveMessage, language: Language) -> AsyncIterator[None]:
        """If the block fails, or the bot stops meanwhile, finish `message` with a sentence that says so.

        Otherwise an interim text would stay there forever. If the block succeeds, it must finish `message` itself.
        """
        try:
            yield
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_EDIT_TIMEOUT_S):
                    await message.finish(Content((self._texts(language, "errors.upload_interrupted"),)))
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of one message: it is logged and shown
            await message.finish(Content(split_message(self.sentence(error, language))))

    async def complete(
        self, work: Coroutine[object, object, list[Choice]], language: Language, name: str
    ) -> list[Choice]:
        """Return the choices that `work` finds, or none if it fails: Discord has no way to show an error there."""
        try:
            return await self._tasks.run(work, name)
        except Exception as error:  # noqa: BLE001 - the boundary of a completion: it is logged
            self.sentence(error, language)
            return []

    def sentence(self, error: Exception, language: Language) -> str:
        """Return what a member reads about `error` and can do; log it with a traceback unless it was expected."""
        incident = "" if isinstance(error, _EXPECTED) and not isinstance(error, PartFailed) else secrets.token_hex(3)
        if not incident:
            # Its message may repeat what the member wrote, which is kept nowhere.
            _log.info("user error shown: %s", type(error).__name__)
        elif isinstance(error, PartFailed):  # Its traceback was logged when it failed: each question would repeat it.
            _log.error("incident %s: %s Cause: %r", incident, error, error.__cause__)
        else:
            _log.error("incident %s: %s", incident, error, exc_info=error)
        values: dict[str, object] = {**vars(error), "incident": incident}
        if isinstance(error, finetune_errors.FinetuneError):
            values |= tuning_error_values(vars(error), language, self._texts)
        if isinstance(error, PartFailed):
            values["part"] = self._texts(language, f"loading.{error.part}")
            values["advice"] = self._texts(language, f"load_failed.{error.reason}", incident=incident)
        return self._texts(language, f"errors.{_sentence_code(error)}", **values)

    async def report(self, error: Exception, send: SendSentence, language: Language) -> None:
        """Log `error` and `send` the member a sentence. Raise nothing if the member cannot be reached."""
        try:
            await send(self.sentence(error, language))
        except TRANSPORT_ERRORS as unreached:
            _log.warning("could not show a user error: %r", unreached)


def _sentence_code(error: Exception) -> str:
    if isinstance(error, (BotError, ChainsError, knowledge_errors.QAPairError, *_SELF_CODED)):
        return error.code
    if _is_full_disk(error):
        return "disk_full"
    if isinstance(error, _DISCORD_ERRORS) and is_transient(error):
        return "discord"
    return next((code for kind, code in (*_KNOWLEDGE_CODES, *_MODEL_CODES) if isinstance(error, kind)), "unexpected")


def _is_full_disk(error: BaseException | None) -> bool:
    """Return whether a full disk caused `error`: the system, SQLite and Chroma each report it in their own way."""
    if error is None:
        return False
    reports_it = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    return reports_it or "disk is full" in str(error) or _is_full_disk(error.__cause__ or error.__context__)
