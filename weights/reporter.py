"""Carries a fetch's progress to whoever asked for the model, and their wish to stop back to the fetch and its children.

Edit this file to change how progress is counted, or how a child process is watched and ended.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import BinaryIO

from weights.errors import StoppedError
from weights.types import OnProgress, Progress, Stage

_POLL_S = 0.25


class Reporter:
    """Reports on one model. Every loop that takes time calls `report`, so that stopping is quick."""

    def __init__(self, name: str, total_bytes: int, on_progress: OnProgress | None, stop: Event | None) -> None:
        self._name = name
        self._total_bytes = total_bytes
        self._finished_bytes = 0
        self._on_progress = on_progress
        self._stop = stop
        self._stage: Stage | None = None
        self._furthest = 0

    def is_stopped(self) -> bool:
        """Return whether nobody wants the model any more."""
        return self._stop is not None and self._stop.is_set()

    def report(self, stage: Stage, done_bytes: int, total_bytes: int | None = None) -> None:
        """Report how far the current file is. Raises StoppedError when nobody wants the model any more."""
        if self.is_stopped():
            raise StoppedError(self._name)
        if self._on_progress is None:
            return
        if total_bytes is None:
            done_bytes, total_bytes = self._finished_bytes + done_bytes, self._total_bytes
        if stage != self._stage:
            self._stage, self._furthest = stage, 0
        # Another source starts over: progress that has been shown is never taken back.
        self._furthest = max(self._furthest, min(done_bytes, total_bytes))
        self._on_progress(Progress(self._name, stage, self._furthest, total_bytes))

    def finish_file(self, size_bytes: int) -> None:
        """Count one of the model's files as complete."""
        self._finished_bytes += size_bytes


def run_watched(
    command: Sequence[str],
    output: BinaryIO,
    watch: Callable[[], None],
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a command and return its exit code. `watch` is called repeatedly; an error in it ends the child."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment) as process:
        try:
            while process.poll() is None:
                watch()
                _wait(process)
        except BaseException:
            process.kill()
            raise
    return process.returncode


def last_line(log: Path) -> str:
    """Return the last line of a process's log that is not blank."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return
