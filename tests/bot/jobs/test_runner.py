"""Durable jobs on the real DBOS and SQLite, with a real kill."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

import pytest

from bot.jobs.runner import Jobs
from bot.jobs.types import Job, Step
from bot.tasks import Tasks

ROOT = Path(__file__).parents[3]
Kinds = Mapping[str, Sequence[tuple[str, Step]]]
Open = Callable[[Kinds], AbstractAsyncContextManager[tuple[Jobs, Tasks]]]


class Notebook:
    """Steps that write down that they ran, and can be held."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.has_begun = asyncio.Event()
        self.may_go_on = asyncio.Event()

    def note(self, name: str) -> tuple[str, Step]:
        async def step(job: Job) -> None:
            self.ran.append(f"{job.id} {name}")

        return name, step

    def hold(self, name: str) -> tuple[str, Step]:
        async def step(job: Job) -> None:
            self.has_begun.set()
            try:
                await self.may_go_on.wait()
            except asyncio.CancelledError:
                self.ran.append(f"{job.id} {name} cut off")
                raise
            self.ran.append(f"{job.id} {name}")

        return name, step

    def fail(self, name: str) -> tuple[str, Step]:
        async def step(job: Job) -> None:
            self.ran.append(f"{job.id} {name}")
            raise ValueError("the words of a member")

        return name, step


@pytest.fixture
async def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def open_jobs(tmp_path: Path) -> Open:
    @asynccontextmanager
    async def opened(kinds: Kinds) -> AsyncIterator[tuple[Jobs, Tasks]]:
        tasks = Tasks()
        jobs = Jobs(tmp_path / "data" / "jobs.db", tasks, kinds)
        await jobs.open()
        try:
            yield jobs, tasks
        finally:
            await jobs.close()
            await tasks.close()

    return opened


async def submit(jobs: Jobs, *job_ids: str, kind: str = "ingest") -> None:
    for job_id in job_ids:
        await jobs.submit(kind, job_id, {"guild": "1"})


async def test_jobs_of_a_kind_run_one_after_the_other_in_the_order_of_submission(
    open_jobs: Open, notebook: Notebook
) -> None:
    async with open_jobs({"ingest": [notebook.note("one"), notebook.note("two")]}) as (jobs, tasks):
        await submit(jobs, "c", "a", "b")
        assert [job.id for job in await jobs.unfinished()] == ["c", "a", "b"]
        await tasks.idle()
        assert notebook.ran == ["c one", "c two", "a one", "a two", "b one", "b two"]
        assert await jobs.unfinished() == []


async def test_a_step_is_given_its_job(open_jobs: Open) -> None:
    given: list[Job] = []

    async def step(job: Job) -> None:
        given.append(job)

    async with open_jobs({"ingest": [("step", step)]}) as (jobs, tasks):
        await jobs.submit("ingest", "a", {"guild": "1", "message": "2"})
        await tasks.idle()
    assert given == [Job("a", "ingest", {"guild": "1", "message": "2"})]


async def test_different_kinds_run_side_by_side(open_jobs: Open, notebook: Notebook) -> None:
    async def let_go(job: Job) -> None:
        await notebook.has_begun.wait()
        notebook.may_go_on.set()

    async with open_jobs({"ingest": [notebook.hold("hold")], "tune": [("let go", let_go)]}) as (jobs, tasks):
        await submit(jobs, "a", kind="ingest")
        await submit(jobs, "b", kind="tune")
        assert [job.id for job in await jobs.unfinished("tune")] == ["b"]
        await tasks.idle()
    assert notebook.ran == ["a hold"]


async def test_the_same_id_twice_is_one_job(open_jobs: Open, notebook: Notebook) -> None:
    async with open_jobs({"ingest": [notebook.note("one")]}) as (jobs, tasks):
        await submit(jobs, "a", "a")
        await tasks.idle()
        await submit(jobs, "a")
        await tasks.idle()
    assert notebook.ran == ["a one"]


async def test_an_unknown_kind_is_refused(open_jobs: Open, notebook: Notebook) -> None:
    async with open_jobs({"ingest": [notebook.note("one")]}) as (jobs, _):
        with pytest.raises(ValueError, match="'bake'"):
            await submit(jobs, "a", kind="bake")


async def test_a_step_that_raises_ends_its_job_and_not_the_next(
    open_jobs: Open, notebook: Notebook, caplog: pytest.LogCaptureFixture
) -> None:
    kinds = {"ingest": [notebook.fail("one"), notebook.note("two")]}
    async with open_jobs(kinds) as (jobs, tasks):
        await submit(jobs, "a", "b")
        await tasks.idle()
        assert await jobs.unfinished() == []
    async with open_jobs(kinds) as (_, tasks):
        await tasks.idle()
    assert notebook.ran == ["a one", "b one"]
    assert caplog.text.count("ValueError: the words of a member") == 2


async def test_what_a_step_raised_is_not_kept(open_jobs: Open, notebook: Notebook, tmp_path: Path) -> None:
    async with open_jobs({"ingest": [notebook.fail("one")]}) as (jobs, tasks):
        await submit(jobs, "a")
        await tasks.idle()
    kept = (tmp_path / "data" / "jobs.db").read_bytes()
    assert b"The step one of ingest a failed" in kept
    assert b"the words of a member" not in kept


async def test_a_waiting_job_is_cancelled_for_good(open_jobs: Open, notebook: Notebook) -> None:
    kinds = {"ingest": [notebook.hold("hold")]}
    async with open_jobs(kinds) as (jobs, tasks):
        await submit(jobs, "a", "b")
        await notebook.has_begun.wait()
        assert await jobs.cancel("b")
        assert [job.id for job in await jobs.unfinished()] == ["a"]
        notebook.may_go_on.set()
        await tasks.idle()
    async with open_jobs(kinds) as (jobs, tasks):
        await tasks.idle()
        assert await jobs.unfinished() == []
    assert notebook.ran == ["a hold"]


async def test_a_running_job_is_cancelled_for_good_and_the_next_has_its_turn(
    open_jobs: Open, notebook: Notebook
) -> None:
    kinds = {"ingest": [notebook.hold("hold"), notebook.note("two")]}
    async with open_jobs(kinds) as (jobs, tasks):
        await submit(jobs, "a", "b")
        await notebook.has_begun.wait()
        notebook.has_begun.clear()
        assert await jobs.cancel("a")
        assert notebook.ran == ["a hold cut off"]
        assert [job.id for job in await jobs.unfinished()] == ["b"]
        await notebook.has_begun.wait()
        notebook.may_go_on.set()
        await tasks.idle()
    async with open_jobs(kinds) as (_, tasks):
        await tasks.idle()
    assert notebook.ran == ["a hold cut off", "b hold", "b two"]


async def test_what_is_not_there_or_has_ended_cannot_be_cancelled(open_jobs: Open, notebook: Notebook) -> None:
    async with open_jobs({"ingest": [notebook.note("one")]}) as (jobs, tasks):
        assert not await jobs.cancel("a")
        await submit(jobs, "a")
        await tasks.idle()
        assert not await jobs.cancel("a")
        assert not await jobs.cancel("b")
        assert await jobs.unfinished() == []


async def test_a_job_is_not_cancelled_once_the_step_that_reports_on_it_is_done(
    open_jobs: Open, notebook: Notebook
) -> None:
    kinds = {"ingest": [notebook.note("report"), notebook.hold("clear away")]}
    async with open_jobs(kinds) as (jobs, _):
        await submit(jobs, "a")
        await notebook.has_begun.wait()
        assert not await jobs.cancel("a", unless_done="report")
    async with open_jobs(kinds) as (jobs, tasks):
        assert not await jobs.cancel("a", unless_done="report")
        notebook.may_go_on.set()
        await tasks.idle()
    assert notebook.ran == ["a report", "a clear away cut off", "a clear away"]


async def test_a_job_goes_on_at_its_first_unfinished_step_after_an_orderly_end(
    open_jobs: Open, notebook: Notebook
) -> None:
    kinds = {"ingest": [notebook.note("one"), notebook.hold("two"), notebook.note("three")]}
    async with open_jobs(kinds) as (jobs, _):
        await submit(jobs, "a", "b")
        await notebook.has_begun.wait()
    assert notebook.ran == ["a one", "a two cut off"]
    notebook.ran.clear()
    notebook.may_go_on.set()
    async with open_jobs(kinds) as (jobs, tasks):
        assert [job.id for job in await jobs.unfinished()] == ["a", "b"]
        await tasks.idle()
        assert await jobs.unfinished() == []
    assert notebook.ran == ["a two", "a three", "b one", "b two", "b three"]


async def test_the_order_outlives_a_restart(open_jobs: Open, notebook: Notebook) -> None:
    kinds = {"ingest": [notebook.hold("hold")]}
    async with open_jobs(kinds) as (jobs, _):
        await submit(jobs, "c", "a")
        await notebook.has_begun.wait()
    notebook.ran.clear()
    notebook.may_go_on.set()
    async with open_jobs(kinds) as (jobs, tasks):
        await submit(jobs, "b")
        await tasks.idle()
    assert notebook.ran == ["c hold", "a hold", "b hold"]


async def test_tasks_that_end_first_leave_the_job_to_the_next_start(open_jobs: Open, notebook: Notebook) -> None:
    kinds = {"ingest": [notebook.hold("hold")]}
    async with open_jobs(kinds) as (jobs, tasks):
        await submit(jobs, "a")
        await notebook.has_begun.wait()
        await tasks.close()
    notebook.may_go_on.set()
    async with open_jobs(kinds) as (_, tasks):
        await tasks.idle()
    assert notebook.ran == ["a hold cut off", "a hold"]


async def test_dbos_does_not_start_before_there_is_a_job(open_jobs: Open, notebook: Notebook, tmp_path: Path) -> None:
    async with open_jobs({"ingest": [notebook.note("one")]}) as (jobs, _):
        assert list(await jobs.unfinished()) == []
        assert not (tmp_path / "data").exists()


def _jobs_in(database: Path) -> set[str]:
    """Return the ids of all jobs of which the database still keeps a row or a step."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT workflow_uuid FROM workflow_status UNION SELECT workflow_uuid FROM operation_outputs"
        )
        return {str(job_id) for [job_id] in rows}


async def test_jobs_that_finished_long_ago_are_deleted_at_the_next_start(
    open_jobs: Open, notebook: Notebook, tmp_path: Path
) -> None:
    kinds = {"ingest": [notebook.note("one")], "bake": [notebook.fail("one")], "tune": [notebook.hold("hold")]}
    database = tmp_path / "data" / "jobs.db"
    async with open_jobs(kinds) as (jobs, tasks):
        await submit(jobs, "failed", kind="bake")
        await submit(jobs, "old", "recent")
        await tasks.idle()
        await submit(jobs, "waits", "cancelled", kind="tune")
        assert await jobs.cancel("cancelled")
    assert _jobs_in(database) == {"waits", "cancelled", "failed", "old", "recent"}
    month_ago_ms = int(1000 * (time.time() - 30 * 24 * 3600))
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE workflow_status SET created_at = ?, updated_at = ?", (month_ago_ms, month_ago_ms))
        connection.execute(
            "UPDATE workflow_status SET completed_at = ? WHERE completed_at IS NOT NULL AND workflow_uuid != 'recent'",
            (month_ago_ms,),
        )
    notebook.may_go_on.set()
    async with open_jobs(kinds) as (_, tasks):
        assert _jobs_in(database) == {"waits", "recent"}
        await tasks.idle()
    assert notebook.ran[-1] == "waits hold"


CHILD = """
import asyncio, sys
from pathlib import Path
from bot.jobs.runner import Jobs
from bot.tasks import Tasks

def note(name):
    async def step(job):
        with open(sys.argv[2], "a") as file:
            file.write(f"{job.id} {name}\\n")
    return name, step

async def hold(job):
    with open(sys.argv[2], "a") as file:
        file.write(f"{job.id} two, and was killed\\n")
    print("in the middle", flush=True)
    await asyncio.Event().wait()

async def main():
    tasks = Tasks()
    jobs = Jobs(Path(sys.argv[1]), tasks, {"ingest": [note("one"), ("two", hold), note("three")]})
    await jobs.open()
    await jobs.submit("ingest", "a", {"guild": "1"})
    await jobs.submit("ingest", "b", {"guild": "1"})
    await tasks.idle()

asyncio.run(main())
"""


async def test_a_killed_process_goes_on_at_the_step_that_the_kill_hit(tmp_path: Path) -> None:
    database, record = tmp_path / "jobs.db", tmp_path / "record"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(database), str(record), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"in the middle\n"
    child.kill()
    await child.wait()
    assert record.read_text() == "a one\na two, and was killed\n"

    def note(name: str) -> tuple[str, Step]:
        async def step(job: Job) -> None:
            with record.open("a") as file:
                file.write(f"{job.id} {name}\n")

        return name, step

    tasks = Tasks()
    jobs = Jobs(database, tasks, {"ingest": [note("one"), note("two"), note("three")]})
    await jobs.open()
    assert [job.id for job in await jobs.unfinished()] == ["a", "b"]
    await tasks.idle()
    assert await jobs.unfinished() == []
    await jobs.close()
    lines = record.read_text().splitlines()
    assert lines == ["a one", "a two, and was killed", "a two", "a three", "b one", "b two", "b three"]
