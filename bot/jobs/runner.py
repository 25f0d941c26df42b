"""Runs durable jobs: work in named steps that is kept on disk and resumed after a restart.

A kill costs at most the step that it hits: at the next start each unfinished job resumes at its first unfinished step.
The steps are coroutines in the bot's event loop; `bot/jobs/dbos_store.py` stores the jobs, in threads.
Edit this file to change how jobs are queued, cancelled or resumed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.jobs.types import Job, Step
from bot.tasks import Tasks

if TYPE_CHECKING:
    from bot.jobs.dbos_store import DbosStore

_log = logging.getLogger(__name__)


class StepFailed(Exception):
    """Marks a job as failed in the store, which keeps this message: it says nothing of what the step raised."""


class JobInterrupted(BaseException):
    """Ends a thread of the store without an outcome for its job. DBOS would count an Exception as an outcome."""


class Jobs:
    """Keeps and runs all jobs. Only one instance can be open in a process, since DBOS allows no more."""

    def __init__(self, database: Path, tasks: Tasks, kinds: Mapping[str, Sequence[tuple[str, Step]]]) -> None:
        """`kinds` has each kind's named steps, in order, and is read when the jobs are opened.

        The names are stored in the database: a job that started under other names fails.
        """
        self._database = database
        self._tasks = tasks
        self._kinds = kinds
        self._store: DbosStore | None = None
        self._opening = asyncio.Lock()
        self._submitting = asyncio.Lock()
        self._closing = False
        self._steps: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, asyncio.Future[None]] = {}
        self._cancelled: set[str] = set()

    @property
    def is_closing(self) -> bool:
        """Return whether the bot is stopping: `unfinished` may then omit jobs that resume at the next start."""
        return self._closing

    async def open(self) -> None:
        """Resume the unfinished jobs. If there has never been a job, the store is opened with the first one."""
        if await asyncio.to_thread(self._database.exists) and not self._closing:
            await self._open_store()

    async def submit(self, kind: str, job_id: str, inputs: Mapping[str, str]) -> None:
        """Queue a job behind the others of its kind. It is durable on return, and the same id twice is one job."""
        if kind not in self._kinds:
            raise ValueError(f"Unknown kind of job {kind!r}. Known: {', '.join(self._kinds)}.")
        store = await self._open_store()
        job = Job(job_id, kind, dict(inputs))
        self._follow(job)
        is_unfinished = False
        try:
            async with self._submitting:
                is_unfinished = await asyncio.to_thread(store.enqueue, job)
        finally:
            if not is_unfinished:
                self._end(job_id)

    async def cancel(self, job_id: str, *, unless_done: str | None = None) -> bool:
        """Cancel a job for good and return True once its running step has ended, or False if it is finished or unknown.

        `unless_done` names the step after which a job counts as finished, though later steps clean up.
        A step must not cancel its own job: it would wait for itself.
        """
        async with self._opening:
            store = self._store
        if store is None:
            return False
        self._cancelled.add(job_id)
        if not await asyncio.to_thread(store.cancel, job_id, unless_done):
            self._cancelled.discard(job_id)
            return False
        step = self._steps.get(job_id)
        if step is not None:
            step.cancel()
            await asyncio.wait([step])
        self._end(job_id)
        return True

    async def unfinished(self, kind: str | None = None) -> Sequence[Job]:
        """Return the jobs that wait or run, the oldest first."""
        async with self._opening:
            jobs = [] if self._store is None else await asyncio.to_thread(self._store.unfinished)
        return [job for job in jobs if kind is None or job.kind == kind]

    async def close(self) -> None:
        """Cancel the running steps. Their jobs stay unfinished and resume at the next start."""
        self._closing = True
        steps = list(self._steps.values())
        for step in steps:
            step.cancel()
        if steps:
            await asyncio.wait(steps)
        async with self._opening:
            store, self._store = self._store, None
            if store is not None:
                await asyncio.to_thread(store.close)
        for job_id in list(self._ends):
            self._end(job_id)

    async def _open_store(self) -> DbosStore:
        """Return the store, opened. Importing DBOS takes half a second, so that happens in a thread, too."""
        async with self._opening:
            if self._closing:
                raise RuntimeError("the job runner is closed")
            if self._store is None:
                store = await asyncio.to_thread(self._make_store, asyncio.get_running_loop())
                for job in await asyncio.to_thread(store.prepare):
                    self._follow(job)
                    _log.info("resuming job %s (%s)", job.id, job.kind)
                await asyncio.to_thread(store.open)
                self._store = store
            return self._store

    def _make_store(self, loop: asyncio.AbstractEventLoop) -> DbosStore:
        from bot.jobs.dbos_store import DbosStore

        return DbosStore(self._database, self._kinds, partial(self._run_step, loop), partial(self._note_end, loop))

    def _follow(self, job: Job) -> None:
        """Let the bot count as busy until the job has ended."""
        if job.id not in self._ends:
            end = self._ends[job.id] = asyncio.get_running_loop().create_future()
            self._tasks.start(_wait(end), f"job {job.id} ({job.kind})")

    def _end(self, job_id: str) -> None:
        end = self._ends.pop(job_id, None)
        if end is not None and not end.done():
            end.set_result(None)

    def _note_end(self, loop: asyncio.AbstractEventLoop, job: Job) -> None:
        """Release whoever follows the job. The store calls it in its own thread."""
        loop.call_soon_threadsafe(self._end, job.id)

    def _run_step(self, loop: asyncio.AbstractEventLoop, job: Job, name: str, step: Step) -> None:
        """Run a step in the event loop and wait for it. The store calls it in its own thread.

        Raises:
            StepFailed: the step raised, which ends its job.
            JobInterrupted: the step was cancelled, and its job stays unfinished or was cancelled, too.
        """
        outcome: Future[None] = Future()
        loop.call_soon_threadsafe(self._start, job, name, step, outcome)
        outcome.result()

    def _start(self, job: Job, name: str, step: Step, outcome: Future[None]) -> None:
        if self._closing or job.id in self._cancelled:
            outcome.set_exception(JobInterrupted())
            return
        task = self._steps[job.id] = self._tasks.start(_call(step, job), f"step {name} of {job.kind} {job.id}")

        def settle(task: asyncio.Task[None]) -> None:
            del self._steps[job.id]
            if task.cancelled():
                outcome.set_exception(JobInterrupted())
            elif task.exception() is not None:  # Tasks has logged it, unless it was reported already.
                outcome.set_exception(StepFailed(f"The step {name} of {job.kind} {job.id} failed: see the log."))
            else:
                outcome.set_result(None)

        task.add_done_callback(settle)


async def _call(step: Step, job: Job) -> None:
    await step(job)


async def _wait(end: asyncio.Future[None]) -> None:
    await end
