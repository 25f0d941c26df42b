"""How far long work is, on stderr: one line that is written over, or a line now and then where nobody watches."""

# ruff: noqa: T201  # printing is what this module is for

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from weights.types import Progress
from weights.units import MEGABYTE

_EVERY_S = 10
"""Between two lines in a log."""


class ProgressLine:
    """Of one process; what is said between two states of it goes to a line of its own."""

    def __init__(self) -> None:
        self._is_open = False
        self._written_s = -float(_EVERY_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()

    def show(self, state: str) -> None:
        """In place of the state before; in a log only where that is a while ago."""
        if sys.stderr.isatty():
            print(f"\r\x1b[K{state}", end="", file=sys.stderr, flush=True)
            self._is_open = True
        elif time.monotonic() - self._written_s >= _EVERY_S:
            print(state, file=sys.stderr, flush=True)
            self._written_s = time.monotonic()

    def show_fetch(self, progress: Progress) -> None:
        """How far a model's download is."""
        size = f" {progress.done_bytes / MEGABYTE:.0f} of {progress.total_bytes / MEGABYTE:.0f} MB"
        self.show(f"{progress.name}: {progress.stage}{size if progress.total_bytes else ''}")

    def end(self) -> None:
        """Leave the last state where it stands."""
        if self._is_open:
            print(file=sys.stderr, flush=True)
        self._is_open = False

    def clear(self) -> None:
        """Take the last state away, for something else to be written there."""
        if self._is_open:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        self._is_open = False
