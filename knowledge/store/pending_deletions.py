"""Records what must still be deleted outside the catalog: vectors and originals of unpublished or removed sources.

A source is announced before anything of it is written, so that whatever a kill leaves behind is found. Edit it for what
counts as left behind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from knowledge.store.database import Database
from knowledge.types import Source


class PendingDeletions:
    """Keeps the pending deletions of all guilds. Blocking; safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def announce(self, sources: Sequence[Source], owner: str) -> None:
        """Record that `owner` is about to write vectors and originals of sources not yet in the catalog."""
        insert = "INSERT INTO stray_vectors (source_id, guild_id, owner, sha256) VALUES (?, ?, ?, ?)"
        with self._database.write() as db:
            db.executemany(insert, ((source.id, source.guild_id, owner, source.sha256) for source in sources))

    def cancel(self, source_ids: Sequence[str]) -> None:
        """Record that announced sources will not be published: their vectors must be deleted."""
        with self._database.write() as db:
            rows = ((source_id,) for source_id in source_ids)
            db.executemany("UPDATE stray_vectors SET owner = NULL WHERE source_id = ?", rows)

    def add(self, db: sqlite3.Connection, guild_id: str, source_id: str) -> None:
        """Record that a source's vectors must be deleted, within the transaction of `db` that deletes it."""
        db.execute("INSERT INTO stray_vectors (source_id, guild_id) VALUES (?, ?)", (source_id, guild_id))

    def confirm(self, db: sqlite3.Connection, source_id: str) -> None:
        """Record that an announced source is published, within the transaction of `db` that publishes it."""
        db.execute("DELETE FROM stray_vectors WHERE source_id = ?", (source_id,))

    def outstanding(self, live_owners: Iterable[str]) -> dict[str, list[str]]:
        """Return by guild the ids of sources whose vectors must be deleted and which no live owner is writing."""
        live = set(live_owners)
        with self._database.read() as db:
            rows = db.execute("SELECT source_id, guild_id, owner FROM stray_vectors").fetchall()
        found: dict[str, list[str]] = {}
        for row in rows:
            if row["owner"] not in live:
                found.setdefault(row["guild_id"], []).append(row["source_id"])
        return found

    def forget(self, source_ids: Sequence[str]) -> None:
        """Record that the vectors of these sources are deleted."""
        with self._database.write() as db:
            rows = ((source_id,) for source_id in source_ids)
            db.executemany("DELETE FROM stray_vectors WHERE source_id = ?", rows)

    @contextmanager
    def unused(self, sha256s: Iterable[str], live_owners: Callable[[], set[str]]) -> Iterator[list[str]]:
        """Yield those of these hashes of originals that no source has, removed or not, and no live owner is ingesting.

        None of them comes into use before the block ends: nobody can announce or publish a source meanwhile.
        """
        with self._database.write() as db:
            live = live_owners()
            used = {row["sha256"] for row in db.execute("SELECT sha256 FROM sources")}
            used |= {row["sha256"] for row in db.execute("SELECT sha256 FROM removed_sources")}
            announced = db.execute("SELECT sha256, owner FROM stray_vectors").fetchall()
            used |= {row["sha256"] for row in announced if row["owner"] in live}
            yield [sha256 for sha256 in sha256s if sha256 not in used]
