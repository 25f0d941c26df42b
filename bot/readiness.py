"""A part of the bot that is not there from the start: how far its loading is, and the part itself once it is there.

Knows nothing of what is loaded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.errors import PartFailed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loading:
    """How far the loading of a part is."""

    stage: str
    """`waiting`, `downloading`, `verifying`, `converting` or `opening`."""
    done_bytes: int = 0
    total_bytes: int = 0
    """0 where the stage has no size."""


class LazyService(Generic[T]):
    """A part that comes later."""

    def __init__(self, name: str) -> None:
        """`name`: `chat_model` or `documents`, a key of the locales."""
        self.name = name
        self._loading = Loading("waiting")
        self._outcome: asyncio.Future[T] | None = None
        self._changed = asyncio.Event()

    @classmethod
    def of(cls, name: str, value: T) -> LazyService[T]:
        """A part that is there already. Needs a running event loop."""
        part = cls(name)
        part.succeed(value)
        return part

    @property
    def loading(self) -> Loading:
        """The last report."""
        return self._loading

    def report(self, loading: Loading) -> None:
        """Say how far it is. Call it in the event loop's thread."""
        self._loading = loading
        self._wake()

    def succeed(self, value: T) -> None:
        """The part is there."""
        self._future().set_result(value)
        self._wake()

    def fail(self, error: Exception, reason: str) -> None:
        """The part will not come, for a `reason` that the bot words; everyone who asks for it gets a PartFailed."""
        failure = PartFailed(self.name, reason)
        failure.__cause__ = error
        future = self._future()
        future.set_exception(failure)
        future.exception()  # Nobody may ask for it: that is no reason for asyncio to complain.
        self._wake()

    @property
    def is_ready(self) -> bool:
        """Whether `get` returns at once."""
        future = self._future()
        return future.done() and future.exception() is None

    async def get(self) -> T:
        """The part, once it is there.

        Raises:
            PartFailed: it could not be loaded.
        """
        return await asyncio.shield(self._future())

    async def progress(self) -> AsyncGenerator[Loading, None]:
        """Every report from now on; ends when the part is there or has failed."""
        shown: Loading | None = None
        while not self._future().done():
            changed = self._changed
            if self._loading != shown:
                shown = self._loading
                yield shown
            await changed.wait()

    def _future(self) -> asyncio.Future[T]:
        if self._outcome is None:
            self._outcome = asyncio.get_running_loop().create_future()
        return self._outcome

    def _wake(self) -> None:
        """Wake every watcher: each waits on the event that it saw."""
        self._changed.set()
        self._changed = asyncio.Event()
