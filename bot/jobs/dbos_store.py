"""The books of the jobs: DBOS on SQLite. Its methods block, and are for threads; DBOS's own threads only wait.

The only file that imports dbos, which takes half a second: import it late.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from dbos import (
    DBOS,
    DBOSClient,
    DBOSPortableJSONSerializer,
    SetEnqueueOptions,
    SetWorkflowID,
    WorkflowStatus,
)

from bot.jobs.types import Job, Step

_APPLICATION = "routewise"
_VERSION = "1"
"""DBOS takes up only the jobs of its own version: it stays the same over the bot's versions."""
_QUEUE_INTERVAL_S = 0.5
"""Two queues take about 2 % of a core at it. No job of seconds or hours minds the wait."""
_CLOSING_INTERVAL_S = 0.25
"""DBOS takes so long to end: it sleeps between looks for messages, which the bot does not use."""
_OUTCOME_TIMEOUT_S = 5.0
_UNFINISHED = ["ENQUEUED", "PENDING"]


class DbosStore:
    """Which jobs there are, and which of their steps are done."""

    def __init__(
        self,
        database: Path,
        kinds: Mapping[str, Sequence[tuple[str, Step]]],
        await_step: Callable[[Job, str, Step], None],
        note_end: Callable[[Job], None],
    ) -> None:
        """`await_step` returns when a step has run; `note_end` is told of each job that runs no longer."""
        self._url = f"sqlite:///{database.absolute()}"
        self._folder = database.parent
        self._kinds = kinds
        self._await_step = await_step
        self._note_end = note_end
        self._latest: dict[str, tuple[str, Future[bool]]] = {}
        """Of each kind, the job that was started last, and whether it came to an outcome, which DBOS writes down."""

    def prepare(self) -> list[Job]:
        """Make the database and its queues, and return what is unfinished in it."""
        _quieten()
        self._folder.mkdir(parents=True, exist_ok=True)
        DBOS.migrate(self._url)
        client = DBOSClient(
            system_database_url=self._url, serializer=DBOSPortableJSONSerializer(), application_name=_APPLICATION
        )
        try:
            for kind in self._kinds:
                # DBOS would notice a queue that is registered after the launch only a second later.
                client.register_queue(
                    kind, worker_concurrency=1, global_concurrency=1, polling_interval_sec=_QUEUE_INTERVAL_S
                )
            return _in_order(client.list_workflows(status=_UNFINISHED))
        finally:
            client.destroy()

    def open(self) -> None:
        """Launch DBOS, which starts what is unfinished."""
        DBOS.destroy(destroy_registry=True)  # Of a bot that was never closed, which a test may have left.
        DBOS(
            config={
                "name": _APPLICATION,
                "system_database_url": self._url,
                "application_version": _VERSION,
                "executor_id": _APPLICATION,
                "serializer": DBOSPortableJSONSerializer(),
                "enable_otlp": False,
                "log_level": "WARNING",
                "notification_listener_polling_interval_sec": _CLOSING_INTERVAL_S,
            }
        )
        self._work = DBOS.workflow(name="job")(self._workflow())
        DBOS.listen_queues(list(self._kinds))
        try:
            DBOS.launch()
        except BaseException:
            DBOS.destroy(destroy_registry=True)
            raise

    def enter(self, job: Job) -> bool:
        """Write a job down, as the last in the queue. Returns whether it is unfinished. One call at a time."""
        # In SQLite, DBOS knows the time of an entry to the second only; the priority tells the order.
        waiting = DBOS.list_workflows(status=_UNFINISHED, load_input=False, load_output=False)
        place = 1 + max((status.priority or 0 for status in waiting), default=0)
        with SetWorkflowID(job.id), SetEnqueueOptions(priority=place):
            handle = DBOS.enqueue_workflow(job.kind, self._work, job.kind, dict(job.inputs))
        return handle.get_status().status in _UNFINISHED and job.id not in self._decided()

    def cancel(self, job_id: str, unless_done: str | None = None) -> bool:
        """Returns whether the job was unfinished, the step `unless_done` too, and is cancelled now."""
        before = DBOS.get_workflow_status(job_id)
        if before is None or before.status not in _UNFINISHED or job_id in self._decided():
            return False
        if unless_done in {step["function_name"] for step in DBOS.list_workflow_steps(job_id, load_output=False)}:
            return False
        DBOS.cancel_workflow(job_id)
        after = DBOS.get_workflow_status(job_id)
        return after is not None and after.status == "CANCELLED"

    def unfinished(self) -> list[Job]:
        """The jobs that wait or run, the oldest first."""
        jobs = _in_order(DBOS.list_workflows(status=_UNFINISHED, load_output=False))
        decided = self._decided()
        return [job for job in jobs if job.id not in decided]

    def close(self) -> None:
        """Wait until what ran has left, with its outcome written down, and end DBOS."""
        for _, has_outcome in list(self._latest.values()):
            has_outcome.result()
        decided = self._decided()
        deadline = time.monotonic() + _OUTCOME_TIMEOUT_S
        while decided and time.monotonic() < deadline:
            if not DBOS.list_workflows(workflow_ids=decided, status="PENDING", load_input=False, load_output=False):
                break
            time.sleep(0.01)
        DBOS.destroy(destroy_registry=True)

    def _decided(self) -> list[str]:
        """The jobs with an outcome that DBOS may not have written down yet."""
        latest = list(self._latest.values())
        return [job_id for job_id, has_outcome in latest if has_outcome.done() and has_outcome.result()]

    def _workflow(self) -> Callable[[str, dict[str, str]], None]:
        def work(kind: str, inputs: dict[str, str]) -> None:
            job = Job(str(DBOS.workflow_id), kind, inputs)
            has_outcome: Future[bool] = Future()
            self._latest[kind] = job.id, has_outcome
            decided = True
            try:
                for name, step in self._kinds[kind]:
                    DBOS.run_step({"name": name}, self._await_step, job, name, step)
            except BaseException as error:
                decided = isinstance(error, Exception)
                raise
            finally:
                has_outcome.set_result(decided)
                self._note_end(job)

        return work


def _in_order(statuses: Sequence[WorkflowStatus]) -> list[Job]:
    """The jobs behind `statuses`, the oldest first."""
    jobs = []
    for status in sorted(statuses, key=lambda status: status.priority or 0):
        if status.input is not None:
            kind, inputs = status.input["args"]
            jobs.append(Job(status.workflow_id, kind, inputs))
    return jobs


def _quieten() -> None:
    """Let DBOS log warnings, as the bot does, and not each failed step, which Tasks has logged."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # Without any, DBOS adds its own.
    logger.setLevel(logging.WARNING)
    logger.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return "Exception encountered in background workflow" not in record.getMessage()
