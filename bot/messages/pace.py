"""How often a message that shows a long work is edited. Knows no message."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

_OLD_AFTER_S = 3600.0
_OLD_TEXT_S = 60.0
"""Discord takes few edits of a message that is older than an hour (its error 30046)."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often it changes while the work goes on."""

    text_s: float = 5.0
    picture_s: float = 30.0
    clock: Callable[[], float] = time.monotonic


class TextTurns:
    """When the text of one message may change again."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._began = pace.clock()
        self._next = float("-inf")

    def take(self, *, at_once: bool = False) -> bool:
        """Whether it is time; if so, the next turn comes later."""
        now = self._pace.clock()
        if not at_once and now < self._next:
            return False
        is_old = now - self._began > _OLD_AFTER_S
        self._next = now + (_OLD_TEXT_S if is_old else self._pace.text_s)
        return True
