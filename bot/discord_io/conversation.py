"""Reads the question in a message and the conversation before it, from the chain of replies in Discord.

Edit this file to change when the bot is addressed, or how much of a conversation it reads.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import discord

from bot.discord_io.access import GuildPlace, is_open_to_everyone
from bot.messages.buttons import find_decision_id
from bot.transport_errors import QUICK_RETRY_PAUSES_S, TRANSPORT_ERRORS, retry_transient
from chains.citations import CITATION
from chains.types import Turn
from text.discord_markup import readable_markup
from text.markdown.blocks import Kind, blocks, sub_outside_code
from text.normalization import without_surrogates

_log = logging.getLogger(__name__)

_TURNS = 3
"""The turns before a follow-up question that are read: a small model's prompt is short."""

_TURN_CHARACTERS = 500
_SOURCE = re.compile(r"-# \[(\d{1,2})\] ")
"""The start of a source's line below an answer."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """Keeps the question of a message, and the turns before it."""

    text: str
    history: tuple[Turn, ...]
    """The turns, oldest first."""
    previous_decision: str | None = None
    """The id of the decision behind the answer that is replied to; None if it is no reply to a complete answer."""
    is_reply_unreadable: bool = False
    """It replies to a message whose words the bot can't read."""


def is_addressed(message: discord.Message, me: discord.ClientUser) -> bool:
    """Return whether a message is for the bot: a mention of it or its role, a reply to it, or a direct message."""
    if message.author.bot or message.webhook_id is not None or message.is_system():
        return False
    if message.guild is None or me.id in message.raw_mentions or mentions_own_role(message):
        return True
    referenced = _resolved(message)
    return referenced is not None and referenced.author.id == me.id


def mentions_own_role(message: discord.Message) -> bool:
    """Return whether a message mentions the role that Discord made for the bot, which is easily mistaken for the bot.

    Discord keeps the words of such a message from bots without the Message Content intent.
    """
    return any(role.id == _own_role(message.guild) for role in message.role_mentions)


async def read_question(message: discord.Message, me: discord.ClientUser) -> AskedQuestion:
    """Return the question of `message`, and the conversation that it continues.

    A reply to another member's message continues that message: it is a turn without an answer.
    """
    turns: list[Turn] = []
    answer = await _referenced(message)
    if answer is None or answer.author.id != me.id:
        above = "" if answer is None else question_text(answer, me)[:_TURN_CHARACTERS]
        history = (Turn(above, ""),) if above else ()
        return AskedQuestion(question_text(message, me), history, is_reply_unreadable=_is_reply(message) and not above)
    replied_to = find_decision_id(answer)
    while answer is not None and answer.author.id == me.id and len(turns) < _TURNS:
        question = await _question_message(answer, me)
        text = _question_above(answer) if question is None else question_text(question, me)
        if text:
            turns.append(Turn(text[:_TURN_CHARACTERS], _answer_text(answer)[:_TURN_CHARACTERS]))
        answer = None if question is None else await _referenced(question)
    return AskedQuestion(question_text(message, me), tuple(reversed(turns)), replied_to)


async def question_of(answer: discord.Message, me: discord.ClientUser) -> AskedQuestion | None:
    """Return the question that a message of the bot answers, with its conversation; None if that message is gone."""
    question = await _question_message(answer, me)
    return None if question is None else await read_question(question, me)


async def exchange(answer: discord.Message, me: discord.ClientUser) -> Turn:
    """Return the question and the answer of a message of the bot, without citations.

    The question is empty if its message is gone.
    """
    above = await corrected_by(answer, me)
    if above is not None:
        text = (await exchange(above, me)).question
    else:
        question = await _referenced(answer)
        text = _question_above(answer) if question is None else question_text(question, me)
    return Turn(" ".join(text.split()), _without_citations(answer))


async def corrected_by(message: discord.Message, me: discord.ClientUser) -> discord.Message | None:
    """Return the answer that `message` corrects, or None if it is not a correction."""
    above = await _referenced(message)
    return above if above is not None and above.author.id == me.id else None


def question_text(message: discord.Message, me: discord.ClientUser) -> str:
    """Return the text of `message`, without mentions of the bot, and with words instead of other markup."""
    text = re.sub(rf"<@!?{me.id}>|<@&{_own_role(message.guild)}>", " ", message.content)
    return readable_text(text, message.guild, message.mentions, message.channel.id).strip()


def readable_text(
    text: str,
    guild: discord.Guild | None,
    mentioned: Sequence[discord.User | discord.Member] = (),
    place_id: int | None = None,
) -> str:
    """Return what a member wrote with words instead of Discord's markup, as people see it.

    `mentioned` are the members that Discord named with the text; others are looked up in the guild. A channel that not
    everybody sees keeps its id, unless it is the one where this was written: its name may be a secret.
    """
    members = {user.id: user for user in mentioned}

    def name(kind: str, id_: int) -> str | None:
        match kind:
            case "member":
                member = members.get(id_) or (None if guild is None else guild.get_member(id_))
                return None if member is None else member.display_name
            case "role":
                role = None if guild is None else guild.get_role(id_)
                return None if role is None else role.name
            case _:
                channel = None if guild is None else guild.get_channel_or_thread(id_)
                return channel.name if channel is not None and _may_be_named(channel, place_id) else None

    return readable_markup(without_surrogates(text), name)


def _may_be_named(channel: GuildPlace, place_id: int | None) -> bool:
    if channel.id == place_id:
        return True
    if isinstance(channel, discord.Thread):
        return not channel.is_private() and channel.parent is not None and _may_be_named(channel.parent, place_id)
    return is_open_to_everyone(channel)


async def _question_message(answer: discord.Message, me: discord.ClientUser) -> discord.Message | None:
    """Return the message that `answer` answers; for a correction, the question of the corrected answer."""
    above = await corrected_by(answer, me)
    return await _referenced(answer if above is None else above)


async def _referenced(message: discord.Message) -> discord.Message | None:
    """Return the message that `message` replies to; None if there is none, or it is gone or hidden."""
    reference = message.reference
    if reference is None or reference.message_id is None or not _is_reply(message):
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


def _is_reply(message: discord.Message) -> bool:
    return message.type is discord.MessageType.reply


def _own_role(guild: discord.Guild | None) -> int | None:
    """Return the id of the role that Discord made for the bot, its only managed one; None: there is none."""
    return None if guild is None else next((role.id for role in guild.me.roles if role.managed), None)


def _resolved(message: discord.Message) -> discord.Message | None:
    if message.reference is None:
        return None
    known = message.reference.resolved or message.reference.cached_message
    return known if isinstance(known, discord.Message) else None


def _answer_text(message: discord.Message) -> str:
    """Return an answer without its small print, and without the question above it."""
    lines, small = _lines_and_small_print(message)
    return "\n".join(line for at, line in enumerate(lines) if at not in small).strip()


def _without_citations(message: discord.Message) -> str:
    """Return an answer's text without the numbers of its sources, which may be listed below a later message."""
    lines, small = _lines_and_small_print(message)
    sources = {found[1] for at in small if (found := _SOURCE.match(lines[at]))}

    def keep_unless_source(found: re.Match[str]) -> str:
        return "" if found[1] in sources or not small else found[0]

    return sub_outside_code(CITATION, keep_unless_source, _answer_text(message)).strip()


def _lines_and_small_print(message: discord.Message) -> tuple[list[str], set[int]]:
    """Return the lines below the question, and the indexes of those in small print; code has none."""
    lines = message.content.split("\n")
    if lines[0].startswith("> ") and message.interaction_metadata is not None:
        lines = lines[1:]
    prose = (at for block in blocks(lines) if block.kind is not Kind.CODE for at in range(block.first, block.end))
    return lines, {at for at in prose if lines[at].startswith("-# ")}


def _question_above(message: discord.Message) -> str:
    """Return the question that is quoted above the answer to a command; empty if `message` is no such answer."""
    first = message.content.partition("\n")[0]
    if message.interaction_metadata is None or not first.startswith("> "):
        return ""
    return readable_text(
        re.sub(r"\\(.)", r"\1", first.removeprefix("> ")), message.guild, message.mentions, message.channel.id
    )
