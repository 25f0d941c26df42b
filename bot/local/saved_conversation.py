"""Keeps the conversation of the local Discord over restarts: its messages in one file, their attachments in a folder.

Edit this file when something else of a message has to survive a restart.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import simcord
from pydantic import TypeAdapter
from simcord.backend.models import Message

from bot.local.world import World
from bot.state_file import StateFile, set_aside
from storage.atomic_write import write_whole

_log = logging.getLogger(__name__)

_CONVERSATION = TypeAdapter(list[dict[str, Any]])

MOST_BYTES = 64_000_000
"""The size of all attachments together; the oldest are dropped first."""

# The fields of a message that are saved; all others have their default in this community.
_SAVED_FIELDS = (
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


def save_conversation(env: simcord.Env, world: World, path: Path) -> None:
    """Save the messages in the channels. Those that only one member sees are gone after a restart, as in Discord."""
    messages = [message for message in _messages(env, world) if not message.is_ephemeral]
    kept = [{name: getattr(message, name) for name in _SAVED_FIELDS} for message in messages]
    path.parent.mkdir(parents=True, exist_ok=True)
    _attachments(env, path).save(messages)
    StateFile(path, _CONVERSATION).write(kept)


def restore_conversation(env: simcord.Env, path: Path) -> bool:
    """Restore the saved messages, and return whether there were any.

    A conversation that cannot be read is set aside with its attachments, and logged.
    """
    if not path.exists():
        return False
    kept = StateFile(path, _CONVERSATION).read()
    try:
        messages = None if kept is None else [Message(**fields) for fields in kept]
        known = messages is not None and all(message.channel_id in env.backend.channels for message in messages)
    except TypeError as error:  # The fields are those of another version.
        _log.warning("the kept conversation is of another version: %s", error)
        messages, known = None, False
    if messages is None or not known:
        _set_aside(path)
        return False
    attachments = _attachments(env, path)
    for message in messages:
        attachments.restore(message)
        env.backend.reserve_id(message.id)
        env.backend.messages[message.channel_id][message.id] = message
        env.backend.channels[message.channel_id].last_message_id = message.id
    return True


class AttachmentStore:
    """Keeps a folder of files, each named by its attachment's id."""

    def __init__(self, env: simcord.Env, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._env = env
        self._folder = folder
        self._most_bytes = most_bytes

    def save(self, messages: Iterable[Message]) -> None:
        """Save the attachments of these messages, and delete all others."""
        attached = {str(item["id"]): str(item["url"]) for message in messages for item in message.attachments}
        self._folder.mkdir(parents=True, exist_ok=True)
        left_bytes, kept = self._most_bytes, set()
        for name in sorted(attached, key=int, reverse=True):
            data = self._env.backend.cdn.get(attached[name])
            if data is None or len(data) > left_bytes:
                continue
            left_bytes -= len(data)
            kept.add(name)
            if not (self._folder / name).exists():
                write_whole(self._folder / name, data)
        for path in self._folder.iterdir():
            if path.name not in kept:
                path.unlink()

    def restore(self, message: Message) -> None:
        """Restore the attachments of `message`, and remove those that are no longer stored from it."""
        found = []
        for item in message.attachments:
            path = self._folder / str(int(item["id"]))
            if path.exists():
                self._env.backend.reserve_id(int(item["id"]))
                stored = self._env.backend.cdn.store_attachment(
                    int(item["id"]), message.channel_id, item["filename"], path.read_bytes(), item["description"]
                )
                found.append(stored)
        message.attachments = found


def _set_aside(path: Path) -> None:
    """Set the attachments aside, too: those without a message would be deleted."""
    for each in (path, _attachment_folder(path)):
        if each.exists():
            set_aside(each, "it belongs to a conversation that cannot be restored")


def _attachments(env: simcord.Env, path: Path) -> AttachmentStore:
    return AttachmentStore(env, _attachment_folder(path))


def _attachment_folder(path: Path) -> Path:
    return path.with_name(f"{path.stem}_files")


def _messages(env: simcord.Env, world: World) -> Iterator[Message]:
    for channel in world.channels.values():
        yield from env.backend.messages.get(channel.id, {}).values()
