"""The log of decisions: ids, hashes and figures, never a passage, a question's words or an answer's.

SQLite, each call in a thread. Knows nothing of how a decision is made or worded.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from chains.errors import DecisionNotFound
from chains.types import Answer, ModelChoice, Question, Route, RouteDecision, Timings

_SCHEMA = """
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
    model_choice TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS decision_route ON decision (guild_id, route, decided_at);
"""

# "Measured here" means the last answers, not all of history: the machine and the documents change.
_LATENCY_WINDOW = 50
_LATENCY_LEAST = 5

_DECISION = TypeAdapter(RouteDecision)
_TIMINGS = TypeAdapter(Timings)
_CHOICE: TypeAdapter[ModelChoice | None] = TypeAdapter(ModelChoice | None)


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

    def __init__(self, path: Path) -> None:
        self._path = path

    async def open(self) -> None:
        """Create the file and its tables where they are missing."""
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
            self._write,
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
        """Add what the answer measured, and its hash."""
        row = (
            json.dumps(answer.tools_run),
            answer.model,
            _sha256(answer.text),
            _TIMINGS.dump_json(answer.timings).decode(),
            answer.decision_id,
        )
        await asyncio.to_thread(
            self._write,
            "UPDATE decision SET tools_run = ?, model = ?, answer_sha256 = ?, timings = ? WHERE id = ?",
            row,
        )

    async def get(self, decision_id: str) -> LoggedDecision:
        """The record under `decision_id`.

        Raises:
            DecisionNotFound: there is none.
        """
        rows = await asyncio.to_thread(
            self._read,
            "SELECT guild_id, asker_id, decision, evidence_ids, coalesce(model_choice, 'null') FROM decision"
            " WHERE id = ?",
            (decision_id,),
        )
        if not rows:
            raise DecisionNotFound(decision_id)
        guild_id, asker_id, decision, evidence_ids, choice = rows[0]
        return LoggedDecision(
            decision_id,
            guild_id,
            asker_id,
            _read_decision(decision),
            tuple(json.loads(evidence_ids)),
            _CHOICE.validate_json(choice),
        )

    async def latency(self, guild_id: str, route: Route) -> Latency | None:
        """The time from a question to its whole answer, waiting left out, of the guild's last that a model wrote.

        Returns:
            None below five answers.
        """
        rows = await asyncio.to_thread(
            self._read,
            "SELECT json_extract(timings, '$.total_s') - json_extract(timings, '$.waiting_s') AS seconds FROM"
            " (SELECT timings FROM decision WHERE guild_id = ? AND timings IS NOT NULL AND model IS NOT NULL"
            " AND coalesce(json_extract(model_choice, '$.route'), route) = ?"
            " ORDER BY decided_at DESC LIMIT ?) ORDER BY seconds",
            (guild_id, route, _LATENCY_WINDOW),
        )
        if len(rows) < _LATENCY_LEAST:
            return None
        seconds = [float(row[0]) for row in rows]
        return Latency(_quantile(seconds, 0.5), _quantile(seconds, 0.95))

    async def spent(self, guild_id: str, route: Route) -> Spent:
        """All that the guild's answers by a route have taken, waiting left out; of those that a model wrote."""
        rows = await asyncio.to_thread(
            self._read,
            "SELECT count(*),"
            " coalesce(sum(json_extract(timings, '$.total_s') - json_extract(timings, '$.waiting_s')), 0)"
            " FROM decision WHERE guild_id = ? AND timings IS NOT NULL AND model IS NOT NULL"
            " AND coalesce(json_extract(model_choice, '$.route'), route) = ?",
            (guild_id, route),
        )
        return Spent(int(rows[0][0]), float(rows[0][1]))

    def _create(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)
            _add_choice(database)

    def _write(self, statement: str, row: tuple[str | None, ...]) -> None:
        with closing(self._connect()) as database, database:
            database.execute(statement, row)

    def _read(self, query: str, parameters: tuple[str | int, ...]) -> list[tuple[str, ...]]:
        with closing(self._connect()) as database:
            return database.execute(query, parameters).fetchall()

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=30)
        database.execute("PRAGMA secure_delete = ON")
        return database


def _read_decision(written: str) -> RouteDecision:
    """A record, whichever version wrote it: contradictions were called differences up to version 0.1."""
    record = json.loads(written)
    if "differences" in record:
        record["contradictions"] = record.pop("differences")
    return _DECISION.validate_python(record)


def _add_choice(database: sqlite3.Connection) -> None:
    """Bring a file from before models could choose to the present form."""
    database.execute("BEGIN IMMEDIATE")
    with database:
        columns = {name for _, name, *_ in database.execute("PRAGMA table_info(decision)")}
        if "model_choice" not in columns:
            database.execute("ALTER TABLE decision ADD COLUMN model_choice TEXT")


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the ordered values that `share` of them do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
