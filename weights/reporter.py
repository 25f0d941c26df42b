"""Carries a fetch's progress to whoever asked for the model, and their wish to stop back to the fetch."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from weights.errors import StoppedError
from weights.types import OnProgress, Progress, Stage


class Reporter:
    """For one model. `report` is called in every loop that takes time, so that stopping is quick."""

    def __init__(self, name: str, total_bytes: int, on_progress: OnProgress | None, stop: Event | None) -> None:
        self._name = name
        self._total_bytes = total_bytes
        self._finished_bytes = 0
        self._on_progress = on_progress
        self._stop = stop
        self._stage: Stage | None = None
        self._furthest = 0

    def is_stopped(self) -> bool:
        """Whether nobody wants the model any more."""
        return self._stop is not None and self._stop.is_set()

    def report(self, stage: Stage, done_bytes: int, total_bytes: int | None = None) -> None:
        """Tell how far the current file is. Raises StoppedError when nobody wants the model any more."""
        if self.is_stopped():
            raise StoppedError(self._name)
        if self._on_progress is None:
            return
        if total_bytes is None:
            done_bytes, total_bytes = self._finished_bytes + done_bytes, self._total_bytes
        if stage != self._stage:
            self._stage, self._furthest = stage, 0
        # Another place, or another way of fetching, begins anew: what has been shown is not taken back.
        self._furthest = max(self._furthest, min(done_bytes, total_bytes))
        self._on_progress(Progress(self._name, stage, self._furthest, total_bytes))

    def finish_file(self, size_bytes: int) -> None:
        """One of the model's files is complete."""
        self._finished_bytes += size_bytes


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; 0 where there is none. Files may vanish meanwhile."""
    if path.is_file():
        return path.stat().st_size
    total = 0
    for found in path.rglob("*"):
        try:
            total += found.stat().st_size if found.is_file() else 0
        except FileNotFoundError:
            continue
    return total
