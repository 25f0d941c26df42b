"""First come, first served access to the chat model, and how many are ahead. Knows nothing of models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Ticket:
    """One place in the queue."""

    def __init__(self, queue: TurnQueue) -> None:
        self._queue = queue
        self._moved = asyncio.Event()

    def moved(self) -> None:
        """Tell whoever waits that the queue has moved."""
        self._moved.set()

    async def ahead(self) -> AsyncIterator[int]:
        """Yield how many are ahead, whenever it changes; ends after 0, when the turn has come."""
        shown: int | None = None
        while True:
            self._moved.clear()
            ahead = self._queue.ahead_of(self)
            if ahead != shown:
                shown = ahead
                yield ahead
            if ahead == 0:
                return
            await self._moved.wait()


class TurnQueue:
    """A fair queue in which `width` places have their turn at the same time."""

    def __init__(self, width: int = 1) -> None:
        self._width = width
        self._places: list[Ticket] = []

    def ahead_of(self, place: Ticket) -> int:
        """How many must leave before `place` has its turn."""
        return max(0, self._places.index(place) - self._width + 1)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Ticket]:
        """Stand in the queue; leaving the block, even by cancellation, gives the place up."""
        place = Ticket(self)
        self._places.append(place)
        try:
            yield place
        finally:
            self._places.remove(place)
            for other in self._places:
                other.moved()
