"""The owner of all work that outlives the event which asked for it. Knows nothing of what the work is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import TypeVar

_log = logging.getLogger(__name__)

T = TypeVar("T")


class AlreadyReported(Exception):
    """Ends a task whose failure was logged and shown."""


class Tasks:
    """Starts tasks, reports those that fail, and ends all of them when the bot closes."""

    def __init__(self, context: Callable[[], Context] | None = None) -> None:
        """`context` gives the context variables of each task; by default, those of this moment.

        A task does not take over the context of the event that started it, since it outlives that event.
        """
        here = copy_context()
        self._context = context or here.copy
        self._running: set[asyncio.Task[object]] = set()

    def start(self, work: Coroutine[object, object, T], name: str) -> asyncio.Task[T]:
        """Run `work` on its own. What it raises is logged here, unless that was reported already."""
        task = self._begin(work, name)
        task.add_done_callback(_log_failure)
        return task

    async def run(self, work: Coroutine[object, object, T], name: str) -> T:
        """Run `work` in a task of its own and wait for it; cancelling the caller cancels it.

        What it raises is the caller's to handle, and isn't logged here.
        """
        return await self._begin(work, name)

    async def idle(self) -> None:
        """Return once nothing runs any more, except the caller."""
        while others := self._others():
            await asyncio.wait(others)

    async def close(self) -> None:
        """Cancel what runs and wait until it has ended."""
        while others := self._others():
            for task in others:
                task.cancel()
            await asyncio.wait(others)

    def _others(self) -> set[asyncio.Task[object]]:
        return {task for task in self._running if task is not asyncio.current_task()}

    def _begin(self, work: Coroutine[object, object, T], name: str) -> asyncio.Task[T]:
        task = self._context().run(asyncio.get_running_loop().create_task, work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def _log_failure(task: asyncio.Task[object]) -> None:
    if task.cancelled() or (error := task.exception()) is None:
        return
    if isinstance(error, AlreadyReported):
        _log.info("%s ended: %s", task.get_name(), error)
    else:
        _log.error("%s failed", task.get_name(), exc_info=error)
