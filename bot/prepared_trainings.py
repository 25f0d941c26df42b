"""What is to be known of a training until its end, kept by its run's id: a job's inputs hold no text of a member.

Knows nothing of what becomes of the run.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from bot.state_file import StateFile

_KEPT_S = 7 * 24 * 3600
"""No training waits so long: what is older was prepared and never started."""


@dataclass(frozen=True, slots=True)
class PreparedTraining:
    """A training that an admin was shown."""

    guild_id: str
    skill: str
    base_title: str


_PREPARED = TypeAdapter(PreparedTraining)


class PreparedTrainings:
    """A folder of small files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, run_id: str, prepared: PreparedTraining) -> None:
        """Remember a run. Raises OSError where the disk takes no more."""
        await asyncio.to_thread(self._keep, run_id, prepared)

    async def find(self, run_id: str, guild_id: int) -> PreparedTraining | None:
        """What was kept of a run; None where that server has no such run."""
        prepared = await asyncio.to_thread(self._read, run_id)
        return prepared if prepared is not None and prepared.guild_id == str(guild_id) else None

    async def forget(self, run_id: str) -> None:
        """Safe to call again."""
        await asyncio.to_thread(self._path(run_id).unlink, missing_ok=True)

    def _keep(self, run_id: str, prepared: PreparedTraining) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.iterdir():  # Also what a kill left unfinished.
            if time.time() - path.stat().st_mtime > _KEPT_S:
                path.unlink(missing_ok=True)
        StateFile(self._path(run_id), _PREPARED).write(prepared)

    def _read(self, run_id: str) -> PreparedTraining | None:
        return StateFile(self._path(run_id), _PREPARED).read()

    def _path(self, run_id: str) -> Path:
        return self._folder / f"{run_id}.json"
