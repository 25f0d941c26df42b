"""Work that outlives the process: jobs in named steps, kept on the disk. Knows nothing of what a step does.

A kill costs at most the step that it hits: at the next start each unfinished job goes on at its first unfinished step.
The steps are coroutines in the bot's event loop; `bot/jobs/dbos_store.py` keeps the books, in threads.
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
    """Ends a job in the books, which keep it: it has no word of what was raised."""


class JobInterrupted(BaseException):
    """Leaves a thread of the books without an outcome: no Exception, which DBOS would take for one."""


class Jobs:
    """All jobs. One at a time may be open in a process: DBOS has no more."""

    def __init__(self, database: Path, tasks: Tasks, kinds: Mapping[str, Sequence[tuple[str, Step]]]) -> None:
        """`kinds`: each kind's named steps, in their order; read when the jobs are opened.

        The names stand in the database: a job that was begun under other names fails.
        """
        self._database = database
        self._tasks = tasks
        self._kinds = kinds
        self._books: DbosStore | None = None
        self._opening = asyncio.Lock()
        self._submitting = asyncio.Lock()
        self._closing = False
        self._steps: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, asyncio.Future[None]] = {}
        self._cancelled: set[str] = set()

    @property
    def is_closing(self) -> bool:
        """Whether the bot ends: `unfinished` may then leave out jobs that go on at the next start."""
        return self._closing

    async def open(self) -> None:
        """Take up what a kill cut off. Where there never was a job, the books are opened with the first."""
        if await asyncio.to_thread(self._database.exists) and not self._closing:
            await self._opened()

    async def submit(self, kind: str, job_id: str, inputs: Mapping[str, str]) -> None:
        """Put a job behind those of its kind. It is durable when this returns; the same id twice is one job."""
        if kind not in self._kinds:
            raise ValueError(f"Unknown kind of job {kind!r}. Known: {', '.join(self._kinds)}.")
        books = await self._opened()
        job = Job(job_id, kind, dict(inputs))
        self._follow(job)
        is_unfinished = False
        try:
            async with self._submitting:
                is_unfinished = await asyncio.to_thread(books.enter, job)
        finally:
            if not is_unfinished:
                self._end(job_id)

    async def cancel(self, job_id: str, *, unless_done: str | None = None) -> bool:
        """Give a job up for good; returns once its running step has ended. False: it was not there, or at its end.

        `unless_done`: the step with which a job is at its end, though others clear away after it.
        Not for a step's own job, which would wait for itself.
        """
        async with self._opening:
            books = self._books
        if books is None:
            return False
        self._cancelled.add(job_id)
        if not await asyncio.to_thread(books.cancel, job_id, unless_done):
            self._cancelled.discard(job_id)
            return False
        step = self._steps.get(job_id)
        if step is not None:
            step.cancel()
            await asyncio.wait([step])
        self._end(job_id)
        return True

    async def unfinished(self, kind: str | None = None) -> Sequence[Job]:
        """The jobs that wait or run, the oldest first."""
        async with self._opening:
            jobs = [] if self._books is None else await asyncio.to_thread(self._books.unfinished)
        return [job for job in jobs if kind is None or job.kind == kind]

    async def close(self) -> None:
        """Cut the running steps off. Their jobs are not ended: they go on at the next start."""
        self._closing = True
        steps = list(self._steps.values())
        for step in steps:
            step.cancel()
        if steps:
            await asyncio.wait(steps)
        async with self._opening:
            books, self._books = self._books, None
            if books is not None:
                await asyncio.to_thread(books.close)
        for job_id in list(self._ends):
            self._end(job_id)

    async def _opened(self) -> DbosStore:
        """The books. Importing what keeps them takes half a second, so that happens in a thread, too."""
        async with self._opening:
            if self._closing:
                raise RuntimeError("the job runner is closed")
            if self._books is None:
                books = await asyncio.to_thread(self._new_books, asyncio.get_running_loop())
                for job in await asyncio.to_thread(books.prepare):
                    self._follow(job)
                    _log.info("resuming job %s (%s)", job.id, job.kind)
                await asyncio.to_thread(books.open)
                self._books = books
            return self._books

    def _new_books(self, loop: asyncio.AbstractEventLoop) -> DbosStore:
        from bot.jobs.dbos_store import DbosStore

        return DbosStore(self._database, self._kinds, partial(self._await_step, loop), partial(self._note_end, loop))

    def _follow(self, job: Job) -> None:
        """Let the bot count as busy until the job has ended."""
        if job.id not in self._ends:
            end = self._ends[job.id] = asyncio.get_running_loop().create_future()
            self._tasks.start(_until(end), f"job {job.id} ({job.kind})")

    def _end(self, job_id: str) -> None:
        end = self._ends.pop(job_id, None)
        if end is not None and not end.done():
            end.set_result(None)

    def _note_end(self, loop: asyncio.AbstractEventLoop, job: Job) -> None:
        """Called in a thread of the books."""
        loop.call_soon_threadsafe(self._end, job.id)

    def _await_step(self, loop: asyncio.AbstractEventLoop, job: Job, name: str, step: Step) -> None:
        """Called in a thread of the books. Raises StepFailed, and CutOff where the job is not to be ended."""
        outcome: Future[None] = Future()
        loop.call_soon_threadsafe(self._start, job, name, step, outcome)
        outcome.result()

    def _start(self, job: Job, name: str, step: Step, outcome: Future[None]) -> None:
        if self._closing or job.id in self._cancelled:
            outcome.set_exception(JobInterrupted())
            return
        task = self._steps[job.id] = self._tasks.start(_take(step, job), f"step {name} of {job.kind} {job.id}")

        def settle(task: asyncio.Task[None]) -> None:
            del self._steps[job.id]
            if task.cancelled():
                outcome.set_exception(JobInterrupted())
            elif task.exception() is not None:  # Tasks has logged it, unless it was reported already.
                outcome.set_exception(StepFailed(f"The step {name} of {job.kind} {job.id} failed: see the log."))
            else:
                outcome.set_result(None)

        task.add_done_callback(settle)


async def _take(step: Step, job: Job) -> None:
    await step(job)


async def _until(end: asyncio.Future[None]) -> None:
    await end
