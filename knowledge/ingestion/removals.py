"""Removes documents in a way that can be undone for a while, and deletes them for good afterwards.

A removed document is in no answer from the first moment. When its time is over it is deleted like any other; if the
program doesn't run then, it is deleted when the library opens. Edit it for when that happens.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from knowledge.errors import KnowledgeError
from knowledge.ingestion.ingestor import Ingestor
from knowledge.store.removed_sources import RemovedSources
from knowledge.types import Audience, Removal, Source

log = logging.getLogger(__name__)

RESTORABLE_FOR = timedelta(minutes=10)
_RETRY_S = 60.0


class Removals:
    """Removes, restores and finally deletes documents. Calls may overlap."""

    def __init__(self, removed: RemovedSources, ingestor: Ingestor) -> None:
        self._removed = removed
        self._ingestor = ingestor
        self._changed = asyncio.Event()
        self._deleting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Delete what is overdue, and from now on whatever becomes due."""
        await self.delete_due()
        self._deleting = asyncio.create_task(self._keep_deleting())

    async def stop(self) -> None:
        """Stop; what is not due yet is deleted by the next start."""
        if self._deleting is not None:
            self._deleting.cancel()
            with suppress(asyncio.CancelledError):
                await self._deleting

    async def remove(self, sources: Sequence[Source], restorable_for: timedelta) -> Removal:
        """Take sources of one guild out of every search at once, and delete them later. Raises SourceNotFound."""
        removal = Removal(secrets.token_hex(8), tuple(sources), datetime.now(UTC) + restorable_for)
        await self._ingestor.threads.writing.run(self._removed.hide, removal.id, sources, removal.delete_at)
        self._changed.set()
        return removal

    async def restore(self, guild_id: str, removal_id: str) -> list[Source]:
        """Bring the sources of a removal back, and return them. Raises RemovalOver, NameTaken."""
        return await self._ingestor.threads.writing.run(self._removed.restore, guild_id, removal_id)

    async def audiences(self, guild_id: str, removal_id: str) -> list[Audience]:
        """Return who could read the sources of a removal. Raises RemovalOver."""
        return await asyncio.to_thread(self._removed.audiences, guild_id, removal_id)

    async def delete_due(self) -> None:
        """Delete what is due with everything made from it."""
        deleted = await self._ingestor.threads.writing.run(self._removed.delete_due, datetime.now(UTC))
        for guild_id, hashes in deleted.items():
            await self._ingestor.discard_removed(guild_id, hashes)
            await self._ingestor.purge(guild_id)

    async def _keep_deleting(self) -> None:
        while True:
            self._changed.clear()
            pause_s: float | None = _RETRY_S
            try:
                due_at = await asyncio.to_thread(self._removed.due_at)
                if due_at is None:
                    pause_s = None
                elif (left_s := (due_at - datetime.now(UTC)).total_seconds()) > 0:
                    pause_s = left_s
                else:
                    await self.delete_due()
                    continue
            except KnowledgeError as error:
                log.warning("could not delete removed documents, trying again in a minute: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()
