"""Limits how much one member may have in progress at once, so that nobody makes all others wait.

Edit this file to change how those who want more are refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.errors import BotError
from bot.tasks import AlreadyReported


class MemberLimit:
    """Counts what each member has in progress."""

    def __init__(self, most: int, refusal: Callable[[int], BotError]) -> None:
        """`refusal` makes the error for a member who has `most` in progress."""
        self._most = most
        self._refusal = refusal
        self._running: Counter[str] = Counter()
        self._told: set[str] = set()
        """The members who were refused since something of theirs last ended."""

    def check(self, member_id: str) -> None:
        """Raise the refusal if the member has all in progress that they may."""
        if self._running[member_id] >= self._most:
            raise self._refusal(self._most)

    @contextmanager
    def place(self, member_id: str, *, repeats: bool = True) -> Iterator[None]:
        """Count something of the member until the block ends. Raises the refusal before it.

        Without `repeats`, a member is only told once: then it raises AlreadyReported.
        """
        try:
            self.check(member_id)
        except BotError as error:
            if member_id in self._told and not repeats:
                raise AlreadyReported(str(error)) from error
            self._told.add(member_id)
            raise
        self._running[member_id] += 1
        try:
            yield
        finally:
            self._running[member_id] -= 1
            self._told.discard(member_id)
            if not self._running[member_id]:
                del self._running[member_id]
