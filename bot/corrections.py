"""Corrections of wrong answers: finds the question and source of the wrong one, and shows the right one below it.

Edit this file to change which messages can be corrected, or how a correction is shown.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import discord

from bot.discord_io import conversation
from bot.errors import NotAnAnswer
from bot.locales import Texts
from bot.messages.buttons import find_decision_id
from bot.messages.message_targets import BelowMessage
from bot.ports import AssistantPort
from bot.readiness import LazyService
from bot.render.faq import correction_note
from bot.render.message_text import MESSAGE_LIMIT, join_parts
from bot.transport_errors import TRANSPORT_ERRORS, retry_transient
from chains.errors import DecisionNotFound
from chains.types import Cited, Language, Route, Turn
from knowledge.types import QAPair, Source, StoredQAPair

_log = logging.getLogger(__name__)

_SEARCH_TIMEOUT_S = 1.5
"""Discord expects the form within 3 s of the press."""


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """Keeps an answer that a moderator corrects."""

    message: discord.Message
    prefill: QAPair
    """What the form shows: the question, if it is still there, and the answer, if there was one."""
    source_id: str | None
    """The source of its first passage; None if it used no passages."""


async def find_wrong_answer(
    message: discord.Message, me: discord.ClientUser, guild_id: int, assistant: LazyService[AssistantPort]
) -> WrongAnswer:
    """Return the answer in `message`, or the one that `message` corrects. Raise NotAnAnswer if it is neither."""
    if message.author.id != me.id:
        raise NotAnAnswer
    corrected: discord.Message | None = None
    turn = Turn("", "")
    try:
        async with asyncio.timeout(_SEARCH_TIMEOUT_S):
            if find_decision_id(message) is None:
                corrected = await conversation.corrected_by(message, me)
            turn = await conversation.exchange(message, me)
    except TimeoutError:
        _log.warning("did not find the question of a wrong answer in time")
    decision_id = find_decision_id(corrected or message)
    if decision_id is None:
        raise NotAnAnswer
    cited = await _find_cited(decision_id, guild_id, assistant)
    refused = cited is not None and cited.route is Route.ABSTAIN and corrected is None
    source_id = cited.chunk_ids[0].rpartition(":")[0] if cited is not None and cited.chunk_ids else None
    return WrongAnswer(corrected or message, QAPair((turn.question,), "" if refused else turn.answer), source_id)


async def show_corrected(wrong: WrongAnswer, pair: QAPair, member: discord.Member, texts: Texts) -> None:
    """Send the right answer below the wrong one, and mark that one. Nobody is pinged.

    If Discord fails, that is logged: the answer is saved all the same.
    """
    language = Language.of("\n".join((*pair.questions, pair.answer)))
    message = wrong.message
    mark = texts(language, "faq.mark", member=member.id)
    try:
        await BelowMessage(message).send(correction_note(pair, member.id, language, texts), None)
        marked = join_parts(_unmarked(message.content, mark), mark)
        if len(marked) <= MESSAGE_LIMIT and marked != message.content:
            await retry_transient(lambda: message.edit(content=marked))
    except TRANSPORT_ERRORS as error:
        _log.warning("could not show a correction below the answer: %r", error)


def find_source(
    wrong: WrongAnswer, sources: Sequence[Source], pairs: Sequence[StoredQAPair]
) -> Source | StoredQAPair | None:
    """Return the source of the wrong answer, if the moderator may read it."""
    pair = next((stored for stored in pairs if stored.source.id == wrong.source_id), None)
    return pair or next((source for source in sources if source.id == wrong.source_id), None)


async def _find_cited(decision_id: str, guild_id: int, assistant: LazyService[AssistantPort]) -> Cited | None:
    """Return what an answer is based on; None if that is unknown now, or of another server."""
    if not assistant.is_ready:
        return None
    try:
        cited = await (await assistant.get()).cited(decision_id)
    except DecisionNotFound:
        return None
    return cited if cited.guild_id == str(guild_id) else None


def _unmarked(content: str, mark: str) -> str:
    """Return `content` without the mark of an earlier correction."""
    start = mark.partition("<@")[0]
    return "\n".join(line for line in content.split("\n") if not line.startswith(start))
