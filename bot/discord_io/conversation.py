"""From a Discord message to a question: what it asks, and what was said before. Knows nothing of how it is answered."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import partial

import discord

from bot.transport_errors import QUICK_RETRY_PAUSES_S, TRANSPORT_ERRORS, retry_transient
from chains.citations import CITATION
from chains.types import Turn
from text.markdown_blocks import Kind, blocks, sub_outside_code

_log = logging.getLogger(__name__)

_TURNS = 3
"""How far back a follow-up reads: a small model's prompt is short."""

_TURN_CHARACTERS = 500
_SOURCE = re.compile(r"-# \[(\d{1,2})\] ")
"""How the line of a source begins, below an answer."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """What a message asks."""

    text: str
    history: tuple[Turn, ...]
    """Oldest first."""


def is_addressed(message: discord.Message, me: discord.ClientUser) -> bool:
    """Whether the bot is asked: by a mention in the text, by a reply to it, or in a direct message."""
    if message.author.bot or message.webhook_id is not None or message.is_system():
        return False
    if message.guild is None or me.id in message.raw_mentions:
        return True
    referenced = _resolved(message)
    return referenced is not None and referenced.author.id == me.id


async def read_question(message: discord.Message, me: discord.ClientUser) -> AskedQuestion:
    """The question of `message`, and the conversation that it goes on with."""
    turns: list[Turn] = []
    answer = await _referenced(message)
    while answer is not None and answer.author.id == me.id and len(turns) < _TURNS:
        question = await _asked(answer, me)
        text = _quoted(answer) if question is None else question_text(question, me)
        if text:
            turns.append(Turn(text[:_TURN_CHARACTERS], _answer_text(answer)[:_TURN_CHARACTERS]))
        answer = None if question is None else await _referenced(question)
    return AskedQuestion(question_text(message, me), tuple(reversed(turns)))


async def question_of(answer: discord.Message, me: discord.ClientUser) -> AskedQuestion | None:
    """What a message of the bot answers, with the conversation before it; None where that message is gone."""
    question = await _asked(answer, me)
    return None if question is None else await read_question(question, me)


async def exchange(answer: discord.Message, me: discord.ClientUser) -> Turn:
    """What was asked and answered in a message of the bot, without citations; unasked where that message is gone."""
    above = await corrected_by(answer, me)
    if above is not None:
        text = (await exchange(above, me)).question
    else:
        question = await _referenced(answer)
        text = _quoted(answer) if question is None else question_text(question, me)
    return Turn(" ".join(text.split()), _without_citations(answer))


async def corrected_by(message: discord.Message, me: discord.ClientUser) -> discord.Message | None:
    """The answer below which `message` stands as its correction; None where it is none."""
    above = await _referenced(message)
    return above if above is not None and above.author.id == me.id else None


def question_text(message: discord.Message, me: discord.ClientUser) -> str:
    """What `message` says, without the mention of the bot, and with names instead of other mentions."""
    text = re.sub(rf"<@!?{me.id}>", " ", message.content)
    for user in message.mentions:
        text = text.replace(f"<@{user.id}>", f"@{user.display_name}")
    for channel in message.channel_mentions:
        text = text.replace(channel.mention, f"#{channel.name}")
    return text.strip()


async def _asked(answer: discord.Message, me: discord.ClientUser) -> discord.Message | None:
    """The message that `answer` answers; of a correction, that of the answer above it."""
    above = await corrected_by(answer, me)
    return await _referenced(answer if above is None else above)


async def _referenced(message: discord.Message) -> discord.Message | None:
    """The message that `message` replies to; None where there is none, or it is gone or hidden."""
    reference = message.reference
    if reference is None or reference.message_id is None or message.type is not discord.MessageType.reply:
        return None
    if (known := _resolved(message)) is not None:
        return known
    fetch = partial(message.channel.fetch_message, reference.message_id)
    try:
        return await retry_transient(fetch, QUICK_RETRY_PAUSES_S)
    except TRANSPORT_ERRORS as error:
        if not isinstance(error, (discord.NotFound, discord.Forbidden)):
            _log.warning("an earlier message of a conversation was not fetched, and is left out: %r", error)
        return None


def _resolved(message: discord.Message) -> discord.Message | None:
    if message.reference is None:
        return None
    known = message.reference.resolved or message.reference.cached_message
    return known if isinstance(known, discord.Message) else None


def _answer_text(message: discord.Message) -> str:
    """An answer without its small lines, and without the question above it."""
    lines, small = _lines(message)
    return "\n".join(line for at, line in enumerate(lines) if at not in small).strip()


def _without_citations(message: discord.Message) -> str:
    """An answer's text without the numbers of the sources below it; they may stand below a later message of it."""
    lines, small = _lines(message)
    sources = {found[1] for at in small if (found := _SOURCE.match(lines[at]))}

    def kept_if_no_source(found: re.Match[str]) -> str:
        return "" if found[1] in sources or not small else found[0]

    return sub_outside_code(CITATION, kept_if_no_source, _answer_text(message)).strip()


def _lines(message: discord.Message) -> tuple[list[str], set[int]]:
    """The lines below the question, and the indexes of the small ones among them; in code, none is small."""
    lines = message.content.split("\n")
    if lines[0].startswith("> ") and message.interaction_metadata is not None:
        lines = lines[1:]
    prose = (at for block in blocks(lines) if block.kind is not Kind.CODE for at in range(block.first, block.end))
    return lines, {at for at in prose if lines[at].startswith("-# ")}


def _quoted(message: discord.Message) -> str:
    """The question that stands above the answer to a command; empty where the message is none."""
    first = message.content.partition("\n")[0]
    if message.interaction_metadata is None or not first.startswith("> "):
        return ""
    return re.sub(r"\\(.)", r"\1", first.removeprefix("> "))
