"""Finds the pairs that answer a question by the hash of its normalised form, and records what they correct.

Edit it for exact matching of questions.
"""

from __future__ import annotations

import sqlite3

from knowledge.parsing.qa_pairs import question_key, questions_of
from knowledge.store.database import Database
from knowledge.types import QA, Source
from text.question_text import asked_text


class QAIndex:
    """Indexes all guilds' pairs. Blocking; safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, db: sqlite3.Connection, source: Source) -> None:
        """Index a pair's questions, once it is in the catalog, within the transaction of `db`."""
        if source.media == QA:
            self._index_questions(db, source.id)

    def rebuild(self, db: sqlite3.Connection, guild_id: str) -> None:
        """Index all the guild's pairs again, within the transaction of `db`."""
        for row in db.execute("SELECT id FROM sources WHERE guild_id = ? AND media = ?", (guild_id, QA)).fetchall():
            db.execute("DELETE FROM pair_questions WHERE source_id = ?", (row["id"],))
            self._index_questions(db, row["id"])

    def _index_questions(self, db: sqlite3.Connection, source_id: str) -> None:
        rows = db.execute("SELECT heading FROM chunks WHERE source_id = ?", (source_id,)).fetchall()
        written = [question for row in rows for question in questions_of(row["heading"])]
        keys = {question_key(text) for question in written for text in (question, asked_text(question))}
        db.executemany("INSERT INTO pair_questions (key, source_id) VALUES (?, ?)", ((key, source_id) for key in keys))

    def remove(self, db: sqlite3.Connection, source_id: str) -> None:
        """Remove a source, within the transaction of `db`, before it is deleted."""
        db.execute("DELETE FROM pair_questions WHERE source_id = ?", (source_id,))
        db.execute("DELETE FROM corrections WHERE source_id = ? OR corrects = ?", (source_id, source_id))

    def chunks_answering(self, guild_id: str, key: str) -> list[str]:
        """Return the ids of the chunks that answer the question with that key, the latest first, for any reader."""
        query = (
            "SELECT chunks.id FROM pair_questions JOIN sources ON sources.id = pair_questions.source_id "
            "JOIN chunks ON chunks.source_id = sources.id WHERE key = ? AND guild_id = ? ORDER BY ingested_at DESC"
        )
        with self._database.read() as db:
            return [row["id"] for row in db.execute(query, (key, guild_id))]

    def count(self, guild_id: str) -> int:
        """Return how many pairs the guild has."""
        query = (
            "SELECT count(DISTINCT source_id) FROM pair_questions JOIN sources ON sources.id = pair_questions.source_id"
            " WHERE guild_id = ?"
        )
        with self._database.read() as db:
            return int(db.execute(query, (guild_id,)).fetchone()[0])

    def record_correction(self, source_id: str, corrects: str) -> None:
        """Record which source answered the question wrongly before; does nothing if either is gone."""
        insert = (
            "INSERT OR REPLACE INTO corrections (source_id, corrects) SELECT ?, ? "
            "WHERE (SELECT count(*) FROM sources WHERE id IN (?, ?)) = 2"
        )
        with self._database.write() as db:
            db.execute(insert, (source_id, corrects, source_id, corrects))

    def corrections(self, guild_id: str) -> dict[str, str]:
        """Return what each of the guild's pairs corrects, if that is known."""
        query = "SELECT source_id, corrects FROM corrections JOIN sources ON id = source_id WHERE guild_id = ?"
        with self._database.read() as db:
            return {row["source_id"]: row["corrects"] for row in db.execute(query, (guild_id,))}
