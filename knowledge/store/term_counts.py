"""How many chunks hold a term: counted by SQLite, which takes long for frequent terms, and remembered meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

_STALE_SHARE = 0.01
"""Counts are remembered until so many of a guild's chunks have come or gone: they weigh terms, no more."""
_MOST_TERMS = 20_000
"""Remembered of a guild."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    changes: int
    """Chunks that had come or gone in all when counting began."""
    chunk_count: int
    counts: dict[str, int] = field(default_factory=dict)


class TermCounts:
    """Of all guilds. Safe to use from several threads."""

    def __init__(self) -> None:
        self._guilds: dict[str, _Remembered] = {}
        self._lock = Lock()

    def of(self, db: sqlite3.Connection, table: str, guild_id: str, terms: Sequence[str]) -> tuple[int, dict[str, int]]:
        """How many chunks the guild has, and how many of them hold each of these FTS5 expressions."""
        remembered = self._remembered(db, guild_id)
        counting = f"SELECT count(*) FROM {table} WHERE {table} MATCH ?"  # noqa: S608
        for term in terms:
            if term not in remembered.counts:
                remembered.counts[term] = int(db.execute(counting, (term,)).fetchone()[0])
        return remembered.chunk_count, {term: remembered.counts[term] for term in terms}

    def _remembered(self, db: sqlite3.Connection, guild_id: str) -> _Remembered:
        row = db.execute("SELECT changed_chunks FROM guilds WHERE id = ?", (guild_id,)).fetchone()
        changes = int(row["changed_chunks"])
        with self._lock:
            known = self._guilds.get(guild_id)
            if known is not None and _is_fresh(known, changes):
                return known
        sized = "SELECT coalesce(sum(chunk_count), 0) FROM audiences WHERE guild_id = ?"
        (chunk_count,) = db.execute(sized, (guild_id,)).fetchone()
        with self._lock:
            self._guilds[guild_id] = _Remembered(changes, chunk_count)
            return self._guilds[guild_id]


def _is_fresh(known: _Remembered, changes: int) -> bool:
    is_recent = abs(changes - known.changes) <= _STALE_SHARE * known.chunk_count
    return is_recent and len(known.counts) < _MOST_TERMS
