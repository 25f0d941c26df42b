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
                waiting.exception()  # The caller cancelled, so its error doesn't matter.
            raise

    def close(self) -> None:
        """Wait for the calls that have begun, and cancel those in the queue."""
        self._executor.shutdown(cancel_futures=True)


class ThreadPools:
    """Holds all threads of one library."""

    def __init__(self) -> None:
        self.reading = ThreadPool("reading", 2)
        """Reads files, in child processes that each take a processor and up to 2 GB."""
        self.drawing = ThreadPool("drawing", 2)
        """Draws pages, in child processes that each take a processor and up to 1 GB."""
        self.embedding = ThreadPool("embedding", 2)
        """Embeds passages. A local model takes one batch at a time; a provider can compute a second meanwhile."""
        self.vectors = ThreadPool("vectors", 4)
        """Writes to Chroma, and starts it."""
        self.searching = ThreadPool("searching", 8)
        """Answers searches, which wait for the encoder and Chroma."""
        self.writing = ThreadPool("writing", 4)
        """Waits for the database's write lock, and for the disk."""
        self.purging = ThreadPool("purging", 2)
        """Purges deleted text, which takes longer the larger the guild's index is."""

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
