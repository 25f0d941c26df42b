"""What a question costs in the log of decisions with a long history: before and after it had an index and totals.

    python -m benchmarks.service.decision_log

It makes a seeded history in a new file, and times the four reads of a question on it: as they were first written, and
as the log reads today. It reports milliseconds and their ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.harness.results import write
from chains.decision_log import DecisionLog
from chains.types import Route

GUILD = "1"
_SEED = 7
_REPEATS = 21
_ROUTES = (Route.RETRIEVAL, Route.SPECIALIST, Route.COMBINED, Route.DIRECT, Route.ABSTAIN)
_SECONDS = "json_extract(timings, '$.total_s') - json_extract(timings, '$.waiting_s')"
_OF_ROUTE = (
    "FROM decision WHERE guild_id = ? AND timings IS NOT NULL AND model IS NOT NULL"
    " AND coalesce(json_extract(model_choice, '$.route'), route) = ?"
)
# The queries of the first version.
_LATENCY = f"SELECT {_SECONDS} AS s FROM (SELECT timings {_OF_ROUTE} ORDER BY decided_at DESC LIMIT 50) ORDER BY s"
_SPENT = f"SELECT count(*), coalesce(sum({_SECONDS}), 0) {_OF_ROUTE}"


def main() -> None:
    """Measure, and write benchmarks/results/decision_log.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=20_000)
    count = parser.parse_args().decisions
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "decisions.db"
        log = DecisionLog(path)
        asyncio.run(log.open())
        _fill(path, count)
        before, after = _median_ms(lambda: _as_first_written(path)), _median_ms(lambda: _as_today(log))
    figures = {
        "decisions": count,
        "reads_of_a_question": 4,
        "before_ms": round(before, 2),
        "after_ms": round(after, 2),
        "ratio": round(before / after, 1),
    }
    print(json.dumps(figures, indent=2), write("decision_log", figures), sep="\n")


def _fill(path: Path, count: int) -> None:
    draw, began = random.Random(_SEED), datetime.now(UTC) - timedelta(days=100)
    decision = json.dumps({"route": "retrieval", "padding": "x" * 3000})  # As long as a record of a real decision.
    with closing(sqlite3.connect(path)) as database, database:
        for number in range(count):
            timings = json.dumps({"total_s": draw.uniform(1, 9), "waiting_s": draw.uniform(0, 1)})
            values = (
                f"d{number}",
                GUILD,
                (began + timedelta(minutes=number)).isoformat(),
                draw.choice(_ROUTES),
                decision,
            )
            database.execute(
                "INSERT INTO decision (id, guild_id, asker_id, decided_at, language, question_sha256, route, decision,"
                " evidence_ids) VALUES (?, ?, 'm', ?, 'en', '', ?, ?, '[]')",
                values,
            )
            database.execute("UPDATE decision SET model = 'm', timings = ? WHERE id = ?", (timings, f"d{number}"))


def _as_first_written(path: Path) -> None:
    for query in (_LATENCY, _SPENT):
        for route in (Route.RETRIEVAL, Route.SPECIALIST):
            with closing(sqlite3.connect(path)) as database:
                database.execute(query, (GUILD, route)).fetchall()


def _as_today(log: DecisionLog) -> None:
    async def read() -> None:
        for route in (Route.RETRIEVAL, Route.SPECIALIST):
            await log.latency(GUILD, route)
            await log.spent(GUILD, route)

    asyncio.run(read())


def _median_ms(work: Callable[[], None]) -> float:
    taken = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


if __name__ == "__main__":
    main()
