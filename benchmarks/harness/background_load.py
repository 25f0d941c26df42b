"""Measures what else a machine does during a measurement, so that a figure of a busy machine is known for it."""

from __future__ import annotations

import time

import psutil


class BackgroundLoad:
    """Counts the cores that other processes use from now on; a child process counts as another until it ends."""

    def __init__(self) -> None:
        self._began, self._busy_s = time.perf_counter(), _others_busy_s()

    def cores(self) -> float:
        """Return how many cores others have used so far, on average."""
        return max(0.0, (_others_busy_s() - self._busy_s) / (time.perf_counter() - self._began))


def _others_busy_s() -> float:
    times = psutil.cpu_times()
    own = psutil.Process().cpu_times()
    everyone = times.user + times.nice + times.system
    return float(everyone - own.user - own.system - own.children_user - own.children_system)
