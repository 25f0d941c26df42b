"""The community that the local Discord starts with, and its conversation over restarts.

Everything is made at the same simulated instant and in the same order, so that all ids are the same at every start:
documents know their channel by its id.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
import simcord
from pydantic import TypeAdapter
from simcord.actors import MemberActor
from simcord.backend.models import Message
from simcord.builders import ChannelHandle, GuildHandle

from bot.local.attachments import AttachmentStore
from bot.state_file import StateFile, set_aside

_log = logging.getLogger(__name__)

_CONVERSATION = TypeAdapter(list[dict[str, Any]])

_GUILD = "Harbour Lights"
_BOT = "Routewise"
_CHANNELS = (
    ("ask-the-crew", "Ask Routewise about the club: it answers from the handbook, and says why"),
    ("tool-shed", "Borrowing tools"),
)
_PRIVATE = "committee"

# What is kept of a message; the rest has its default in every message of this community.
_KEPT = (
    "id",
    "channel_id",
    "author_id",
    "content",
    "timestamp",
    "edited_timestamp",
    "type",
    "flags",
    "components",
    "attachments",
    "mention_user_ids",
    "reference",
    "reply_author_id",
    "interaction_metadata",
)


@dataclass(frozen=True, slots=True)
class World:
    """The simulated server and who is in it."""

    guild: GuildHandle
    channels: dict[str, ChannelHandle]
    viewers: tuple[MemberActor, ...]
    """A member, a moderator and an admin: whoever sits at the page can be each of them."""


def build(env: simcord.Env) -> World:
    """Make the server. Call it before the bot starts and before the clock moves; new things go to the end."""
    env.backend.edit_bot_profile(_BOT)
    guild = env.create_guild(_GUILD)
    can_moderate = discord.Permissions(manage_messages=True)
    moderator = guild.create_role("Moderator", permissions=can_moderate, color=0x3BA55D)
    can_all = discord.Permissions(manage_messages=True, manage_guild=True)
    admin = guild.create_role("Admin", permissions=can_all, color=0xE67E22)
    hidden, shown = discord.PermissionOverwrite(view_channel=False), discord.PermissionOverwrite(view_channel=True)
    channels = {name: guild.create_text_channel(name, topic=topic) for name, topic in _CHANNELS}
    channels[_PRIVATE] = guild.create_text_channel(
        _PRIVATE,
        topic="The committee alone",
        overwrites={guild.default_role: hidden, moderator: shown, admin: shown, guild.roles[_BOT]: shown},
    )
    viewers = (
        guild.add_member(env.create_user("ada", global_name="Ada (member)")),
        guild.add_member(env.create_user("moritz", global_name="Moritz (moderator)"), roles=[moderator]),
        guild.add_member(env.create_user("iris", global_name="Iris (admin)"), roles=[admin]),
    )
    return World(guild, channels, viewers)


def save_conversation(env: simcord.Env, world: World, path: Path) -> None:
    """Keep what stands in the channels. What only one member sees is gone after a restart, as in Discord."""
    messages = [message for message in _messages(env, world) if not message.is_ephemeral]
    kept = [{name: getattr(message, name) for name in _KEPT} for message in messages]
    path.parent.mkdir(parents=True, exist_ok=True)
    _pictures(env, path).save(messages)
    StateFile(path, _CONVERSATION).write(kept)


def restore_conversation(env: simcord.Env, path: Path) -> bool:
    """Put the kept messages back. Returns whether there were any.

    What cannot be read is set aside with its pictures, and told in the log.
    """
    if not path.exists():
        return False
    kept = StateFile(path, _CONVERSATION).read()
    try:
        messages = None if kept is None else [Message(**fields) for fields in kept]
        known = messages is not None and all(message.channel_id in env.backend.channels for message in messages)
    except TypeError as error:  # Another version's fields.
        _log.warning("the kept conversation is of another version: %s", error)
        messages, known = None, False
    if messages is None or not known:
        _set_aside(path)
        return False
    pictures = _pictures(env, path)
    for message in messages:
        pictures.restore(message)
        env.backend.reserve_id(message.id)
        env.backend.messages[message.channel_id][message.id] = message
        env.backend.channels[message.channel_id].last_message_id = message.id
    return True


def _set_aside(path: Path) -> None:
    """Keep the pictures too: what no message carries would be deleted."""
    for each in (path, _files(path)):
        if each.exists():
            set_aside(each, "it belongs to a conversation that cannot be restored")


def _pictures(env: simcord.Env, path: Path) -> AttachmentStore:
    return AttachmentStore(env, _files(path))


def _files(path: Path) -> Path:
    return path.with_name(f"{path.stem}_files")


def _messages(env: simcord.Env, world: World) -> Iterator[Message]:
    for channel in world.channels.values():
        yield from env.backend.messages.get(channel.id, {}).values()
