"""Keeps removed documents for a while, so that a removal can be undone: out of the catalog, and out of every search.

Their rows move into a table that nothing searches. Their vectors stay where they are: a vector without a chunk is never
shown. Edit it for what undoing a removal brings back.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from knowledge.errors import NameTaken, RemovalOver, SourceNotFound
from knowledge.store.catalog import Catalog
from knowledge.store.database import Database
from knowledge.types import Audience, Source


class RemovedSources:
    """Keeps the removed documents of all guilds. Blocking; safe to use from several threads."""

    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._database = database
        self._catalog = catalog

    def hide(self, removal: str, sources: Sequence[Source], delete_at: datetime) -> None:
        """Move sources of one guild out of the catalog, all or none. Raises SourceNotFound if one is gone."""
        with self._database.write() as db:
            for source in sources:
                row = db.execute("SELECT * FROM sources WHERE id = ?", (source.id,)).fetchone()
                if row is None:
                    raise SourceNotFound(f"{source.name!r} was removed or replaced meanwhile")
                insert = (
                    "INSERT INTO removed_sources (source_id, removal, guild_id, name, sha256, chunk_count, delete_at,"
                )
                db.execute(
                    f"{insert} content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        source.id,
                        removal,
                        source.guild_id,
                        source.name,
                        source.sha256,
                        source.chunk_count,
                        delete_at.isoformat(),
                        json.dumps(_content(db, row)),
                    ),
                )
                self._catalog.take_out(db, source.guild_id, source.id)

    def restore(self, guild_id: str, removal: str) -> list[Source]:
        """Move the sources of a removal back into the catalog, all or none, and return them.

        Raises RemovalOver if they are deleted or back already, NameTaken if one of their names was used meanwhile.
        """
        with self._database.write() as db:
            contents = [json.loads(row["content"]) for row in self._rows(db, guild_id, removal)]
            for content in contents:
                source = content["source"]
                same = "SELECT 1 FROM sources WHERE guild_id = ? AND name = ? AND audience = ?"
                if db.execute(same, (guild_id, source["name"], source["audience"])).fetchone() is not None:
                    raise NameTaken(source["name"])
                _insert(db, "sources", [source])
                _insert(db, "chunks", [_with_bytes(chunk) for chunk in content["chunks"]])
            restored = [self._catalog.put_back(db, content["source"]["id"]) for content in contents]
            for content in contents:
                for pair in content["corrections"]:
                    if all(
                        db.execute("SELECT 1 FROM sources WHERE id = ?", (id_,)).fetchone() for id_ in pair.values()
                    ):
                        _insert(db, "corrections", [pair])
            db.execute("DELETE FROM removed_sources WHERE guild_id = ? AND removal = ?", (guild_id, removal))
        return restored

    def audiences(self, guild_id: str, removal: str) -> list[Audience]:
        """Return who could read the sources of a removal. Raises RemovalOver if they are deleted or back already."""
        with self._database.read() as db:
            contents = [json.loads(row["content"]) for row in self._rows(db, guild_id, removal)]
        return [Audience.from_key(content["source"]["audience"]) for content in contents]

    def due_at(self) -> datetime | None:
        """Return when the next source is to be deleted; None if there is none."""
        with self._database.read() as db:
            earliest = db.execute("SELECT min(delete_at) FROM removed_sources").fetchone()[0]
        return None if earliest is None else datetime.fromisoformat(earliest)

    def delete_due(self, now: datetime) -> dict[str, dict[str, str]]:
        """Delete what is due, and return the hashes of its originals by guild and source id.

        The text stays in the file until `Catalog.purge`; the vectors are pending deletions from now on.
        """
        deleted: dict[str, dict[str, str]] = {}
        with self._database.write() as db:
            due = "SELECT source_id, guild_id, sha256 FROM removed_sources WHERE delete_at <= ?"
            for row in db.execute(due, (now.astimezone(UTC).isoformat(),)).fetchall():
                deleted.setdefault(row["guild_id"], {})[row["source_id"]] = row["sha256"]
                db.execute("DELETE FROM removed_sources WHERE source_id = ?", (row["source_id"],))
                self._catalog.owe_deletion(db, row["guild_id"], row["source_id"])
        return deleted

    def _rows(self, db: sqlite3.Connection, guild_id: str, removal: str) -> list[sqlite3.Row]:
        query = "SELECT content FROM removed_sources WHERE guild_id = ? AND removal = ? ORDER BY name"
        rows = db.execute(query, (guild_id, removal)).fetchall()
        if not rows:
            raise RemovalOver
        return rows


def _content(db: sqlite3.Connection, source: sqlite3.Row) -> dict[str, object]:
    """Return everything that undoing needs, as JSON can hold it."""
    chunks = db.execute("SELECT * FROM chunks WHERE source_id = ? ORDER BY ordinal", (source["id"],)).fetchall()
    query = "SELECT * FROM corrections WHERE source_id = ? OR corrects = ?"
    return {
        "source": dict(source),
        "chunks": [_without_bytes(chunk) for chunk in chunks],
        "corrections": [dict(pair) for pair in db.execute(query, (source["id"], source["id"])).fetchall()],
    }


def _without_bytes(chunk: sqlite3.Row) -> dict[str, object]:
    """Return a chunk without its number, which is another one if it comes back."""
    values = dict(chunk)
    del values["number"]
    return values | {"fingerprint": None if chunk["fingerprint"] is None else chunk["fingerprint"].hex()}


def _with_bytes(chunk: dict[str, str | None]) -> dict[str, object]:
    fingerprint = chunk["fingerprint"]
    return {**chunk, "fingerprint": None if fingerprint is None else bytes.fromhex(fingerprint)}


def _insert(db: sqlite3.Connection, table: str, rows: Sequence[dict[str, object]]) -> None:
    """Insert rows by the names of their columns, which are those that the table had when they were removed."""
    for row in rows:
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(row.values()))  # noqa: S608
