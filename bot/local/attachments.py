"""The files that messages of the local Discord carry, over restarts: its own store of them is in memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import simcord
from simcord.backend.models import Message

from storage.atomic_write import write_whole

MOST_BYTES = 64_000_000
"""Of all files together; the oldest go first."""


class AttachmentStore:
    """A folder of files, each named by its attachment's id."""

    def __init__(self, env: simcord.Env, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._env = env
        self._folder = folder
        self._most_bytes = most_bytes

    def save(self, messages: Iterable[Message]) -> None:
        """Keep what these messages carry, and nothing else."""
        carried = {str(item["id"]): str(item["url"]) for message in messages for item in message.attachments}
        self._folder.mkdir(parents=True, exist_ok=True)
        left_bytes, kept = self._most_bytes, set()
        for name in sorted(carried, key=int, reverse=True):
            data = self._env.backend.cdn.get(carried[name])
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
        """Put back what `message` carries; what is not kept any more is taken off it."""
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
