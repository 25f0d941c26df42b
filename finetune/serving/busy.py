"""Whether an answer is being generated, for whoever should wait meanwhile. Knows neither side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Busy:
    """Counts what is being generated; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._listeners: list[Callable[[bool], None]] = []

    @contextmanager
    def generating(self) -> Iterator[None]:
        """While the block lasts, an answer is being generated."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    @contextmanager
    def subscribe(self, listener: Callable[[bool], None]) -> Iterator[None]:
        """Tell `listener` of every change while the block lasts, from any thread, and once at its beginning."""
        with self._lock:
            self._listeners.append(listener)
            listener(self._running > 0)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def _count(self, more: int) -> None:
        with self._lock:
            was_busy = self._running > 0
            self._running += more
            is_busy = self._running > 0
            if was_busy is not is_busy:
                for listener in self._listeners:
                    listener(is_busy)
