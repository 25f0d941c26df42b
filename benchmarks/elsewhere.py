"""What else a machine does while something is measured on it, so that a figure of a busy one is known for it."""

from __future__ import annotations

import time

import psutil


class Elsewhere:
    """How many cores other processes use, from now on. What a child process uses counts for another's until it ends."""

    def __init__(self) -> None:
        self._began, self._busy_s = time.perf_counter(), _busy_elsewhere_s()

    def cores(self) -> float:
        """On average, so far."""
        return max(0.0, (_busy_elsewhere_s() - self._busy_s) / (time.perf_counter() - self._began))


def _busy_elsewhere_s() -> float:
    times = psutil.cpu_times()
    own = psutil.Process().cpu_times()
    everyone = times.user + times.nice + times.system
    return float(everyone - own.user - own.system - own.children_user - own.children_system)
