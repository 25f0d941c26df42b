"""Records which collection holds a guild's vectors, and whether Chroma's files still contain deleted ones.

Chroma only marks vectors as deleted. They leave its files when the guild's other vectors are copied to another
collection, the next generation. Edit it for what is recorded, and for who waits while a generation takes over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from knowledge.store.database import Database
from knowledge.store.process_locks import hold_lock

_ERASING = "erasing"
"""No guild has this lock's name: theirs begin with a prefix."""


class VectorGenerations:
    """Keeps the generations of all guilds' collections. Blocking; safe to use from several threads and processes."""

    def __init__(self, database: Database, locks: Path) -> None:
        """Open the records; `locks` is the folder for the lock files."""
        self._database = database
        self._locks = locks
        locks.mkdir(parents=True, exist_ok=True)

    def current(self, guild_id: str) -> int:
        """Return the generation that is read and written."""
        with self._database.read() as db:
            row = db.execute("SELECT generation FROM vector_collections WHERE guild_id = ?", (guild_id,)).fetchone()
        return 0 if row is None else int(row["generation"])

    def advance(self, guild_id: str, generation: int) -> None:
        """Make `generation` the one that is read and written."""
        with self._database.write() as db:
            insert = "INSERT INTO vector_collections (guild_id, generation) VALUES (?, ?)"
            db.execute(f"{insert} ON CONFLICT DO UPDATE SET generation = excluded.generation", (guild_id, generation))

    def record_deletion(self, guild_id: str) -> None:
        """Record that vectors were deleted, which are still in the files."""
        with self._database.write() as db:
            insert = "INSERT INTO vector_collections (guild_id, deletions) VALUES (?, 1)"
            db.execute(f"{insert} ON CONFLICT DO UPDATE SET deletions = deletions + 1", (guild_id,))

    def owed(self) -> dict[str, int]:
        """Return the guilds whose deleted vectors are still in the files, with their number of deletions so far."""
        query = "SELECT guild_id, deletions FROM vector_collections WHERE deletions > erased_deletions"
        with self._database.read() as db:
            return {row["guild_id"]: row["deletions"] for row in db.execute(query)}

    def mark_erased(self, erased: Mapping[str, int]) -> None:
        """Record that the files no longer contain what the first so many deletions of each guild deleted."""
        with self._database.write() as db:
            db.executemany(
                "UPDATE vector_collections SET erased_deletions = max(erased_deletions, ?) WHERE guild_id = ?",
                ((deletions, guild_id) for guild_id, deletions in erased.items()),
            )

    @contextmanager
    def writing(self, guild_id: str) -> Iterator[None]:
        """Keep the guild's generation current until the block ends. Waits while the next one takes over."""
        with hold_lock(self._locks / f"guild-{guild_id}", shared=True):
            yield

    @contextmanager
    def switching(self, guild_id: str) -> Iterator[None]:
        """Let nobody write the guild's vectors until the block ends. Waits for those who are writing."""
        with hold_lock(self._locks / f"guild-{guild_id}"):
            yield

    @contextmanager
    def erasing(self) -> Iterator[None]:
        """Let nobody else copy vectors to a next generation until the block ends. Waits for whoever is doing so."""
        with hold_lock(self._locks / _ERASING):
            yield
