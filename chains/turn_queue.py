"""First come, first served access to the chat model, and how many are ahead.

Edit this file to change who goes first, or how many answers are written at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Ticket:
    """Holds one place in the queue."""

    def __init__(self, queue: TurnQueue) -> None:
        self._queue = queue
        self._moved = asyncio.Event()

    def notify(self) -> None:
        """Notify whoever waits that the queue has moved."""
        self._moved.set()

    async def ahead(self) -> AsyncIterator[int]:
        """Yield how many are ahead whenever that changes; end after 0, when it is this ticket's turn."""
        last: int | None = None
        while True:
            self._moved.clear()
            ahead = self._queue.ahead_of(self)
            if ahead != last:
                last = ahead
                yield ahead
            if ahead == 0:
                return
            await self._moved.wait()


class TurnQueue:
    """Serves tickets in order, `width` of them at the same time."""

    def __init__(self, width: int = 1) -> None:
        self._width = width
        self._tickets: list[Ticket] = []

    def ahead_of(self, ticket: Ticket) -> int:
        """Return how many must leave before it is the turn of `ticket`."""
        return max(0, self._tickets.index(ticket) - self._width + 1)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Ticket]:
        """Take a place in the queue and yield its ticket; leaving the block, even by cancellation, gives it up."""
        ticket = Ticket(self)
        self._tickets.append(ticket)
        try:
            yield ticket
        finally:
            self._tickets.remove(ticket)
            for waiting in self._tickets:
                waiting.notify()
