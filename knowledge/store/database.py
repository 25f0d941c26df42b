"""Opens knowledge.db: its schema, its migrations and a pool of connections. Edit it to change a table."""

from __future__ import annotations

import queue
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.errors import DatabaseBusy, DatabaseTooNew, DatabaseUnusable, DiskFull
from storage import errors as storage
from storage import sqlite

_MIGRATIONS = (
    """
    CREATE TABLE guilds (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL
    );
    CREATE TABLE sources (
        id TEXT PRIMARY KEY,
        guild_id TEXT NOT NULL REFERENCES guilds (id),
        name TEXT NOT NULL,
        media TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        audience TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        chunk_count INTEGER NOT NULL,
        page_count INTEGER,
        ingested_at TEXT NOT NULL,
        ingested_by TEXT NOT NULL,
        UNIQUE (guild_id, name, audience)
    ) WITHOUT ROWID;
    CREATE TABLE chunks (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        source_id TEXT NOT NULL REFERENCES sources (id),
        ordinal INTEGER NOT NULL,
        text TEXT NOT NULL,
        page INTEGER,
        heading TEXT,
        line INTEGER
    );
    CREATE INDEX chunks_by_source ON chunks (source_id);
    -- Sources whose vectors are in Chroma and must not stay: removed, replaced, or being written by `owner`.
    CREATE TABLE stray_vectors (
        source_id TEXT PRIMARY KEY,
        guild_id TEXT NOT NULL,
        owner TEXT
    ) WITHOUT ROWID;
    """,
    """
    -- Of the text that was embedded. NULL: it was embedded before this was kept.
    ALTER TABLE chunks ADD COLUMN fingerprint BLOB;
    -- What a source's batch reports of it: interrupted and started again, it reports the same.
    ALTER TABLE sources ADD COLUMN batch TEXT;
    ALTER TABLE sources ADD COLUMN outcome TEXT;
    ALTER TABLE sources ADD COLUMN embedded_count INTEGER;
    -- How many sources were deleted whose terms may still be in the file.
    ALTER TABLE guilds ADD COLUMN deletions INTEGER NOT NULL DEFAULT 0;
    -- How many chunks were ever added or removed.
    ALTER TABLE guilds ADD COLUMN changed_chunks INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX sources_by_audience ON sources (guild_id, audience, chunk_count);
    """,
    """
    ALTER TABLE sources ADD COLUMN link TEXT;
    ALTER TABLE chunks ADD COLUMN anchor TEXT;
    -- Of the file whose original must be kept while `owner` ingests it.
    ALTER TABLE stray_vectors ADD COLUMN sha256 TEXT;
    """,
    """
    -- The questions of moderators' answers, by the hash of their normal form.
    CREATE TABLE pair_questions (
        key TEXT NOT NULL,
        source_id TEXT NOT NULL REFERENCES sources (id),
        PRIMARY KEY (key, source_id)
    ) WITHOUT ROWID;
    CREATE INDEX pair_questions_by_source ON pair_questions (source_id);
    -- From which source a question was answered wrongly, before a moderator answered it.
    CREATE TABLE corrections (
        source_id TEXT PRIMARY KEY REFERENCES sources (id),
        corrects TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    -- The date that the document gives itself, as YYYY-MM-DD.
    ALTER TABLE sources ADD COLUMN dated TEXT;
    """,
    """
    -- In which form the guild's text was cut into terms (text.index_terms.FORM).
    ALTER TABLE guilds ADD COLUMN terms_form INTEGER NOT NULL DEFAULT 0;
    """,
    """
    -- How much there is for each audience, kept by SQLite itself: every search asks, and counting grows with the guild.
    CREATE TABLE audiences (
        guild_id TEXT NOT NULL,
        audience TEXT NOT NULL,
        source_count INTEGER NOT NULL,
        chunk_count INTEGER NOT NULL,
        PRIMARY KEY (guild_id, audience)
    ) WITHOUT ROWID;
    INSERT INTO audiences
        SELECT guild_id, audience, count(*), sum(chunk_count) FROM sources GROUP BY guild_id, audience;
    CREATE TRIGGER source_added AFTER INSERT ON sources BEGIN
        INSERT INTO audiences VALUES (new.guild_id, new.audience, 1, new.chunk_count)
            ON CONFLICT DO UPDATE SET
                source_count = source_count + 1, chunk_count = chunk_count + excluded.chunk_count;
    END;
    CREATE TRIGGER source_deleted AFTER DELETE ON sources BEGIN
        UPDATE audiences SET source_count = source_count - 1, chunk_count = chunk_count - old.chunk_count
            WHERE guild_id = old.guild_id AND audience = old.audience;
        DELETE FROM audiences WHERE guild_id = old.guild_id AND audience = old.audience AND source_count = 0;
    END;
    DROP INDEX sources_by_audience;
    -- Of changed_chunks, how many were there when the guild's keyword index was merged into one segment.
    ALTER TABLE guilds ADD COLUMN merged_chunks INTEGER NOT NULL DEFAULT 0;
    """,
    """
    -- Of deletions, how many were there when the guild's deleted text was last taken out of the file and its log.
    ALTER TABLE guilds ADD COLUMN purged_deletions INTEGER NOT NULL DEFAULT 0;
    -- Earlier programs could record a purge that was not done: each guild is purged once.
    UPDATE guilds SET deletions = max(deletions, 0) + 1;
    """,
    """
    -- How many chunks of each audience contain a word. Whoever misspells it looks it up by its beginning and length.
    CREATE TABLE vocabulary (
        guild INTEGER NOT NULL REFERENCES guilds (number),
        initial TEXT NOT NULL,
        length INTEGER NOT NULL,
        word TEXT NOT NULL,
        audience TEXT NOT NULL,
        chunk_count INTEGER NOT NULL,
        PRIMARY KEY (guild, initial, length, word, audience)
    ) WITHOUT ROWID;
    """,
    """
    -- What the file contains that is not in its text: a JSON object of kinds and numbers.
    ALTER TABLE sources ADD COLUMN left_out TEXT NOT NULL DEFAULT '{}';
    """,
    """
    -- Which collection holds a guild's vectors, and for how many deletions its files were freed of deleted ones.
    CREATE TABLE vector_collections (
        guild_id TEXT PRIMARY KEY,
        generation INTEGER NOT NULL DEFAULT 0,
        deletions INTEGER NOT NULL DEFAULT 0,
        erased_deletions INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    -- Earlier programs left what they deleted in the files.
    INSERT INTO vector_collections (guild_id, deletions) SELECT id, 1 FROM guilds;
    """,
    """
    -- Documents whose removal can still be undone, until `delete_at`. `content`: their rows elsewhere, as JSON.
    CREATE TABLE removed_sources (
        source_id TEXT PRIMARY KEY,
        removal TEXT NOT NULL,
        guild_id TEXT NOT NULL REFERENCES guilds (id),
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        chunk_count INTEGER NOT NULL,
        delete_at TEXT NOT NULL,
        content TEXT NOT NULL
    );
    """,
)


class Database:
    """Keeps a pool of connections to one SQLite file. Safe to use from several threads and processes."""

    def __init__(self, path: Path, busy_s: float = sqlite.BUSY_S) -> None:
        """Open and migrate the file; `busy_s`: how long it waits for another's lock.

        Raises DatabaseBusy, DatabaseTooNew, DatabaseUnusable, DiskFull, as every other method does.
        """
        self._path = path
        self._busy_s = busy_s
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._connection() as connection:
                sqlite.migrate(connection, path, _MIGRATIONS)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection whose statements all see the same state."""
        with self._connection() as connection, sqlite.transaction(connection, self._path, writing=False):
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in a transaction that is committed at the end, or undone if an error leaves it."""
        with self._connection() as connection, sqlite.transaction(connection, self._path, writing=True):
            yield connection

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the file and empty it, so that deleted text is gone from both.

        Returns whether that was done; another process that always reads or writes prevents it.
        """
        with self._connection() as connection:
            return sqlite.checkpoint(connection, self._path)

    def close(self) -> None:
        """Close all idle connections."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._translated():
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                connection = sqlite.connect(self._path, busy_s=self._busy_s, any_thread=True)
            try:
                yield connection
            finally:
                self._idle.put(connection)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except storage.StorageFull as error:
            raise DiskFull(self._path.parent) from error
        except storage.DatabaseLocked as error:
            raise DatabaseBusy(self._path.name) from error
        except storage.SchemaTooNew as error:
            raise DatabaseTooNew(
                f"{self._path.name} has version {error.found}, but this program reads up to {error.known}: "
                "update the program"
            ) from error
        except storage.StorageError as error:
            raise DatabaseUnusable(str(error)) from error
