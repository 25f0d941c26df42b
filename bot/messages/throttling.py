"""How often messages may be edited: Discord's limit for each channel, and the slower rhythm of progress messages.

Edit this file when Discord's limits or the rhythm of progress messages change.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

EDIT_INTERVAL_S = 1.5
"""Discord accepts about five edits in five seconds from a bot in one channel: one at once, and four this far apart."""

_SPARE_EDITS = 1
"""Edits that may come at once after a pause, so that a quick answer doesn't wait for its first status."""

_OLD_MESSAGE_AFTER_S = 3600.0
_OLD_MESSAGE_INTERVAL_S = 60.0
"""Discord accepts few edits of a message that is older than an hour (its error 30046)."""


class Throttle:
    """Keeps all edits in one channel far enough apart."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._turn = asyncio.Lock()
        self._rested_at = float("-inf")
        """When the spare edits are all available again."""

    async def turn(self) -> None:
        """Wait until the next edit may be made."""
        async with self._turn:
            clock = asyncio.get_running_loop().time
            pause_s = self._rested_at - _SPARE_EDITS * self._interval_s - clock()
            if pause_s > 0:
                await asyncio.sleep(pause_s)
            self._rested_at = max(self._rested_at, clock()) + self._interval_s


class Throttles:
    """Keeps one throttle for each channel, as long as somebody uses it."""

    def __init__(self, interval_s: float = EDIT_INTERVAL_S) -> None:
        self._interval_s = interval_s
        self._by_channel: WeakValueDictionary[int, Throttle] = WeakValueDictionary()

    def of(self, channel_id: int) -> Throttle:
        """Return the throttle that all writers in a channel share."""
        return self._by_channel.setdefault(channel_id, Throttle(self._interval_s))


@dataclass(frozen=True, slots=True)
class EditIntervals:
    """Keeps how often the text and the picture of a progress message change."""

    text_s: float = 5.0
    picture_s: float = 30.0
    clock: Callable[[], float] = time.monotonic


class EditSchedule:
    """Keeps when the text of one progress message may change again."""

    def __init__(self, intervals: EditIntervals) -> None:
        self._intervals = intervals
        self._began = intervals.clock()
        self._next = float("-inf")

    def take_turn(self, *, at_once: bool = False) -> bool:
        """Return whether the text may be edited now; if so, the next edit is due an interval later."""
        now = self._intervals.clock()
        if not at_once and now < self._next:
            return False
        is_old = now - self._began > _OLD_MESSAGE_AFTER_S
        self._next = now + (_OLD_MESSAGE_INTERVAL_S if is_old else self._intervals.text_s)
        return True
