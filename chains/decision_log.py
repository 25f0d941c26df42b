"""The log of decisions: ids, hashes and figures, never the text of a passage, a question or an answer.

SQLite, each call in a thread. Edit this file when something more is recorded, or computed from the records: latency and
cost.
"""

from __future__ import annotations

import asyncio
import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter

from chains.errors import DecisionLogUnusable, DecisionNotFound
from chains.types import Answer, Composition, LabelChoice, ModelChoice, Question, Route, RouteDecision, Timings
from storage import sqlite
from storage.errors import SchemaTooNew, StorageError
from storage.hashing import sha256_of_text

_VERSION = 2
"""The version of the tables; 0 is that of files from before versions were counted."""
_TABLE = """
CREATE TABLE IF NOT EXISTS decision (
    id TEXT PRIMARY KEY,
    guild_id TEXT NOT NULL,
    asker_id TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    language TEXT NOT NULL,
    question_sha256 TEXT NOT NULL,
    route TEXT NOT NULL,
    decision TEXT NOT NULL,
    evidence_ids TEXT NOT NULL,
    tools_run TEXT,
    model TEXT,
    answer_sha256 TEXT,
    timings TEXT,
    model_choice TEXT,
    label_choice TEXT
) STRICT
"""
_SECONDS = "json_extract(timings, '$.total_s') - json_extract(timings, '$.waiting_s')"
_UPGRADE = (
    "DROP INDEX IF EXISTS decision_route",
    # The route that was taken, and the seconds that it took: SQLite computes both, so they always agree.
    "ALTER TABLE decision ADD COLUMN taken TEXT AS (coalesce(json_extract(model_choice, '$.route'), route))",
    f"ALTER TABLE decision ADD COLUMN seconds REAL AS ({_SECONDS})",
    "CREATE INDEX decision_written ON decision (guild_id, taken, decided_at, seconds)"
    " WHERE timings IS NOT NULL AND model IS NOT NULL",
    "CREATE INDEX decision_age ON decision (decided_at)",
    # The seconds that each route has taken, also of decisions that have been removed since.
    "CREATE TABLE spent (guild_id TEXT NOT NULL, route TEXT NOT NULL, answers INTEGER NOT NULL, seconds REAL NOT NULL,"
    " PRIMARY KEY (guild_id, route)) STRICT, WITHOUT ROWID",
    "INSERT INTO spent SELECT guild_id, taken, count(*), sum(seconds) FROM decision"
    " WHERE timings IS NOT NULL AND model IS NOT NULL GROUP BY guild_id, taken",
    "CREATE TRIGGER decision_completed AFTER UPDATE OF timings ON decision"
    " WHEN old.timings IS NULL AND new.timings IS NOT NULL AND new.model IS NOT NULL BEGIN"
    " INSERT INTO spent VALUES (new.guild_id, new.taken, 1, new.seconds)"
    " ON CONFLICT DO UPDATE SET answers = answers + 1, seconds = seconds + excluded.seconds; END",
)
_ADD_COMPOSITION = "ALTER TABLE decision ADD COLUMN composition TEXT"
KEPT_DAYS = 365
"""How many days a record is kept where nothing else is set."""
_REMOVED_AT_ONCE = 20
"""How many old records are removed with each new one, so that no transaction is long."""

# Only the last answers count, not all of history: the machine and the documents change.
_LATENCY_WINDOW = 50
_LATENCY_LEAST = 5

_DECISION = TypeAdapter(RouteDecision)
_TIMINGS = TypeAdapter(Timings)
_CHOICE: TypeAdapter[ModelChoice | None] = TypeAdapter(ModelChoice | None)
_LABEL: TypeAdapter[LabelChoice | None] = TypeAdapter(LabelChoice | None)
_COMPOSITION: TypeAdapter[Composition | None] = TypeAdapter(Composition | None)


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """Holds what is kept of one decision."""

    id: str
    guild_id: str
    asker_id: str
    decision: RouteDecision
    evidence_ids: tuple[str, ...]
    choice: ModelChoice | None
    """The route that a model chose; None where none was asked."""
    label: LabelChoice | None
    """How sure the tuned model was of its label; None where it answered with none."""
    composition: Composition | None = None
    """How the answer came by its words; None where it does not come from documents that were read closely."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Holds what a route has taken so far."""

    answers: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Holds how long a route's answers take, in seconds."""

    p50: float
    p95: float


class DecisionLog:
    """Keeps decisions by their ids."""

    def __init__(self, path: Path, kept_days: int = KEPT_DAYS) -> None:
        """Remove records older than `kept_days` when the log is opened and with each new record."""
        self._path = path
        self._kept_days = kept_days

    async def open(self) -> None:
        """Create the file and its tables where they are missing, and remove old records."""
        await asyncio.to_thread(self._create)

    async def record(
        self, decision_id: str, question: Question, decision: RouteDecision, evidence_ids: tuple[str, ...]
    ) -> None:
        """Record a decision, before its answer is written."""
        row = (
            decision_id,
            question.guild_id,
            question.asker_id,
            datetime.now(UTC).isoformat(),
            question.language,
            sha256_of_text(question.text),
            decision.route,
            _DECISION.dump_json(decision).decode(),
            json.dumps(evidence_ids),
        )
        await asyncio.to_thread(
            self._insert,
            "INSERT INTO decision (id, guild_id, asker_id, decided_at, language, question_sha256, route, decision,"
            " evidence_ids) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    async def choose(self, decision_id: str, choice: ModelChoice, evidence_ids: tuple[str, ...]) -> None:
        """Add what a model chose, and what its route reads. The decision stays as it is."""
        await asyncio.to_thread(
            self._execute,
            "UPDATE decision SET model_choice = ?, evidence_ids = ? WHERE id = ?",
            (_CHOICE.dump_json(choice).decode(), json.dumps(evidence_ids), decision_id),
        )

    async def complete(self, answer: Answer) -> None:
        """Add the answer's timings and hash, how sure the tuned model was of a label, and how it was composed."""
        row = (
            json.dumps(answer.tools_run),
            answer.model,
            sha256_of_text(answer.text),
            _TIMINGS.dump_json(answer.timings).decode(),
            None if answer.label is None else _LABEL.dump_json(answer.label).decode(),
            None if answer.composition is None else _COMPOSITION.dump_json(answer.composition).decode(),
            answer.decision_id,
        )
        await asyncio.to_thread(
            self._execute,
            "UPDATE decision SET tools_run = ?, model = ?, answer_sha256 = ?, timings = ?, label_choice = ?,"
            " composition = ? WHERE id = ?",
            row,
        )

    async def get(self, decision_id: str) -> LoggedDecision:
        """Return the record with the id `decision_id`.

        Raises:
            DecisionNotFound: there is none, or it was removed for its age.
        """
        rows = await asyncio.to_thread(
            self._query,
            "SELECT guild_id, asker_id, decision, evidence_ids, coalesce(model_choice, 'null'),"
            " coalesce(label_choice, 'null'), coalesce(composition, 'null') FROM decision WHERE id = ?",
            (decision_id,),
        )
        if not rows:
            raise DecisionNotFound(decision_id, self._kept_days)
        guild_id, asker_id, decision, evidence_ids, choice, label, composition = rows[0]
        return LoggedDecision(
            decision_id,
            guild_id,
            asker_id,
            _parse_decision(decision),
            tuple(json.loads(evidence_ids)),
            _CHOICE.validate_json(choice),
            _LABEL.validate_json(label),
            _COMPOSITION.validate_json(composition),
        )

    async def last_of(self, guild_id: str, asker_id: str) -> str | None:
        """Return the id of the latest decision on a question of `asker_id` in that guild; None if none is on record.

        A question for the reasons behind an answer doesn't count: whoever asks for them twice means the same answer.
        """
        rows = await asyncio.to_thread(
            self._query,
            "SELECT id FROM decision WHERE guild_id = ? AND asker_id = ?"
            " AND json_extract(decision, '$.bot_topic') IS NOT 'why' ORDER BY decided_at DESC LIMIT 1",
            (guild_id, asker_id),
        )
        return rows[0][0] if rows else None

    async def latency(self, guild_id: str, route: Route) -> Latency | None:
        """Return the time from a question to its whole answer, without waiting, of the guild's last that a model wrote.

        Returns:
            None below five answers.
        """
        rows = await asyncio.to_thread(
            self._query,
            "SELECT seconds FROM decision WHERE guild_id = ? AND taken = ? AND timings IS NOT NULL"
            " AND model IS NOT NULL ORDER BY decided_at DESC LIMIT ?",
            (guild_id, route, _LATENCY_WINDOW),
        )
        if len(rows) < _LATENCY_LEAST:
            return None
        seconds = sorted(float(row[0]) for row in rows)
        return Latency(_quantile(seconds, 0.5), _quantile(seconds, 0.95))

    async def spent(self, guild_id: str, route: Route) -> Spent:
        """Return what the guild's answers by a route have taken, without waiting; of those that a model wrote.

        Answers whose record has been removed since are counted as well.
        """
        rows = await asyncio.to_thread(
            self._query, "SELECT answers, seconds FROM spent WHERE guild_id = ? AND route = ?", (guild_id, route)
        )
        return Spent(int(rows[0][0]), float(rows[0][1])) if rows else Spent(0, 0.0)

    def _create(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._translated(), closing(self._connect()) as database:
            _upgrade(database, self._path)
            while self._remove_old(database):
                pass

    def _insert(self, statement: str, row: tuple[str | None, ...]) -> None:
        with (
            self._translated(),
            closing(self._connect()) as database,
            sqlite.transaction(database, self._path, writing=True),
        ):
            database.execute(statement, row)
            self._remove_old(database)

    def _remove_old(self, database: sqlite3.Connection) -> int:
        """Remove some of the old records, the oldest first, and return how many."""
        oldest = datetime.now(UTC) - timedelta(days=self._kept_days)
        return database.execute(
            "DELETE FROM decision WHERE id IN"
            " (SELECT id FROM decision WHERE decided_at < ? ORDER BY decided_at LIMIT ?)",
            (oldest.isoformat(), _REMOVED_AT_ONCE),
        ).rowcount

    def _execute(self, statement: str, row: tuple[str | None, ...]) -> None:
        with self._translated(), closing(self._connect()) as database:
            database.execute(statement, row)

    def _query(self, query: str, parameters: tuple[str | int, ...]) -> list[tuple[str, ...]]:
        with self._translated(), closing(self._connect()) as database:
            return database.execute(query, parameters).fetchall()

    def _connect(self) -> sqlite3.Connection:
        return sqlite.connect(self._path)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with sqlite.translated(self._path):
                yield
        except StorageError as error:
            raise DecisionLogUnusable(error) from error


def _parse_decision(written: str) -> RouteDecision:
    """Return a record, whichever version wrote it: contradictions were called differences up to version 0.1."""
    record = json.loads(written)
    if "differences" in record:
        record["contradictions"] = record.pop("differences")
    return _DECISION.validate_json(json.dumps(record))


def _upgrade(database: sqlite3.Connection, path: Path) -> None:
    """Bring the tables to the current version in one transaction: if it is killed, the file stays as it was.

    Raises SchemaTooNew for a file of a later version.
    """
    found = _version(database)
    if found > _VERSION:
        raise SchemaTooNew(path, found, _VERSION)
    if found == _VERSION:
        return
    with sqlite.transaction(database, path, writing=True):
        found = _version(database)
        if found == _VERSION:  # Another process was faster.
            return
        if found == 0:
            database.execute(_TABLE)
            columns = {name for _, name, *_ in database.execute("PRAGMA table_info(decision)")}
            for name in ("model_choice", "label_choice"):
                if name not in columns:
                    database.execute(f"ALTER TABLE decision ADD COLUMN {name} TEXT")
            for statement in _UPGRADE:
                database.execute(statement)
        database.execute(_ADD_COMPOSITION)
        database.execute(f"PRAGMA user_version = {_VERSION}")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest of the ordered values that `share` of them do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
