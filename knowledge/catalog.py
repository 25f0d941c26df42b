"""Guilds, sources and chunks in SQLite, which holds the truth: a chunk that is not here does not exist.

Knows no vectors, only which of them must go.
"""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from knowledge.database import Database
from knowledge.errors import AmbiguousGuild, GuildError, SourceError, UnknownGuild
from knowledge.keywords import KeywordIndex
from knowledge.pair_index import PairIndex
from knowledge.types import Audience, Chunk, Place, Reader, Source

_GUILD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Scope:
    """What one reader may draw on in one guild."""

    audiences: tuple[str, ...] | None
    """Keys; None: everything in the guild is readable, so nothing need be filtered."""
    source_count: int


class Catalog:
    """Reads and writes of guilds, sources and chunks. Blocking; safe to use from several threads."""

    def __init__(self, database: Database, keywords: KeywordIndex) -> None:
        self._database = database
        self._keywords = keywords
        self._pairs = PairIndex(database)

    def register_guild(self, guild_id: str, name: str) -> None:
        """Record a guild, or its new name."""
        if not _GUILD_ID.fullmatch(guild_id):
            raise GuildError(f"{guild_id!r} cannot be a guild's id: letters, digits and hyphens, at most 64")
        with self._database.write() as db:
            insert = "INSERT INTO guilds (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name"
            db.execute(insert, (guild_id, name))
            self._keywords.create(db, guild_id)

    def resolve_guild(self, name_or_id: str) -> str:
        """The id of the one guild with that id or name. Raises UnknownGuild, AmbiguousGuild."""
        with self._database.read() as db:
            rows = db.execute("SELECT id, name FROM guilds ORDER BY name").fetchall()
        if any(row["id"] == name_or_id for row in rows):
            return name_or_id
        matches = [row["id"] for row in rows if row["name"].casefold() == name_or_id.casefold()]
        if not matches:
            known = ", ".join(row["name"] for row in rows[:20]) or "none yet"
            raise UnknownGuild(f"no guild is named {name_or_id!r}; known: {known}")
        if len(matches) > 1:
            raise AmbiguousGuild(
                f"{len(matches)} guilds are named {name_or_id!r}: give an id, one of {', '.join(matches)}"
            )
        return str(matches[0])

    def guild_ids(self) -> list[str]:
        """Every guild's id."""
        with self._database.read() as db:
            return [row["id"] for row in db.execute("SELECT id FROM guilds ORDER BY number")]

    def scope(self, guild_id: str, reader: Reader) -> Scope:
        """What `reader` may draw on."""
        count = "SELECT audience, count(*) AS n FROM sources WHERE guild_id = ? GROUP BY audience"
        with self._database.read() as db:
            counts = {row["audience"]: int(row["n"]) for row in db.execute(count, (guild_id,))}
        readable = {key: n for key, n in counts.items() if reader.may_read(Audience.from_key(key))}
        return Scope(None if readable == counts else tuple(readable), sum(readable.values()))

    def sources(self, guild_id: str, reader: Reader) -> list[Source]:
        """The guild's sources that `reader` may read, by name."""
        with self._database.read() as db:
            rows = db.execute("SELECT * FROM sources WHERE guild_id = ? ORDER BY name, audience", (guild_id,))
            found = [_source(row) for row in rows]
        return [source for source in found if reader.may_read(source.audience)]

    def find_source(self, guild_id: str, name_or_id: str, reader: Reader) -> Source:
        """The one readable source with that id or name. Raises SourceError."""
        readable = self.sources(guild_id, reader)
        matches = [source for source in readable if name_or_id in (source.id, source.name)]
        if not matches:
            raise SourceError(f"there is no source named {name_or_id!r}: list the sources to see their names")
        if len(matches) > 1:
            ids = ", ".join(f"{source.id} ({source.audience.key})" for source in matches)
            raise SourceError(f"{len(matches)} sources are named {name_or_id!r}: give an id, one of {ids}")
        return matches[0]

    def version(self, guild_id: str, name: str, audience: Audience) -> tuple[Source, int | None] | None:
        """The source of that name and audience with its page count; None where there is none. Raises UnknownGuild."""
        query = "SELECT * FROM sources WHERE guild_id = ? AND name = ? AND audience = ?"
        with self._database.read() as db:
            if db.execute("SELECT 1 FROM guilds WHERE id = ?", (guild_id,)).fetchone() is None:
                raise UnknownGuild(f"guild {guild_id!r} is not registered")
            row = db.execute(query, (guild_id, name, audience.key)).fetchone()
        return None if row is None else (_source(row), row["page_count"])

    def announce(self, guild_id: str, source_id: str, owner: str) -> None:
        """Note that `owner` is about to write vectors of a source that is not in the catalog yet."""
        with self._database.write() as db:
            db.execute("INSERT INTO stray_vectors VALUES (?, ?, ?)", (source_id, guild_id, owner))

    def publish(self, source: Source, page_count: int | None, chunks: Sequence[Chunk]) -> list[str]:
        """Make a source visible in place of the one with its name and audience; the replaced ids."""
        with self._database.write() as db:
            same = "SELECT id FROM sources WHERE guild_id = ? AND name = ? AND audience = ?"
            rows = db.execute(same, (source.guild_id, source.name, source.audience.key)).fetchall()
            replaced = [str(row["id"]) for row in rows]
            for source_id in replaced:
                self._delete(db, source.guild_id, source_id)
            _insert(db, source, page_count, chunks)
            self._keywords.add(db, source)
            self._pairs.add(db, source)
            db.execute("DELETE FROM stray_vectors WHERE source_id = ?", (source.id,))
        if replaced:
            self._database.purge()
        return replaced

    def remove(self, source: Source) -> None:
        """Delete a source and its text."""
        with self._database.write() as db:
            self._delete(db, source.guild_id, source.id)
        self._database.purge()

    def abandon(self, source_id: str) -> None:
        """Note that the announced source will not come: its vectors must go."""
        with self._database.write() as db:
            db.execute("UPDATE stray_vectors SET owner = NULL WHERE source_id = ?", (source_id,))

    def strays(self, live_owners: Iterable[str]) -> list[tuple[str, str]]:
        """Guild and id of each source whose vectors must go and which no live owner is writing."""
        live = set(live_owners)
        with self._database.read() as db:
            rows = db.execute("SELECT source_id, guild_id, owner FROM stray_vectors").fetchall()
        return [(row["guild_id"], row["source_id"]) for row in rows if row["owner"] not in live]

    def forget_stray(self, source_id: str) -> None:
        """Note that a source's vectors are gone."""
        with self._database.write() as db:
            db.execute("DELETE FROM stray_vectors WHERE source_id = ?", (source_id,))

    def chunk_count(self, guild_id: str) -> int:
        """How many chunks the guild has."""
        with self._database.read() as db:
            total = "SELECT coalesce(sum(chunk_count), 0) FROM sources WHERE guild_id = ?"
            return int(db.execute(total, (guild_id,)).fetchone()[0])

    def chunks(self, guild_id: str, ids: Sequence[str]) -> dict[str, tuple[Chunk, Source]]:
        """The chunks with these ids that the guild has, each with its source."""
        if not ids:
            return {}
        marks = ",".join("?" * len(ids))
        with self._database.read() as db:
            rows = db.execute(f"SELECT * FROM chunks WHERE id IN ({marks})", list(ids)).fetchall()  # noqa: S608
            sources = {
                row["id"]: _source(row)
                for source_id in {row["source_id"] for row in rows}
                for row in db.execute("SELECT * FROM sources WHERE id = ? AND guild_id = ?", (source_id, guild_id))
            }
        return {row["id"]: (_chunk(row), sources[row["source_id"]]) for row in rows if row["source_id"] in sources}

    def source_chunks(self, source_id: str) -> list[Chunk]:
        """A source's chunks, in reading order."""
        with self._database.read() as db:
            rows = db.execute("SELECT * FROM chunks WHERE source_id = ? ORDER BY ordinal", (source_id,))
            return [_chunk(row) for row in rows]

    def _delete(self, db: sqlite3.Connection, guild_id: str, source_id: str) -> None:
        self._keywords.remove(db, guild_id, source_id)
        self._pairs.remove(db, source_id)
        db.execute("DELETE FROM chunks WHERE source_id = ?", (source_id,))
        db.execute("DELETE FROM sources WHERE id = ?", (source_id,))
        db.execute("INSERT INTO stray_vectors VALUES (?, ?, NULL)", (source_id, guild_id))


def new_source_id() -> str:
    """A fresh id; each version of a document has its own, so that its vectors are told from the last version's."""
    return uuid.uuid4().hex


def _insert(db: sqlite3.Connection, source: Source, page_count: int | None, chunks: Sequence[Chunk]) -> None:
    columns = (
        "id, guild_id, name, media, sha256, audience, size_bytes, chunk_count, page_count, ingested_at, ingested_by"
    )
    db.execute(
        f"INSERT INTO sources ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            source.id,
            source.guild_id,
            source.name,
            source.media,
            source.sha256,
            source.audience.key,
            source.size_bytes,
            source.chunk_count,
            page_count,
            source.ingested_at.isoformat(),
            source.ingested_by,
        ),
    )
    db.executemany(
        "INSERT INTO chunks (id, source_id, ordinal, text, page, heading, line) VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((c.id, c.source_id, c.ordinal, c.text, c.place.page, c.place.heading, c.place.line) for c in chunks),
    )


def _source(row: sqlite3.Row) -> Source:
    return Source(
        id=row["id"],
        guild_id=row["guild_id"],
        name=row["name"],
        media=row["media"],
        sha256=row["sha256"],
        audience=Audience.from_key(row["audience"]),
        size_bytes=row["size_bytes"],
        chunk_count=row["chunk_count"],
        ingested_at=datetime.fromisoformat(row["ingested_at"]),
        ingested_by=row["ingested_by"],
    )


def _chunk(row: sqlite3.Row) -> Chunk:
    place = Place(row["page"], row["heading"], row["line"])
    return Chunk(row["id"], row["source_id"], row["ordinal"], row["text"], place)
