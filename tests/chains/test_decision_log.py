"""The log of decisions: how it is read with a long history, for how long it keeps, and files of its first form."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chains.decision_log import DecisionLog, Spent
from chains.errors import DecisionLogUnusable, DecisionNotFound
from chains.types import Route
from tests.query_plans import Statements

ROOT = Path(__file__).parents[2]
ASKED = "What does mooring cost?"
_FIRST_FORM = """
CREATE TABLE decision (
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
    timings TEXT{choice}
) STRICT;
CREATE INDEX decision_route ON decision (guild_id, route, decided_at);
"""


@pytest.fixture(params=["", ",\n    model_choice TEXT"], ids=["before models chose", "before totals"])
def first_form(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of the first form with 60 answers of ten seconds, one of them by a choice where there were any."""
    path = tmp_path / "old.db"
    decision = {"route": "retrieval", "signals": [], "contributions": [], "gates": [], "scores": [], "margin": None}
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(_FIRST_FORM.format(choice=request.param))
        for number in range(60):
            database.execute(
                "INSERT INTO decision (id, guild_id, asker_id, decided_at, language, question_sha256, route, decision,"
                " evidence_ids, model, timings) VALUES (?, 'g', 'm', ?, 'en', '', 'retrieval', ?, '[]', 'a model', ?)",
                (
                    f"d{number}",
                    (datetime.now(UTC) - timedelta(minutes=60 - number)).isoformat(),
                    json.dumps({**decision, "policy_version": "1"}),
                    json.dumps({"total_s": 12.0, "waiting_s": 2.0}),
                ),
            )
        if request.param:
            database.execute("UPDATE decision SET model_choice = ? WHERE id = 'd0'", (json.dumps({"route": "direct"}),))
    return path


async def test_a_question_reads_by_an_index_however_long_the_history_is(
    make_bench: Callable[..., object], a_passage: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await make_bench(a_passage("Two euros."))
    statements = Statements()
    with statements.watched(monkeypatch):
        answer = await bench.assistant.answer(bench.ask(ASKED))
        for route in Route:
            await bench.log.latency("g", route)
            await bench.log.spent("g", route)
        await bench.assistant.cited(answer.decision_id)
    assert len(statements.plans(tmp_path / "decisions.db")) > 5
    assert statements.scans(tmp_path / "decisions.db") == {}


async def test_totals_and_latency_count_what_each_route_took(
    make_bench: Callable[..., object], a_passage: Callable[..., object]
) -> None:
    bench = await make_bench(a_passage("Two euros."))
    took = []
    for _ in range(7):
        timings = (await bench.assistant.answer(bench.ask(ASKED))).timings
        took.append(timings.total_s - timings.waiting_s)
    spent = await bench.log.spent("g", Route.RETRIEVAL)
    assert (spent.answers, spent.seconds) == (7, pytest.approx(sum(took)))
    assert await bench.log.spent("g", Route.DIRECT) == await bench.log.spent("far", Route.RETRIEVAL) == Spent(0, 0.0)
    latency = await bench.log.latency("g", Route.RETRIEVAL)
    assert (latency.p50, latency.p95) == (pytest.approx(sorted(took)[3]), pytest.approx(max(took)))


async def test_what_is_older_than_is_kept_is_removed_and_its_totals_stay(
    make_bench: Callable[..., object], a_passage: Callable[..., object], tmp_path: Path
) -> None:
    bench = await make_bench(a_passage("Two euros."))
    old = await bench.assistant.answer(bench.ask(ASKED))
    new = await bench.assistant.answer(bench.ask(ASKED))
    with closing(sqlite3.connect(tmp_path / "decisions.db")) as database, database:
        then = (datetime.now(UTC) - timedelta(days=31)).isoformat()
        database.execute("UPDATE decision SET decided_at = ? WHERE id = ?", (then, old.decision_id))
    log = DecisionLog(tmp_path / "decisions.db", kept_days=30)
    await log.open()
    assert (await log.get(new.decision_id)).decision.route is Route.RETRIEVAL
    with pytest.raises(DecisionNotFound, match="kept for 30 days"):
        await log.get(old.decision_id)
    assert (await log.spent("g", Route.RETRIEVAL)).answers == 2


async def test_each_new_record_removes_some_that_are_too_old(
    make_bench: Callable[..., object], a_passage: Callable[..., object], tmp_path: Path
) -> None:
    bench = await make_bench(a_passage("Two euros."))
    old = await bench.assistant.answer(bench.ask(ASKED))
    with closing(sqlite3.connect(tmp_path / "decisions.db")) as database, database:
        database.execute("UPDATE decision SET decided_at = '2020-01-01T00:00:00+00:00'")
    await bench.assistant.answer(bench.ask(ASKED))
    with pytest.raises(DecisionNotFound):
        await bench.log.get(old.decision_id)


async def test_a_file_of_the_first_form_is_brought_up_without_loss_by_two_at_once(first_form: Path) -> None:
    log, other = DecisionLog(first_form), DecisionLog(first_form)
    await asyncio.gather(log.open(), other.open())
    had_choice = (await log.latency("g", Route.DIRECT)) is None and (await log.spent("g", Route.DIRECT)).answers
    assert await log.spent("g", Route.RETRIEVAL) == Spent(60 - had_choice, 10.0 * (60 - had_choice))
    latency = await log.latency("g", Route.RETRIEVAL)
    assert latency is not None
    assert (latency.p50, latency.p95) == (10.0, 10.0)
    for number in range(1, 60):
        logged = await log.get(f"d{number}")
        assert (logged.decision.route, logged.label) == (Route.RETRIEVAL, None)


_KILLED = """
import asyncio, os, sqlite3, sys
from pathlib import Path
from chains.decision_log import DecisionLog
count, connect = int(sys.argv[2]), sqlite3.connect
def dying(*arguments, **options):
    database = connect(*arguments, **options)
    seen = []
    def trace(statement):
        seen.append(statement)
        if len(seen) > count:
            os.kill(os.getpid(), 9)
    database.set_trace_callback(trace)
    return database
sqlite3.connect = dying
asyncio.run(DecisionLog(Path(sys.argv[1])).open())
"""


@pytest.mark.parametrize("statements", [4, 8, 12, 15])
async def test_a_kill_in_the_midst_of_bringing_it_up_loses_nothing(first_form: Path, statements: int) -> None:
    command = [sys.executable, "-c", _KILLED, str(first_form), str(statements)]
    killed = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    assert await killed.wait() == -9
    log = DecisionLog(first_form)
    await log.open()
    by_choice = (await log.spent("g", Route.DIRECT)).answers
    assert (await log.spent("g", Route.RETRIEVAL)).answers + by_choice == 60
    assert (await log.get("d59")).decision.route is Route.RETRIEVAL


async def test_a_record_that_calls_contradictions_differences_is_still_read(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "old.db")
    await log.open()
    span = {"chunk_id": "a", "start": 0, "end": 4}
    decision = {"route": "retrieval", "signals": [], "contributions": [], "gates": [], "scores": [], "margin": None}
    old = {**decision, "policy_version": "1", "differences": [{"newer": span, "older": {**span, "chunk_id": "b"}}]}
    with closing(sqlite3.connect(tmp_path / "old.db")) as database, database:
        database.execute(
            "INSERT INTO decision (id, guild_id, asker_id, decided_at, language, question_sha256, route, decision,"
            " evidence_ids) VALUES ('d', 'g', 'm', ?, 'en', '', 'retrieval', ?, '[]')",
            (datetime.now(UTC).isoformat(), json.dumps(old)),
        )
    (contradiction,) = (await log.get("d")).decision.contradictions
    assert (contradiction.newer.chunk_id, contradiction.older.chunk_id) == ("a", "b")


async def test_a_file_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    await DecisionLog(tmp_path / "later.db").open()
    with closing(sqlite3.connect(tmp_path / "later.db")) as database, database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(DecisionLogUnusable):
        await DecisionLog(tmp_path / "later.db").open()
    with closing(sqlite3.connect(tmp_path / "later.db")) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (99,)
