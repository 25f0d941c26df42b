"""Keeps what is known of each training until its end, by its run's id: a job's inputs contain no text of a member.

Edit this file when the messages of a training need to know more about it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from bot.state_file import StateFile

_KEPT_S = 7 * 24 * 3600
"""The age after which a prepared training was certainly never started: none waits that long."""


@dataclass(frozen=True, slots=True)
class PreparedTraining:
    """Keeps what the messages of a training say about it."""

    guild_id: str
    skill: str
    base_title: str


_PREPARED = TypeAdapter(PreparedTraining)


class PreparedTrainings:
    """Keeps a folder with one small file for each prepared training."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, run_id: str, prepared: PreparedTraining) -> None:
        """Store what is known of a run. Raise OSError if the disk is full."""
        await asyncio.to_thread(self._store, run_id, prepared)

    async def find(self, run_id: str, guild_id: int) -> PreparedTraining | None:
        """Return what is known of a run, or None if that server has no such run."""
        prepared = await asyncio.to_thread(self._load, run_id)
        return prepared if prepared is not None and prepared.guild_id == str(guild_id) else None

    async def forget(self, run_id: str) -> None:
        """Delete what is known of a run. Calling it again is safe."""
        await asyncio.to_thread(self._path(run_id).unlink, missing_ok=True)

    def _store(self, run_id: str, prepared: PreparedTraining) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.iterdir():  # Files that a kill left half written, too.
            if time.time() - path.stat().st_mtime > _KEPT_S:
                path.unlink(missing_ok=True)
        StateFile(self._path(run_id), _PREPARED).write(prepared)

    def _load(self, run_id: str) -> PreparedTraining | None:
        return StateFile(self._path(run_id), _PREPARED).read()

    def _path(self, run_id: str) -> Path:
        return self._folder / f"{run_id}.json"
