"""Owns all tasks that outlive the event that started them: logs those that fail, and cancels the rest at the end.

Edit this file to change how background tasks are started, logged or cancelled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import TypeVar

_log = logging.getLogger(__name__)

T = TypeVar("T")


class AlreadyReported(Exception):
    """Raised to end a task whose failure was already logged and shown."""


class Tasks:
    """Keeps all running tasks, logs those that fail, and cancels them when the bot closes."""

    def __init__(self, context: Callable[[], Context] | None = None) -> None:
        """`context` makes the context variables of each task; by default, a copy of the current ones.

        A task does not take over the context of the event that started it, since it outlives that event.
        """
        here = copy_context()
        self._context = context or here.copy
        self._running: set[asyncio.Task[object]] = set()

    def start(self, work: Coroutine[object, object, T], name: str) -> asyncio.Task[T]:
        """Run `work` in a task of its own. What it raises is logged here, unless it is AlreadyReported."""
        task = self._begin(work, name)
        task.add_done_callback(_log_failure)
        return task

    async def run(self, work: Coroutine[object, object, T], name: str) -> T:
        """Run `work` in a task of its own and wait for it; cancelling the caller cancels it.

        What it raises is the caller's to handle, and isn't logged here.
        """
        return await self._begin(work, name)

    async def idle(self) -> None:
        """Return once no other task is running."""
        while others := self._others():
            await asyncio.wait(others)

    async def close(self) -> None:
        """Cancel all running tasks and wait until they have ended."""
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
