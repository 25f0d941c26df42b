"""What every command of the terminal shares: its progress line on stderr, and how its process ends.

Edit this file to change either for all commands. It stands here since this is the lowest package with a command.
"""

# ruff: noqa: T201  # printing is what this module is for

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn, Self

from storage.sizes import MEGABYTE
from weights.types import Progress

_LOG_INTERVAL_S = 10
"""Between two lines in a log."""


class ProgressLine:
    """Shows how far one process is: one line that is overwritten, or, in a log, a line now and then.

    What is printed between two states goes to a line of its own.
    """

    def __init__(self) -> None:
        self._is_open = False
        self._written_s = -float(_LOG_INTERVAL_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()

    def show(self, state: str) -> None:
        """Show a state in place of the one before; in a log only where that was a while ago."""
        if sys.stderr.isatty():
            print(f"\r\x1b[K{state}", end="", file=sys.stderr, flush=True)
            self._is_open = True
        elif time.monotonic() - self._written_s >= _LOG_INTERVAL_S:
            print(state, file=sys.stderr, flush=True)
            self._written_s = time.monotonic()

    def show_fetch(self, progress: Progress) -> None:
        """Show how far a model's download is."""
        size = f" {progress.done_bytes / MEGABYTE:.0f} of {progress.total_bytes / MEGABYTE:.0f} MB"
        self.show(f"{progress.name}: {progress.stage}{size if progress.total_bytes else ''}")

    def end(self) -> None:
        """Leave the last state on the screen and go to the next line."""
        if self._is_open:
            print(file=sys.stderr, flush=True)
        self._is_open = False

    def clear(self) -> None:
        """Erase the last state, so that something else can be printed there."""
        if self._is_open:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        self._is_open = False


def exit_with(main: Callable[[], int]) -> NoReturn:
    """Exit with what `main` returns, or silently with 1 where nobody reads the output any more (`… | head`)."""
    try:
        try:
            code = main()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Otherwise the interpreter's own flush complains.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(code)
