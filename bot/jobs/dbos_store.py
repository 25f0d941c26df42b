"""Stores durable jobs with DBOS on SQLite. Its methods block, so threads call them; DBOS's own threads only wait.

Edit this file when DBOS changes. It is the only one that imports dbos, which takes half a second: import it late.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
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
"""DBOS resumes only jobs of its own version, so it stays the same in every version of the bot."""
_QUEUE_INTERVAL_S = 0.5
"""Two queues polled this often take about 2 % of a core. Jobs last seconds to hours, so the wait doesn't matter."""
_CLOSING_INTERVAL_S = 0.25
"""DBOS takes this long to stop: it sleeps between polls for notifications, which the bot does not use."""
_OUTCOME_TIMEOUT_S = 5.0
_UNFINISHED = ["ENQUEUED", "PENDING"]
_KEEP_FINISHED = timedelta(days=7)
"""Finished jobs are of use only for looking into a failure; DBOS keeps them all, and its look-ups scan them."""
_DELETED_AT_ONCE = 500


class DbosStore:
    """Keeps which jobs there are, and which of their steps are done."""

    def __init__(
        self,
        database: Path,
        kinds: Mapping[str, Sequence[tuple[str, Step]]],
        run_step: Callable[[Job, str, Step], None],
        on_end: Callable[[Job], None],
    ) -> None:
        """`run_step` returns when a step has run; `on_end` is called for each job that no longer runs."""
        self._url = f"sqlite:///{database.absolute()}"
        self._folder = database.parent
        self._kinds = kinds
        self._run_step = run_step
        self._on_end = on_end
        self._latest: dict[str, tuple[str, Future[bool]]] = {}
        """The job of each kind that was started last, and whether it has an outcome, which DBOS then stores."""

    def prepare(self) -> list[Job]:
        """Create the database and queues, delete old finished jobs, and return the unfinished ones, oldest first."""
        _configure_logging()
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
            _delete_finished(client)
            return _in_order(client.list_workflows(status=_UNFINISHED))
        finally:
            client.destroy()

    def open(self) -> None:
        """Launch DBOS, which resumes what is unfinished."""
        DBOS.destroy(destroy_registry=True)  # A bot that was never closed, as in a test, may have left one.
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

    def enqueue(self, job: Job) -> bool:
        """Store a job as the last in its queue, and return whether it is unfinished. Allow one call at a time."""
        # In SQLite, DBOS stores the time of an entry to the second only, so the priority keeps the order.
        waiting = DBOS.list_workflows(status=_UNFINISHED, load_input=False, load_output=False)
        place = 1 + max((status.priority or 0 for status in waiting), default=0)
        with SetWorkflowID(job.id), SetEnqueueOptions(priority=place):
            handle = DBOS.enqueue_workflow(job.kind, self._work, job.kind, dict(job.inputs))
        return handle.get_status().status in _UNFINISHED and job.id not in self._settled()

    def cancel(self, job_id: str, unless_done: str | None = None) -> bool:
        """Cancel a job and return True, unless it has finished or its step `unless_done` is done."""
        before = DBOS.get_workflow_status(job_id)
        if before is None or before.status not in _UNFINISHED or job_id in self._settled():
            return False
        if unless_done in {step["function_name"] for step in DBOS.list_workflow_steps(job_id, load_output=False)}:
            return False
        DBOS.cancel_workflow(job_id)
        after = DBOS.get_workflow_status(job_id)
        return after is not None and after.status == "CANCELLED"

    def unfinished(self) -> list[Job]:
        """Return the jobs that wait or run, the oldest first."""
        jobs = _in_order(DBOS.list_workflows(status=_UNFINISHED, load_output=False))
        settled = self._settled()
        return [job for job in jobs if job.id not in settled]

    def close(self) -> None:
        """Wait until the running jobs have left and their outcomes are stored, and stop DBOS."""
        for _, has_outcome in list(self._latest.values()):
            has_outcome.result()
        settled = self._settled()
        deadline = time.monotonic() + _OUTCOME_TIMEOUT_S
        while settled and time.monotonic() < deadline:
            if not DBOS.list_workflows(workflow_ids=settled, status="PENDING", load_input=False, load_output=False):
                break
            time.sleep(0.01)
        DBOS.destroy(destroy_registry=True)

    def _settled(self) -> list[str]:
        """Return the jobs with an outcome that DBOS may not have stored yet."""
        latest = list(self._latest.values())
        return [job_id for job_id, has_outcome in latest if has_outcome.done() and has_outcome.result()]

    def _workflow(self) -> Callable[[str, dict[str, str]], None]:
        def work(kind: str, inputs: dict[str, str]) -> None:
            job = Job(str(DBOS.workflow_id), kind, inputs)
            has_outcome: Future[bool] = Future()
            self._latest[kind] = job.id, has_outcome
            is_settled = True
            try:
                for name, step in self._kinds[kind]:
                    DBOS.run_step({"name": name}, self._run_step, job, name, step)
            except BaseException as error:
                is_settled = isinstance(error, Exception)
                raise
            finally:
                has_outcome.set_result(is_settled)
                self._on_end(job)

        return work


def _delete_finished(client: DBOSClient) -> None:
    """Delete the jobs that finished longer ago than `_KEEP_FINISHED`, with their steps."""
    before = (datetime.now(UTC) - _KEEP_FINISHED).isoformat()
    while old := client.list_workflows(
        completed_before=before, limit=_DELETED_AT_ONCE, load_input=False, load_output=False
    ):
        client.delete_workflows([status.workflow_id for status in old])


def _in_order(statuses: Sequence[WorkflowStatus]) -> list[Job]:
    """Return the jobs behind `statuses`, the oldest first."""
    jobs = []
    for status in sorted(statuses, key=lambda status: status.priority or 0):
        if status.input is not None:
            kind, inputs = status.input["args"]
            jobs.append(Job(status.workflow_id, kind, inputs))
    return jobs


def _configure_logging() -> None:
    """Let DBOS log warnings only, without the failed steps, which Tasks has logged already."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # Without any, DBOS adds its own.
    logger.setLevel(logging.WARNING)
    logger.addFilter(_is_not_a_failed_step)


def _is_not_a_failed_step(record: logging.LogRecord) -> bool:
    return "Exception encountered in background workflow" not in record.getMessage()
