"""The keyword retriever: one FTS5 index per guild in knowledge.db, which holds terms but no copy of the text.

Its scores are SQLite's BM25 with the sign changed, so that higher is better. Edit it for ranking, merging and cached
term counts.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from knowledge.chunking.contextual_text import in_context
from knowledge.store.database import Database
from knowledge.store.scope import ReadableScope
from knowledge.store.vocabulary import Vocabulary
from knowledge.types import Source
from text.index_terms import (
    FORM,
    MAX_QUERY_TERMS,
    TERM_CHARACTERS,
    AskedTerm,
    asked_terms,
    indexable,
    single_characters,
)

RANKED = 5000
"""About how many chunks one search scores: a frequent term next to rarer ones changes little and costs the most."""
IDENTIFIER_WEIGHT = 3
"""How many times as much a code or a version adds to a passage's score as a word that is as rare."""
LOOKED_UP = 1000
"""The most chunks of all audiences that are looked up; beyond that each match is filtered by audience."""
SCATTERED_SHARE = 0.1
"""The share of a guild's chunks that may change before its segments are merged, since many slow down a search."""
MERGE_PAGES = 100
_PAUSE_S = 0.01
"""The pause after each step of a merge, about as long as a step, for which other writers wait."""
_STALE_SHARE = 0.01
"""Counts are cached until this share of a guild's chunks has changed: they only weight terms."""
_MOST_TERMS = 20_000
"""Terms cached for each scope."""
_MOST_SCOPES = 200
"""Scopes whose counts are cached."""


@dataclass(frozen=True, slots=True)
class PendingPurge:
    """Holds what a guild's merge purges: everything deleted before it began."""

    deletions: int
    """Deletions ever made."""
    changed_chunks: int
    """Chunks ever added or removed."""
    has_deletions: bool
    """Whether some deletions have not been purged yet."""


class KeywordIndex:
    """Keeps all guilds' terms. Blocking; safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts = TermCounts()
        self.vocabulary = Vocabulary(database)
        """The words themselves, by audience; kept in step with the terms."""

    def create(self, db: sqlite3.Connection, guild_id: str) -> None:
        """Create the guild's index if it has none."""
        db.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {_table_name(db, guild_id)} "
            f"USING fts5 (terms, content = '', tokenize = \"porter unicode61 tokenchars '{TERM_CHARACTERS}'\")"
        )

    def is_outdated(self, guild_id: str) -> bool:
        """Return whether the guild's text was cut into other terms than questions are now."""
        with self._database.read() as db:
            return int(db.execute("SELECT terms_form FROM guilds WHERE id = ?", (guild_id,)).fetchone()[0]) != FORM

    def rebuild(self, db: sqlite3.Connection, guild_id: str) -> None:
        """Rebuild the guild's index from the catalog, within the transaction of `db`."""
        db.execute(f"DROP TABLE IF EXISTS {_table_name(db, guild_id)}")
        self.create(db, guild_id)
        self.vocabulary.clear(db, _guild_number(db, guild_id))
        for row in db.execute("SELECT * FROM sources WHERE guild_id = ?", (guild_id,)).fetchall():
            self._add(db, guild_id, row["id"], row["name"], row["audience"])
        db.execute("UPDATE guilds SET terms_form = ? WHERE id = ?", (FORM, guild_id))

    def add(self, db: sqlite3.Connection, source: Source) -> None:
        """Index a source's chunks, once they are in the catalog, within the transaction of `db`."""
        self._add(db, source.guild_id, source.id, source.name, source.audience.key)

    def _add(self, db: sqlite3.Connection, guild_id: str, source_id: str, name: str, audience: str) -> None:
        table = _table_name(db, guild_id)
        rows = db.execute("SELECT number, text, heading FROM chunks WHERE source_id = ?", (source_id,)).fetchall()
        _count_changes(db, guild_id, len(rows))
        insert = f"INSERT INTO {table} (rowid, terms) VALUES (?, ?)"  # noqa: S608
        db.executemany(insert, ((row["number"], _indexed_terms(name, row)) for row in rows))
        self.vocabulary.add(db, _guild_number(db, guild_id), audience, (_indexed_text(name, row) for row in rows))

    def remove(self, db: sqlite3.Connection, guild_id: str, source_id: str) -> None:
        """Remove a source's terms, within the transaction of `db`, before its chunks are deleted.

        They are no longer found, but stay in the file until `merge`.
        """
        table = _table_name(db, guild_id)
        query = (
            "SELECT number, text, heading, name, audience FROM chunks JOIN sources ON sources.id = source_id "
            "WHERE source_id = ?"
        )
        rows = db.execute(query, (source_id,)).fetchall()
        delete = f"INSERT INTO {table} ({table}, rowid, terms) VALUES ('delete', ?, ?)"  # noqa: S608
        db.executemany(delete, ((row["number"], _indexed_terms(row["name"], row)) for row in rows))
        if rows:
            texts = (_indexed_text(row["name"], row) for row in rows)
            self.vocabulary.remove(db, _guild_number(db, guild_id), rows[0]["audience"], texts)
        self.note_deletion(db, guild_id)
        _count_changes(db, guild_id, len(rows))

    def note_deletion(self, db: sqlite3.Connection, guild_id: str) -> None:
        """Record that deleted text is in the file and its log until the next purge, within the transaction of `db`."""
        db.execute("UPDATE guilds SET deletions = deletions + 1 WHERE id = ?", (guild_id,))

    def pending_purge(self, guild_id: str) -> PendingPurge | None:
        """Return what a merge would purge; None if it is not worth it."""
        query = (
            "SELECT deletions, purged_deletions, changed_chunks, merged_chunks, "
            "(SELECT coalesce(sum(chunk_count), 0) FROM audiences WHERE guild_id = guilds.id) AS chunk_count "
            "FROM guilds WHERE id = ?"
        )
        with self._database.read() as db:
            row = db.execute(query, (guild_id,)).fetchone()
        if row is None:
            return None
        has_deletions = row["deletions"] > row["purged_deletions"]
        is_scattered = row["changed_chunks"] - row["merged_chunks"] > SCATTERED_SHARE * row["chunk_count"]
        return (
            PendingPurge(row["deletions"], row["changed_chunks"], has_deletions)
            if has_deletions or is_scattered
            else None
        )

    def merge(self, guild_id: str, is_stopped: Callable[[], bool]) -> bool:
        """Remove the guild's deleted terms from the index. Returns False if it was stopped before that was done.

        Deletion only marks them; merging all segments removes them, and speeds up searches after many additions. That
        rewrites the whole index, so it is done in short transactions, between which others can write.
        """
        pages = -MERGE_PAGES  # Negative: all present segments are included in one merge.
        while self._merge(guild_id, pages):
            if is_stopped():
                return False
            pages = MERGE_PAGES
            time.sleep(_PAUSE_S)
        return True

    def mark_purged(self, guild_id: str, pending_purge: PendingPurge) -> None:
        """Record that the purge is done. Another process may have recorded more meanwhile."""
        done = (
            "UPDATE guilds SET purged_deletions = max(purged_deletions, ?), merged_chunks = max(merged_chunks, ?) "
            "WHERE id = ?"
        )
        with self._database.write() as db:
            db.execute(done, (pending_purge.deletions, pending_purge.changed_chunks, guild_id))

    def _merge(self, guild_id: str, pages: int) -> bool:
        """Continue the merge by so many pages, and return whether there was anything to do."""
        with self._database.write() as db:
            table = _table_name(db, guild_id)
            before = db.total_changes
            db.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (pages,))  # noqa: S608
            return db.total_changes - before > 1  # The statement itself counts as one.

    def search(self, guild_id: str, question: str, limit: int, scope: ReadableScope) -> list[tuple[str, float]]:
        """Return the `limit` best chunk ids in `scope` with their BM25, best first."""
        if scope.readable_count == 0:
            return []
        with self._database.read() as db:
            table = _table_name(db, guild_id)
            asked = self._asked(db, table, question, scope)
            telling = [way for term in asked if not term.asks for way in (term.expression, *term.parts)]
            terms = list(dict.fromkeys([*telling, *single_characters(question)]))[:MAX_QUERY_TERMS]
            # How long a search takes depends on the chunks of all audiences, and on nothing that a reader sees.
            wanted = _rarest_terms(self._counts.of(db, guild_id, terms, scope.of_all()))
            # SQLite adds up a term's score as often as it is asked for.
            identifiers = {term.expression for term in asked if term.is_identifier}
            wanted += [term for term in wanted if term in identifiers] * (IDENTIFIER_WEIGHT - 1)
            if not wanted:
                only_asking = [term.expression for term in asked if term.asks]
                wanted = _rarest_terms(self._counts.of(db, guild_id, only_asking, scope.of_all()))
            if not wanted:
                return []
            if scope.audiences is None:
                return _best_matches(db, table, wanted, limit)
            candidate_count = scope.among_all(limit)
            if candidate_count <= LOOKED_UP:
                found = _best_matches(db, table, wanted, candidate_count, of_audiences=scope.audiences)[:limit]
                if len(found) == limit or candidate_count == scope.chunk_count:
                    return found
            return _best_matches(db, table, wanted, limit, among_audiences=scope.audiences)

    def best_together(self, guild_id: str, word: str, question: str, scope: ReadableScope) -> float:
        """Return the highest BM25 of a passage in `scope` that has the word and another one of the question; else 0."""
        with self._database.read() as db:
            table = _table_name(db, guild_id)
            others = [term.expression for term in self._asked(db, table, question, scope) if not term.asks]
            if not others:
                return 0.0
            both = f'"{word}" AND ({" OR ".join(others)})'
            found = _best_matches(db, table, [both], 1, among_audiences=scope.audiences or ())
        return found[0][1] if found else 0.0

    def coverage(
        self, guild_id: str, question: str, chunk_ids: Sequence[str], scope: ReadableScope
    ) -> dict[str, float]:
        """Return for each chunk the share, 0 to 1, of the question's terms that it contains, weighted by rarity.

        The weight is BM25's idf, ln(1 + (N - n + 0.5) / (n + 0.5)), over the N chunks in `scope`, n of which contain
        the term: the figure is shown, and must not tell what is in other documents. Identifiers weigh at least as much
        as all else together. Words that only ask are left out where there are others. SQLite looks each term up, so
        words are stemmed as in `search`.
        """
        if not chunk_ids:
            return {}
        held = dict.fromkeys(chunk_ids, 0.0)
        with self._database.read() as db:
            table = _table_name(db, guild_id)
            asked = self._asked(db, table, question, scope)
            terms = [term for term in asked if not term.asks] or asked
            if not terms:
                return {}
            counts = self._counts.of(db, guild_id, [term.expression for term in terms], scope)
            marks = ",".join("?" * len(chunk_ids))
            numbers = f"SELECT number, id FROM chunks WHERE id IN ({marks})"  # noqa: S608
            ids = {row["number"]: row["id"] for row in db.execute(numbers, list(chunk_ids))}
            holding = f"SELECT rowid FROM {table} WHERE {table} MATCH ? AND rowid IN ({','.join('?' * len(ids))})"  # noqa: S608
            weights = _weights(terms, scope.readable_count, counts)
            for term, weight in weights.items():
                for row in db.execute(holding, (term, *ids)) if counts[term] else ():
                    held[ids[row["rowid"]]] += weight
        total = sum(weights.values())
        return {chunk_id: weight / total for chunk_id, weight in held.items()}

    @staticmethod
    def _asked(db: sqlite3.Connection, table: str, question: str, scope: ReadableScope) -> list[AskedTerm]:
        """Return the question's terms with the other spellings that the documents in `scope` have."""
        query, keys = f"SELECT 1 {_matching(table, scope)} LIMIT 1", scope.audiences or ()
        return asked_terms(question, lambda term: db.execute(query, (term, *keys)).fetchone() is not None)


def _best_matches(
    db: sqlite3.Connection,
    table: str,
    terms: Sequence[str],
    limit: int,
    *,
    among_audiences: Sequence[str] = (),
    of_audiences: Sequence[str] = (),
) -> list[tuple[str, float]]:
    """Return the `limit` best ids among some audiences, or those of some audiences among the `limit` best of all."""
    of_match = f"(SELECT audience FROM chunks JOIN sources ON sources.id = source_id WHERE number = {table}.rowid)"  # noqa: S608
    among = f"AND {of_match} IN ({_placeholders(among_audiences)})" if among_audiences else ""
    of = (
        f"JOIN sources ON sources.id = source_id WHERE audience IN ({_placeholders(of_audiences)})"
        if of_audiences
        else ""
    )
    query = (
        f"SELECT chunks.id, score FROM (SELECT rowid AS found, -bm25({table}) AS score FROM {table} "  # noqa: S608
        f"WHERE {table} MATCH ? {among} ORDER BY score DESC LIMIT ?) "
        f"CROSS JOIN chunks ON number = found {of} ORDER BY score DESC"
    )
    rows = db.execute(query, (" OR ".join(terms), *among_audiences, limit, *of_audiences))
    return [(row["id"], row["score"]) for row in rows]


def _matching(table: str, scope: ReadableScope) -> str:
    """Return the part of a statement that finds the chunks in `scope` which match an expression."""
    if scope.audiences is None:
        return f"FROM {table} WHERE {table} MATCH ?"
    return (
        f"FROM {table} CROSS JOIN chunks ON number = {table}.rowid JOIN sources ON sources.id = source_id "
        f"WHERE {table} MATCH ? AND audience IN ({_placeholders(scope.audiences)})"
    )


def _placeholders(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))


def _rarest_terms(counts: Mapping[str, int]) -> list[str]:
    """Return the rarest terms that some chunk contains, as many as can be ranked in time; all in a small guild."""
    rarest: list[str] = []
    ranked = 0
    for term in sorted((term for term, count in counts.items() if count), key=counts.__getitem__):
        ranked += counts[term]
        if rarest and ranked > RANKED:
            break
        rarest.append(term)
    return rarest


def _weights(terms: Sequence[AskedTerm], chunk_count: int, counts: Mapping[str, int]) -> dict[str, float]:
    """Return the weight of each term: its idf, and more for identifiers where they would weigh less than the rest."""
    idf = {term: math.log1p((max(chunk_count, count) - count + 0.5) / (count + 0.5)) for term, count in counts.items()}
    identifiers = [term.expression for term in terms if term.is_identifier]
    of_identifiers = sum(idf[term] for term in identifiers)
    if of_identifiers:
        more = max(1.0, (sum(idf.values()) - of_identifiers) / of_identifiers)
        idf.update({term: idf[term] * more for term in identifiers})
    return idf


def _table_name(db: sqlite3.Connection, guild_id: str) -> str:
    """Return the name of the guild's table, made only of a number, so that it is safe inside a statement."""
    return f"keywords_{_guild_number(db, guild_id)}"


def _guild_number(db: sqlite3.Connection, guild_id: str) -> int:
    return int(db.execute("SELECT number FROM guilds WHERE id = ?", (guild_id,)).fetchone()["number"])


def _indexed_terms(name: str, row: sqlite3.Row) -> str:
    return indexable(_indexed_text(name, row))


def _indexed_text(name: str, row: sqlite3.Row) -> str:
    return in_context(name, row["heading"], row["text"])


def _count_changes(db: sqlite3.Connection, guild_id: str, chunk_count: int) -> None:
    db.execute("UPDATE guilds SET changed_chunks = changed_chunks + ? WHERE id = ?", (chunk_count, guild_id))


@dataclass(frozen=True, slots=True)
class _CachedCounts:
    changes: int
    """Chunks of the guild that were ever added or removed when counting began."""
    chunk_count: int
    """The guild's chunks at that time."""
    counts: dict[str, int] = field(default_factory=dict)


class TermCounts:
    """Counts how many chunks contain a term, which SQLite does slowly for frequent terms, and caches the counts."""

    def __init__(self) -> None:
        self._scopes: OrderedDict[tuple[str, tuple[str, ...] | None], _CachedCounts] = OrderedDict()
        """By guild and audiences, the latest used last."""
        self._lock = Lock()

    def of(self, db: sqlite3.Connection, guild_id: str, terms: Sequence[str], scope: ReadableScope) -> dict[str, int]:
        """Return how many chunks in `scope` match each of these FTS5 expressions."""
        cached = self._cached_counts(db, guild_id, scope)
        counting = f"SELECT count(*) {_matching(_table_name(db, guild_id), scope)}"
        for term in terms:
            if term not in cached.counts:
                cached.counts[term] = int(db.execute(counting, (term, *(scope.audiences or ()))).fetchone()[0])
        return {term: cached.counts[term] for term in terms}

    def _cached_counts(self, db: sqlite3.Connection, guild_id: str, scope: ReadableScope) -> _CachedCounts:
        row = db.execute("SELECT changed_chunks FROM guilds WHERE id = ?", (guild_id,)).fetchone()
        changes, key = int(row["changed_chunks"]), (guild_id, scope.audiences)
        with self._lock:
            known = self._scopes.get(key)
            if known is None or not _is_fresh(known, changes):
                known = self._scopes[key] = _CachedCounts(changes, scope.chunk_count)
            self._scopes.move_to_end(key)
            while len(self._scopes) > _MOST_SCOPES:
                self._scopes.popitem(last=False)
            return known


def _is_fresh(known: _CachedCounts, changes: int) -> bool:
    is_recent = abs(changes - known.changes) <= _STALE_SHARE * known.chunk_count
    return is_recent and len(known.counts) < _MOST_TERMS
