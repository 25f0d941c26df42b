"""The log of decisions: ids, hashes and figures, never a passage, a question's words or an answer's.

SQLite, each call in a thread. Knows nothing of how a decision is made or worded.
"""

from __future__ import annotations

import asyncio
import hashlib
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
from chains.types import Answer, LabelChoice, ModelChoice, Question, Route, RouteDecision, Timings
from storage import sqlite
from storage.errors import StorageError

_VERSION = 1
"""Of the file's form. Files of version 0 are those from before this was counted."""
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
    # The route that was taken, and the seconds that it took: SQLite computes both, so they are never out of step.
    "ALTER TABLE decision ADD COLUMN taken TEXT AS (coalesce(json_extract(model_choice, '$.route'), route))",
    f"ALTER TABLE decision ADD COLUMN seconds REAL AS ({_SECONDS})",
    "CREATE INDEX decision_written ON decision (guild_id, taken, decided_at, seconds)"
    " WHERE timings IS NOT NULL AND model IS NOT NULL",
    "CREATE INDEX decision_age ON decision (decided_at)",
    # What each route has taken, of decisions that were removed since as well.
    "CREATE TABLE spent (guild_id TEXT NOT NULL, route TEXT NOT NULL, answers INTEGER NOT NULL, seconds REAL NOT NULL,"
    " PRIMARY KEY (guild_id, route)) STRICT, WITHOUT ROWID",
    "INSERT INTO spent SELECT guild_id, taken, count(*), sum(seconds) FROM decision"
    " WHERE timings IS NOT NULL AND model IS NOT NULL GROUP BY guild_id, taken",
    "CREATE TRIGGER decision_completed AFTER UPDATE OF timings ON decision"
    " WHEN old.timings IS NULL AND new.timings IS NOT NULL AND new.model IS NOT NULL BEGIN"
    " INSERT INTO spent VALUES (new.guild_id, new.taken, 1, new.seconds)"
    " ON CONFLICT DO UPDATE SET answers = answers + 1, seconds = seconds + excluded.seconds; END",
)
KEPT_DAYS = 365
"""How long a record is kept where nothing else is set."""
_REMOVED_AT_ONCE = 20
"""Of the records that are too old, with each new one: so none is a long transaction."""

# "Measured here" means the last answers, not all of history: the machine and the documents change.
_LATENCY_WINDOW = 50
_LATENCY_LEAST = 5

_DECISION = TypeAdapter(RouteDecision)
_TIMINGS = TypeAdapter(Timings)
_CHOICE: TypeAdapter[ModelChoice | None] = TypeAdapter(ModelChoice | None)
_LABEL: TypeAdapter[LabelChoice | None] = TypeAdapter(LabelChoice | None)


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """What is kept of one decision."""

    id: str
    guild_id: str
    asker_id: str
    decision: RouteDecision
    evidence_ids: tuple[str, ...]
    choice: ModelChoice | None
    """What a model chose, where one was asked."""
    label: LabelChoice | None
    """How sure the tuned model was of its label, where it said one."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a route has taken so far."""

    answers: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Latency:
    """How long a route's answers take; seconds."""

    p50: float
    p95: float


class DecisionLog:
    """Decisions by id."""

    def __init__(self, path: Path, kept_days: int = KEPT_DAYS) -> None:
        """Records older than `kept_days` are removed, when the log is opened and with each new record."""
        self._path = path
        self._kept_days = kept_days

    async def open(self) -> None:
        """Create the file and its tables where they are missing, and remove what is too old."""
        await asyncio.to_thread(self._create)

    async def record(
        self, decision_id: str, question: Question, decision: RouteDecision, evidence_ids: tuple[str, ...]
    ) -> None:
        """Keep a decision, before its answer is written."""
        row = (
            decision_id,
            question.guild_id,
            question.asker_id,
            datetime.now(UTC).isoformat(),
            question.language,
            _sha256(question.text),
            decision.route,
            _DECISION.dump_json(decision).decode(),
            json.dumps(evidence_ids),
        )
        await asyncio.to_thread(
            self._add,
            "INSERT INTO decision (id, guild_id, asker_id, decided_at, language, question_sha256, route, decision,"
            " evidence_ids) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    async def choose(self, decision_id: str, choice: ModelChoice, evidence_ids: tuple[str, ...]) -> None:
        """Add what a model chose, and what is read by its route. The decision stays as it is."""
        await asyncio.to_thread(
            self._write,
            "UPDATE decision SET model_choice = ?, evidence_ids = ? WHERE id = ?",
            (_CHOICE.dump_json(choice).decode(), json.dumps(evidence_ids), decision_id),
        )

    async def complete(self, answer: Answer) -> None:
        """Add what the answer measured, its hash, and how sure the tuned model was of a label."""
        row = (
            json.dumps(answer.tools_run),
            answer.model,
            _sha256(answer.text),
            _TIMINGS.dump_json(answer.timings).decode(),
            None if answer.label is None else _LABEL.dump_json(answer.label).decode(),
            answer.decision_id,
        )
        await asyncio.to_thread(
            self._write,
            "UPDATE decision SET tools_run = ?, model = ?, answer_sha256 = ?, timings = ?, label_choice = ?"
            " WHERE id = ?",
            row,
        )

    async def get(self, decision_id: str) -> LoggedDecision:
        """The record under `decision_id`.

        Raises:
            DecisionNotFound: there is none, or it was removed for its age.
        """
        rows = await asyncio.to_thread(
            self._read,
            "SELECT guild_id, asker_id, decision, evidence_ids, coalesce(model_choice, 'null'),"
            " coalesce(label_choice, 'null') FROM decision WHERE id = ?",
            (decision_id,),
        )
        if not rows:
            raise DecisionNotFound(decision_id, self._kept_days)
        guild_id, asker_id, decision, evidence_ids, choice, label = rows[0]
        return LoggedDecision(
            decision_id,
            guild_id,
            asker_id,
            _read_decision(decision),
            tuple(json.loads(evidence_ids)),
            _CHOICE.validate_json(choice),
            _LABEL.validate_json(label),
        )

    async def latency(self, guild_id: str, route: Route) -> Latency | None:
        """The time from a question to its whole answer, waiting left out, of the guild's last that a model wrote.

        Returns:
            None below five answers.
        """
        rows = await asyncio.to_thread(
            self._read,
            "SELECT seconds FROM decision WHERE guild_id = ? AND taken = ? AND timings IS NOT NULL"
            " AND model IS NOT NULL ORDER BY decided_at DESC LIMIT ?",
            (guild_id, route, _LATENCY_WINDOW),
        )
        if len(rows) < _LATENCY_LEAST:
            return None
        seconds = sorted(float(row[0]) for row in rows)
        return Latency(_quantile(seconds, 0.5), _quantile(seconds, 0.95))

    async def spent(self, guild_id: str, route: Route) -> Spent:
        """All that the guild's answers by a route have taken, waiting left out; of those that a model wrote.

        Those whose record was removed since are counted as well.
        """
        rows = await asyncio.to_thread(
            self._read, "SELECT answers, seconds FROM spent WHERE guild_id = ? AND route = ?", (guild_id, route)
        )
        return Spent(int(rows[0][0]), float(rows[0][1])) if rows else Spent(0, 0.0)

    def _create(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._translated(), closing(self._connect()) as database:
            _upgrade(database)
            while self._remove_old(database):
                pass

    def _add(self, statement: str, row: tuple[str | None, ...]) -> None:
        with (
            self._translated(),
            closing(self._connect()) as database,
            sqlite.transaction(database, self._path, writing=True),
        ):
            database.execute(statement, row)
            self._remove_old(database)

    def _remove_old(self, database: sqlite3.Connection) -> int:
        """Remove some of the records that are too old, the oldest first; how many."""
        oldest = datetime.now(UTC) - timedelta(days=self._kept_days)
        return database.execute(
            "DELETE FROM decision WHERE id IN"
            " (SELECT id FROM decision WHERE decided_at < ? ORDER BY decided_at LIMIT ?)",
            (oldest.isoformat(), _REMOVED_AT_ONCE),
        ).rowcount

    def _write(self, statement: str, row: tuple[str | None, ...]) -> None:
        with self._translated(), closing(self._connect()) as database:
            database.execute(statement, row)

    def _read(self, query: str, parameters: tuple[str | int, ...]) -> list[tuple[str, ...]]:
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


def _read_decision(written: str) -> RouteDecision:
    """A record, whichever version wrote it: contradictions were called differences up to version 0.1."""
    record = json.loads(written)
    if "differences" in record:
        record["contradictions"] = record.pop("differences")
    return _DECISION.validate_json(json.dumps(record))


def _upgrade(database: sqlite3.Connection) -> None:
    """Bring the file to the present form, in one transaction: a kill in its midst leaves what was there."""
    if _version(database) >= _VERSION:
        return
    database.execute("BEGIN IMMEDIATE")
    with database:
        if _version(database) >= _VERSION:  # Another process was faster.
            return
        database.execute(_TABLE)
        columns = {name for _, name, *_ in database.execute("PRAGMA table_info(decision)")}
        for name in ("model_choice", "label_choice"):
            if name not in columns:
                database.execute(f"ALTER TABLE decision ADD COLUMN {name} TEXT")
        for statement in _UPGRADE:
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {_VERSION}")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the ordered values that `share` of them do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
