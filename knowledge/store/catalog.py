"""The catalog of guilds, sources and chunks in SQLite, the source of truth: a chunk not listed here does not exist.

Edit it for queries and for what publishing and removing change.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from threading import Event, Lock

from knowledge.chunking.contextual_text import embedded_text, fingerprint
from knowledge.errors import AmbiguousGuild, GuildError, IngestionCancelled, SourceNotFound, UnknownGuild
from knowledge.store.database import Database
from knowledge.store.keyword_index import KeywordIndex
from knowledge.store.pending_deletions import PendingDeletions
from knowledge.store.qa_index import QAIndex
from knowledge.store.scope import ReadableScope
from knowledge.types import Audience, Chunk, IngestOutcome, LeftOut, LeftOutKind, Place, Reader, Source
from text.index_terms import FORM

log = logging.getLogger(__name__)

_GUILD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class IngestionRecord:
    """Records how a version of a document was ingested, as its batch reports it."""

    outcome: IngestOutcome
    embedded_count: int
    """Chunks that were embedded for it; the others' vectors were reused."""
    batch: str | None
    """None: it was ingested alone."""
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """Holds a version of a document without its text."""

    source: Source
    page_count: int | None
    record: IngestionRecord | None
    """None: it was published before records were kept."""


class Catalog:
    """Reads and writes guilds, sources and chunks. Blocking; safe to use from several threads."""

    def __init__(
        self, database: Database, keywords: KeywordIndex, pairs: QAIndex, pending_deletions: PendingDeletions
    ) -> None:
        """Open the catalog; the other three are kept in step with the sources, in the same transactions."""
        self._database = database
        self._keywords = keywords
        self._pairs = pairs
        self._pending_deletions = pending_deletions
        self._closing = Event()
        self._purge_locks: defaultdict[str, Lock] = defaultdict(Lock)
        """One lock per guild: a second purge waits for the first, and mostly finds its work done."""

    def register_guild(self, guild_id: str, name: str) -> None:
        """Record a guild, or its new name."""
        if not _GUILD_ID.fullmatch(guild_id):
            raise GuildError(f"{guild_id!r} is not a valid guild id: use letters, digits and hyphens, at most 64")
        with self._database.write() as db:
            insert = "INSERT INTO guilds (id, name, terms_form) VALUES (?, ?, ?)"
            db.execute(f"{insert} ON CONFLICT (id) DO UPDATE SET name = excluded.name", (guild_id, name, FORM))
            self._keywords.create(db, guild_id)

    def rebuild_outdated(self, guild_id: str) -> None:
        """Rebuild the guild's indexes if an earlier program cut its text into other terms."""
        if self._keywords.is_outdated(guild_id):
            with self._database.write() as db:
                self._keywords.rebuild(db, guild_id)
                self._pairs.rebuild(db, guild_id)

    def resolve_guild(self, name_or_id: str) -> str:
        """Return the id of the one guild with that id or name. Raises UnknownGuild, AmbiguousGuild."""
        with self._database.read() as db:
            rows = db.execute("SELECT id, name FROM guilds ORDER BY name").fetchall()
        if any(row["id"] == name_or_id for row in rows):
            return name_or_id
        matches = [row["id"] for row in rows if row["name"].casefold() == name_or_id.casefold()]
        if not matches:
            known = ", ".join(row["name"] for row in rows[:20]) or "none yet"
            raise UnknownGuild(f"there is no guild {name_or_id!r}; known: {known}")
        if len(matches) > 1:
            raise AmbiguousGuild(
                f"{len(matches)} guilds are named {name_or_id!r}: give one of these ids: {', '.join(matches)}"
            )
        return str(matches[0])

    def guild_ids(self) -> list[str]:
        """Return every guild's id."""
        with self._database.read() as db:
            return [row["id"] for row in db.execute("SELECT id FROM guilds ORDER BY number")]

    def scope(self, guild_id: str, reader: Reader) -> ReadableScope:
        """Return what `reader` may search."""
        with self._database.read() as db:
            rows = db.execute("SELECT * FROM audiences WHERE guild_id = ?", (guild_id,)).fetchall()
            removed = "SELECT coalesce(sum(chunk_count), 0) FROM removed_sources WHERE guild_id = ?"
            removed_count = int(db.execute(removed, (guild_id,)).fetchone()[0])
        readable = [row for row in rows if reader.may_read(Audience.from_key(row["audience"]))]
        return ReadableScope(
            audiences=None if len(readable) == len(rows) else tuple(row["audience"] for row in readable),
            source_count=sum(row["source_count"] for row in readable),
            readable_count=sum(row["chunk_count"] for row in readable),
            chunk_count=sum(row["chunk_count"] for row in rows),
            removed_count=removed_count,
        )

    def readable(self, guild_id: str, ids: Sequence[str], audiences: Sequence[str]) -> set[str]:
        """Return which of these chunks the guild has for one of these audiences."""
        marks, keys = ",".join("?" * len(ids)), ",".join("?" * len(audiences))
        # CROSS JOIN: makes SQLite begin with the few ids instead of every source with the audience.
        query = "SELECT chunks.id FROM chunks CROSS JOIN sources ON sources.id = source_id"
        query += f" WHERE chunks.id IN ({marks}) AND guild_id = ? AND audience IN ({keys})"
        with self._database.read() as db:
            return {row["id"] for row in db.execute(query, (*ids, guild_id, *audiences))}

    def present(self, ids: Sequence[str]) -> set[str]:
        """Return which of these chunks there are."""
        marks = ",".join("?" * len(ids))
        with self._database.read() as db:
            return {row["id"] for row in db.execute(f"SELECT id FROM chunks WHERE id IN ({marks})", list(ids))}  # noqa: S608

    def namesakes(self, guild_id: str, batch: str, reader: Reader) -> list[Source]:
        """Return the readable sources that have the name of one that the batch added, for another audience."""
        query = (
            "SELECT other.* FROM sources AS added JOIN sources AS other "
            "ON other.guild_id = added.guild_id AND other.name = added.name AND other.audience <> added.audience "
            "WHERE added.guild_id = ? AND added.batch = ? AND added.outcome = ? ORDER BY other.name, other.audience"
        )
        with self._database.read() as db:
            found = [_source_of_row(row) for row in db.execute(query, (guild_id, batch, IngestOutcome.NEW))]
        return [source for source in found if reader.may_read(source.audience)]

    def sources(self, guild_id: str, reader: Reader) -> list[Source]:
        """Return the guild's sources that `reader` may read, by name."""
        with self._database.read() as db:
            rows = db.execute("SELECT * FROM sources WHERE guild_id = ? ORDER BY name, audience", (guild_id,))
            found = [_source_of_row(row) for row in rows]
        return [source for source in found if reader.may_read(source.audience)]

    def find_source(self, guild_id: str, name_or_id: str, reader: Reader) -> Source:
        """Return the one readable source with that id or name. Raises SourceNotFound."""
        readable = self.sources(guild_id, reader)
        matches = [source for source in readable if name_or_id in (source.id, source.name)]
        if not matches:
            raise SourceNotFound(f"there is no document {name_or_id!r}: list the documents to see their names")
        if len(matches) > 1:
            ids = ", ".join(f"{source.id} ({source.audience.key})" for source in matches)
            raise SourceNotFound(f"{len(matches)} documents are named {name_or_id!r}: give one of these ids: {ids}")
        return matches[0]

    def version(self, guild_id: str, name: str, audience: Audience) -> DocumentVersion | None:
        """Return the source with that name and audience; None if there is none. Raises UnknownGuild."""
        query = "SELECT * FROM sources WHERE guild_id = ? AND name = ? AND audience = ?"
        with self._database.read() as db:
            if db.execute("SELECT 1 FROM guilds WHERE id = ?", (guild_id,)).fetchone() is None:
                raise UnknownGuild(f"guild {guild_id!r} is not registered")
            row = db.execute(query, (guild_id, name, audience.key)).fetchone()
        return None if row is None else DocumentVersion(_source_of_row(row), row["page_count"], _ingestion_record(row))

    def embedded(self, source_id: str) -> dict[bytes, str]:
        """Return the ids of a source's chunks by the fingerprint of the text that was embedded for them."""
        query = "SELECT fingerprint, id FROM chunks WHERE source_id = ? AND fingerprint IS NOT NULL"
        with self._database.read() as db:
            return {row["fingerprint"]: row["id"] for row in db.execute(query, (source_id,))}

    def publish(
        self,
        versions: Sequence[tuple[DocumentVersion, Sequence[Chunk]]],
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> list[Source]:
        """Publish sources together, each replacing the one with its name and audience, and return what was replaced.

        The replaced text stays in the file until `purge`. Raises IngestionCancelled and publishes nothing if
        `is_cancelled` once the database can be written, or before the end.
        """
        replaced: list[Source] = []
        with self._database.write() as db:
            if is_cancelled():
                raise IngestionCancelled
            for version, chunks in versions:
                source = version.source
                same = "SELECT * FROM sources WHERE guild_id = ? AND name = ? AND audience = ?"
                rows = db.execute(same, (source.guild_id, source.name, source.audience.key)).fetchall()
                for row in rows:
                    self._delete(db, source.guild_id, row["id"])
                    replaced.append(_source_of_row(row))
                _insert(db, version, chunks)
                self._keywords.add(db, source)
                self._pairs.add(db, source)
                self._pending_deletions.confirm(db, source.id)
            if is_cancelled():
                raise IngestionCancelled
        return replaced

    def set_link(self, source_id: str, link: str) -> None:
        """Set the link that a source's citations lead to."""
        with self._database.write() as db:
            db.execute("UPDATE sources SET link = ? WHERE id = ?", (link, source_id))

    def remove(self, source: Source) -> None:
        """Delete a source and its text, which stays in the file until `purge`."""
        with self._database.write() as db:
            self._delete(db, source.guild_id, source.id)

    def purge(self, guild_id: str) -> None:
        """Remove deleted text from the file and its log for good. Costs nothing if none was deleted.

        It is marked as purged only afterwards; an interrupted purge is repeated the next time.
        """
        with self._purge_locks[guild_id]:
            while (pending := self._keywords.pending_purge(guild_id)) is not None:
                if not self._keywords.merge(guild_id, self._closing.is_set):
                    return
                if pending.has_deletions and not self._database.checkpoint():
                    log.warning(
                        "deleted text of guild %s stays in knowledge.db's log until the next purge: another process "
                        "reads or writes all the time",
                        guild_id,
                    )
                    return
                self._keywords.mark_purged(guild_id, pending)

    def close(self) -> None:
        """Stop a purge after its current step; the next opening continues it."""
        self._closing.set()

    def chunk_count(self, guild_id: str) -> int:
        """Return how many chunks the guild has."""
        with self._database.read() as db:
            total = "SELECT coalesce(sum(chunk_count), 0) FROM audiences WHERE guild_id = ?"
            return int(db.execute(total, (guild_id,)).fetchone()[0])

    def chunks(self, guild_id: str, ids: Sequence[str]) -> dict[str, tuple[Chunk, Source]]:
        """Return the guild's chunks with these ids, each with its source."""
        if not ids:
            return {}
        marks = ",".join("?" * len(ids))
        with self._database.read() as db:
            rows = db.execute(f"SELECT * FROM chunks WHERE id IN ({marks})", list(ids)).fetchall()  # noqa: S608
            source_ids = list({row["source_id"] for row in rows})
            among = f"SELECT * FROM sources WHERE id IN ({','.join('?' * len(source_ids))}) AND +guild_id = ?"  # noqa: S608
            sources = {row["id"]: _source_of_row(row) for row in db.execute(among, (*source_ids, guild_id))}
        return {
            row["id"]: (_chunk_of_row(row), sources[row["source_id"]]) for row in rows if row["source_id"] in sources
        }

    def source_chunks(self, source_id: str) -> list[Chunk]:
        """Return a source's chunks in reading order."""
        with self._database.read() as db:
            rows = db.execute("SELECT * FROM chunks WHERE source_id = ? ORDER BY ordinal", (source_id,))
            return [_chunk_of_row(row) for row in rows]

    def take_out(self, db: sqlite3.Connection, guild_id: str, source_id: str) -> None:
        """Delete a source's rows, within the transaction of `db`; its vectors stay, and are never shown."""
        self._keywords.remove(db, guild_id, source_id)
        self._pairs.remove(db, source_id)
        db.execute("DELETE FROM chunks WHERE source_id = ?", (source_id,))
        db.execute("DELETE FROM sources WHERE id = ?", (source_id,))

    def put_back(self, db: sqlite3.Connection, source_id: str) -> Source:
        """Index a source whose rows are back, within the transaction of `db`, and return it."""
        source = _source_of_row(db.execute("SELECT * FROM sources WHERE id = ?", (source_id,)).fetchone())
        self._keywords.add(db, source)
        self._pairs.add(db, source)
        return source

    def owe_deletion(self, db: sqlite3.Connection, guild_id: str, source_id: str) -> None:
        """Record that a source's vectors and the traces of its text must go, within the transaction of `db`."""
        self._pending_deletions.add(db, guild_id, source_id)
        self._keywords.note_deletion(db, guild_id)

    def _delete(self, db: sqlite3.Connection, guild_id: str, source_id: str) -> None:
        self.take_out(db, guild_id, source_id)
        self._pending_deletions.add(db, guild_id, source_id)


def new_source_id() -> str:
    """Return a new id; each version of a document has its own, which distinguishes their vectors."""
    return uuid.uuid4().hex


def _insert(db: sqlite3.Connection, version: DocumentVersion, chunks: Sequence[Chunk]) -> None:
    source, record = version.source, version.record
    columns = (
        "id, guild_id, name, media, sha256, audience, size_bytes, chunk_count, page_count, ingested_at, ingested_by, "
        "link, batch, outcome, embedded_count, dated, left_out"
    )
    db.execute(
        f"INSERT INTO sources ({columns}) VALUES ({','.join('?' * 17)})",  # noqa: S608
        (
            source.id,
            source.guild_id,
            source.name,
            source.media,
            source.sha256,
            source.audience.key,
            source.size_bytes,
            source.chunk_count,
            version.page_count,
            source.ingested_at.isoformat(),
            source.ingested_by,
            source.link,
            *((record.batch, record.outcome, record.embedded_count) if record else (None, None, None)),
            None if source.dated is None else source.dated.isoformat(),
            json.dumps({each.kind: each.count for each in record.left_out} if record else {}),
        ),
    )
    columns = "id, source_id, ordinal, text, page, heading, line, anchor, fingerprint"
    db.executemany(
        f"INSERT INTO chunks ({columns}) VALUES ({','.join('?' * 9)})",  # noqa: S608
        ((c.id, c.source_id, c.ordinal, c.text, *_place_columns(c), _fingerprint(source, c)) for c in chunks),
    )


def _place_columns(chunk: Chunk) -> tuple[int | None, str | None, int | None, str | None]:
    place = chunk.place
    return place.page, place.heading, place.line, place.anchor


def _fingerprint(source: Source, chunk: Chunk) -> bytes:
    return fingerprint(embedded_text(source.name, chunk.place.heading, chunk.text))


def _ingestion_record(row: sqlite3.Row) -> IngestionRecord | None:
    if row["outcome"] is None:
        return None
    left_out = tuple(LeftOut(LeftOutKind(kind), count) for kind, count in json.loads(row["left_out"]).items())
    return IngestionRecord(IngestOutcome(row["outcome"]), row["embedded_count"], row["batch"], left_out)


def _source_of_row(row: sqlite3.Row) -> Source:
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
        link=row["link"],
        dated=None if row["dated"] is None else date.fromisoformat(row["dated"]),
    )


def _chunk_of_row(row: sqlite3.Row) -> Chunk:
    place = Place(row["page"], row["heading"], row["line"], row["anchor"])
    return Chunk(row["id"], row["source_id"], row["ordinal"], row["text"], place)
