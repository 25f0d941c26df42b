"""The threads of one library. Each kind of slow work has its own, so that it keeps only its own kind waiting.

asyncio's shared threads, of which there are few, are for what takes milliseconds. Edit this for a new kind of slow
work, and for how much of one kind runs at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class ThreadPool:
    """Threads for one kind of work."""

    def __init__(self, name: str, count: int) -> None:
        self._executor = ThreadPoolExecutor(count, name)

    async def run(self, call: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """The result of the call. Cancelled meanwhile, this returns at once, and a call that has begun goes on."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, call, *arguments)

    async def finish(
        self,
        call: Callable[[*Arguments], T],
        *arguments: *Arguments,
        on_cancel: Callable[[], None] = lambda: None,
    ) -> T:
        """As `run`, but cancelled meanwhile, it waits for the end of a call that has begun before it raises that.

        `on_cancel` is called then, and can tell the call.
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
        """Wait for the calls that have begun; those that wait for their turn are cancelled."""
        self._executor.shutdown(cancel_futures=True)


class ThreadPools:
    """All threads of one library."""

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
