"""Runs slow work in threads, with a pool for each kind, so that one kind delays no other.

asyncio's few shared threads are for calls of milliseconds. Edit it for a new kind of slow work, and for how much of a
kind runs at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class ThreadPool:
    """Holds the threads for one kind of work."""

    def __init__(self, name: str, count: int) -> None:
        self._executor = ThreadPoolExecutor(count, name)

    async def run(self, call: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """Return the result of the call. If cancelled, this returns at once, while a call that has begun continues."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, call, *arguments)

    async def finish(
        self,
        call: Callable[[*Arguments], T],
        *arguments: *Arguments,
        on_cancel: Callable[[], None] = lambda: None,
    ) -> T:
        """Return the result of the call; if cancelled, wait for a call that has begun before raising.

        `on_cancel` is called at the cancellation, and can tell the call to stop.
        """
        work = self._executor.submit(call, *arguments)
        waiting = asyncio.wrap_future(work)
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            if not work.cancel():
                on_cancel()
                await asyncio.wait([waiting])
                waiting.exception()  # Whoever cancelled does not want to hear of it.
            raise

    def close(self) -> None:
        """Wait for the calls that have begun, and cancel those in the queue."""
        self._executor.shutdown(cancel_futures=True)


class ThreadPools:
    """Holds all threads of one library."""

    def __init__(self) -> None:
        self.reading = ThreadPool("reading", 2)
        """Files, in child processes that each take a processor and up to 2 GB."""
        self.drawing = ThreadPool("drawing", 2)
        """Pages, in child processes that each take a processor and up to 1 GB."""
        self.embedding = ThreadPool("embedding", 2)
        """Passages. A model on this machine takes one batch at a time; a provider writes a second meanwhile."""
        self.vectors = ThreadPool("vectors", 4)
        """What Chroma writes, and its start."""
        self.searching = ThreadPool("searching", 8)
        """Questions, which wait for the encoder and Chroma."""
        self.writing = ThreadPool("writing", 4)
        """What waits for the database's write lock, and for the disk."""
        self.purging = ThreadPool("purging", 2)
        """Deleted text, which takes as long as the guild's index is large."""

    def close(self) -> None:
        """Wait for the calls that have begun."""
        for pool in (
            self.reading,
            self.drawing,
            self.embedding,
            self.vectors,
            self.searching,
            self.writing,
            self.purging,
        ):
            pool.close()
