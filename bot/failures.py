"""The one boundary at which an error becomes a sentence for a member and a traceback in the log."""

from __future__ import annotations

import asyncio
import errno
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress

import aiohttp
import discord
from discord import app_commands
from discord.utils import MISSING

from bot.errors import BotError, PartFailed
from bot.locales import Texts
from bot.messages.live_message import FAREWELL_S, Content, LiveMessage
from bot.render import tuning as render_tuning
from bot.render.answers import split_message
from bot.responses import respond
from bot.tasks import Tasks
from bot.transport_errors import TRANSPORT_ERRORS, is_transient, retry_transient
from chains.errors import ChainsError, DecisionNotFound, EmptyQuestion, QuestionTooLong
from chains.types import Language
from finetune import errors as finetune
from knowledge import errors as knowledge
from weights import errors as weights

_log = logging.getLogger(__name__)

_KNOWLEDGE: tuple[tuple[type[Exception], str], ...] = (
    (knowledge.SourceNotFound, "source"),
    (knowledge.PassageGone, "passage_gone"),
    (knowledge.PassageHidden, "passage_hidden"),
    (knowledge.EmbeddingMismatch, "embedding"),
    (knowledge.EncoderUnreachable, "encoder"),
    (knowledge.IndexUnavailable, "index"),
    (knowledge.DocumentError, "pair_unkept"),
    (knowledge.DatabaseBusy, "database_busy"),
    (knowledge.DatabaseUnusable, "database"),
    (knowledge.DatabaseTooNew, "database"),
)

_WEIGHTS: tuple[tuple[type[Exception], str], ...] = (
    (weights.NoSourceError, "weights_no_source"),
    (weights.HashMismatchError, "weights_wrong_bytes"),
    (weights.DiskFullError, "weights_disk_full"),
    (weights.DirectoryError, "weights_directory"),
    (weights.ConversionError, "weights_conversion"),
    (weights.BrokenFolderError, "weights_broken"),
    (weights.OwnModelError, "weights_own_model"),
    (weights.UnknownModelError, "weights_own_model"),
    (weights.WeightsError, "weights_other"),
    (finetune.RegistryTooNewError, "registry_too_new"),
    (finetune.RegistryUnusableError, "database"),
)

_TUNING = (
    finetune.DatasetError,
    finetune.BaseTooEnglishError,
    finetune.NoMemoryError,
    finetune.NoDiskError,
    finetune.RunNotFoundError,
    finetune.TrainingFailedError,
    finetune.AdapterUnknownError,
    finetune.AdapterChangedError,
    finetune.AdapterNotRegisteredError,
    finetune.NothingToRollBackError,
)
"""Those of fine-tuning that carry the code of their sentence, and its values as attributes."""

# What a member did, or the machine lacks, not what failed: the sentence is enough.
_EXPECTED = (
    BotError,
    EmptyQuestion,
    QuestionTooLong,
    DecisionNotFound,
    knowledge.SourceNotFound,
    knowledge.PassageGone,
    knowledge.PassageHidden,
    knowledge.QAPairError,
    finetune.DatasetError,
    finetune.BaseTooEnglishError,
    finetune.NoMemoryError,
    finetune.NoDiskError,
    finetune.RunNotFoundError,
    finetune.AdapterUnknownError,
    finetune.NothingToRollBackError,
)

_DISCORD = (discord.HTTPException, aiohttp.ClientError)
"""Of the transport errors, those that nothing else raises."""

Choice = app_commands.Choice[str]

Tell = Callable[[str], Awaitable[object]]
"""Brings a sentence to the member."""


class Failures:
    """Words errors and starts work that may fail."""

    def __init__(self, texts: Texts, tasks: Tasks) -> None:
        self._texts = texts
        self._tasks = tasks

    def start(self, work: Coroutine[object, object, object], tell: Tell, language: Language, name: str) -> None:
        """Run `work` on its own; if it fails, `tell` what the member can do."""
        self._tasks.start(self.guard(work, tell, language), name)

    async def guard(self, work: Coroutine[object, object, object], tell: Tell, language: Language) -> None:
        """Await `work`; if it fails, `tell` what the member can do."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the boundary: it is logged and told
            await self.tell(error, tell, language)

    @asynccontextmanager
    async def concluding(self, draft: LiveMessage, language: Language) -> AsyncIterator[None]:
        """Where the block fails, or the bot ends meanwhile, let `draft` end with a sentence that says so.

        Else an interim text would stand there for ever. Where the block succeeds, `draft` is left to it.
        """
        try:
            yield
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_S):
                    await draft.finish(Content((self._texts(language, "errors.upload_interrupted"),)))
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of one message: it is logged and shown
            await draft.finish(Content(split_message(self.sentence(error, language))))

    async def complete(
        self, work: Coroutine[object, object, list[Choice]], language: Language, name: str
    ) -> list[Choice]:
        """The choices that `work` finds; none where it fails, which Discord gives no way to tell."""
        try:
            return await self._tasks.run(work, name)
        except Exception as error:  # noqa: BLE001 - the boundary of a completion: it is logged
            self.sentence(error, language)
            return []

    def sentence(self, error: Exception, language: Language) -> str:
        """What a member reads, and can do, about `error`; what is not the member's doing is logged."""
        code = _code(error)
        if not isinstance(error, _EXPECTED) or isinstance(error, PartFailed):
            incident = secrets.token_hex(3)
            if isinstance(
                error, PartFailed
            ):  # Logged with its traceback when it failed: each question would repeat it.
                _log.error("incident %s: %s Cause: %r", incident, error, error.__cause__)
            else:
                _log.error("incident %s: %s", incident, error, exc_info=error)
        else:
            incident = ""
            _log.info("user error shown: %s", error)
        values: dict[str, object] = {**vars(error), "incident": incident}
        if isinstance(error, finetune.FinetuneError):
            values |= render_tuning.error_values(vars(error), language, self._texts)
        if isinstance(error, PartFailed):
            values["part"] = self._texts(language, f"loading.{error.part}")
            values["advice"] = self._texts(language, f"load_failed.{error.reason}", incident=incident)
        return self._texts(language, f"errors.{code}", **values)

    async def tell(self, error: Exception, tell: Tell, language: Language) -> None:
        """Log `error`, and `tell` what the member can do. Raises nothing where the member cannot be reached."""
        try:
            await tell(self.sentence(error, language))
        except TRANSPORT_ERRORS as unreached:
            _log.warning("could not show a user error: %r", unreached)


async def reply_privately(interaction: discord.Interaction, content: str, view: discord.ui.View | None = None) -> None:
    """Say something to the one who pressed or commanded, alone."""
    shown = view or MISSING
    if interaction.response.is_done():
        await retry_transient(lambda: interaction.followup.send(content, ephemeral=True, view=shown))
    else:
        await respond(lambda: interaction.response.send_message(content, ephemeral=True, view=shown))


def _code(error: Exception) -> str:
    if isinstance(error, (BotError, ChainsError, knowledge.QAPairError, *_TUNING)):
        return error.code
    if _is_full_disk(error):
        return "disk_full"
    if isinstance(error, _DISCORD) and is_transient(error):
        return "discord"
    return next((code for kind, code in (*_KNOWLEDGE, *_WEIGHTS) if isinstance(error, kind)), "unexpected")


def _is_full_disk(error: BaseException | None) -> bool:
    """Whether a full disk is behind it: the system, SQLite and Chroma, which uses SQLite, each say so in their way."""
    if error is None:
        return False
    says_so = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    return says_so or "disk is full" in str(error) or _is_full_disk(error.__cause__ or error.__context__)
