"""A service that is still loading when the bot starts: its progress, and the service itself once it is ready.

Edit this file to change how the rest of the bot waits for models and documents.
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
    """Keeps how far the loading of a service is."""

    stage: str
    """`waiting`, `downloading`, `verifying`, `converting` or `opening`."""
    done_bytes: int = 0
    total_bytes: int = 0
    """The size of the stage, or 0 if it has none."""


class LazyService(Generic[T]):
    """Keeps a service that is loaded in the background."""

    def __init__(self, name: str) -> None:
        """`name` is the service's key in the locales: `chat_model`, `documents` or `tuner`."""
        self.name = name
        self._loading = Loading("waiting")
        self._outcome: asyncio.Future[T] | None = None
        self._changed = asyncio.Event()

    @classmethod
    def of(cls, name: str, value: T) -> LazyService[T]:
        """Return a service that is ready from the start. It needs a running event loop."""
        service = cls(name)
        service.succeed(value)
        return service

    @property
    def loading(self) -> Loading:
        """Return the last progress report."""
        return self._loading

    def report(self, loading: Loading) -> None:
        """Report how far the loading is. Call it in the event loop's thread."""
        self._loading = loading
        self._wake()

    def succeed(self, value: T) -> None:
        """Make the service available to everyone who waits for it."""
        self._future().set_result(value)
        self._wake()

    def fail(self, error: Exception, reason: str) -> None:
        """Mark the loading as failed: everyone who needs the service gets a PartFailed with the code `reason`."""
        failure = PartFailed(self.name, reason)
        failure.__cause__ = error
        future = self._future()
        future.set_exception(failure)
        future.exception()  # Mark it as retrieved: asyncio would warn if nobody asks for it.
        self._wake()

    @property
    def is_ready(self) -> bool:
        """Return whether `get` returns at once."""
        future = self._future()
        return future.done() and future.exception() is None

    async def get(self) -> T:
        """Wait for the service and return it.

        Raises:
            PartFailed: it could not be loaded.
        """
        return await asyncio.shield(self._future())

    async def progress(self) -> AsyncGenerator[Loading, None]:
        """Yield every progress report from now on, until the service is ready or has failed."""
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
        """Wake everyone who waits in `progress`: each waits for the event that it saw."""
        self._changed.set()
        self._changed = asyncio.Event()
