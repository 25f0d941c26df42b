"""Finds what a wrong answer was, and shows beside it what a moderator answered. Stores nothing."""

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
from chains.language import detect
from chains.types import Cited, Route, Turn
from knowledge.types import QAPair, Source, StoredQAPair

_log = logging.getLogger(__name__)

_SEARCH_TIMEOUT_S = 1.5
"""A form must be shown within 3 s of the press."""


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """An answer that a moderator corrects."""

    message: discord.Message
    filled: QAPair
    """What is known of it: the question that was asked, if it is still there, and what was answered, if anything."""
    source_id: str | None
    """Of the passage that it was read from first; None where it was not read from any."""


async def find_wrong_answer(
    message: discord.Message, me: discord.ClientUser, guild_id: int, assistant: LazyService[AssistantPort]
) -> WrongAnswer:
    """The answer that `message` holds, or below which it stands as an earlier correction. Raises NotAnAnswer."""
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
    cited = await _cited(decision_id, guild_id, assistant)
    refused = cited is not None and cited.route is Route.ABSTAIN and corrected is None
    source_id = cited.chunk_ids[0].rpartition(":")[0] if cited is not None and cited.chunk_ids else None
    return WrongAnswer(corrected or message, QAPair((turn.question,), "" if refused else turn.answer), source_id)


async def show_corrected(wrong: WrongAnswer, pair: QAPair, member: discord.Member, texts: Texts) -> None:
    """Put the right answer below the wrong one, and a line on that one. Nobody is pinged.

    What cannot be shown is logged: the answer is kept all the same.
    """
    language = detect("\n".join((*pair.questions, pair.answer)))
    message = wrong.message
    mark = texts(language, "faq.mark", member=member.id)
    try:
        await BelowMessage(message).send(correction_note(pair, member.id, language, texts), None)
        marked = join_parts(_unmarked(message.content, mark), mark)
        if len(marked) <= MESSAGE_LIMIT and marked != message.content:
            await retry_transient(lambda: message.edit(content=marked))
    except TRANSPORT_ERRORS as error:
        _log.warning("could not show a correction below the answer: %r", error)


def origin(
    wrong: WrongAnswer, sources: Sequence[Source], pairs: Sequence[StoredQAPair]
) -> Source | StoredQAPair | None:
    """Where the wrong answer was read, of what the moderator may read."""
    pair = next((stored for stored in pairs if stored.source.id == wrong.source_id), None)
    return pair or next((source for source in sources if source.id == wrong.source_id), None)


async def _cited(decision_id: str, guild_id: int, assistant: LazyService[AssistantPort]) -> Cited | None:
    """What the answer rests on; None where that is not known now, or is not of this server."""
    if not assistant.is_ready:
        return None
    try:
        cited = await (await assistant.get()).cited(decision_id)
    except DecisionNotFound:
        return None
    return cited if cited.guild_id == str(guild_id) else None


def _unmarked(content: str, mark: str) -> str:
    """`content` without an earlier mark, by whomever."""
    start = mark.partition("<@")[0]
    return "\n".join(line for line in content.split("\n") if not line.startswith(start))
