"""How the processor time of a call grows with its input: a ratio, so a slow or busy machine gives the same."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

_TIMES_LARGER = 4
_MOST_TIMES_SLOWER = 9.0
"""A call that takes linear time comes to 4 and one that also sorts to about 5; one that takes the square, to 16."""
_TOO_SHORT_TO_COMPARE_S = 0.02
_RUNS = 3
_ATTEMPTS = 3


def takes_no_quadratic_time(call: Callable[[int], object], size: int) -> bool:
    """Whether a call with an input of `size` takes at most nine times as long as with a quarter of it.

    The shortest of three runs counts, and the best of three attempts: a machine that slows down for a second lengthens
    one of them, and quadratic time all. Each run is one larger than the one before, so a cache doesn't answer it.
    """
    return any(_is_proportionate(call, size + attempt * _RUNS) for attempt in range(_ATTEMPTS))


def _is_proportionate(call: Callable[[int], object], size: int) -> bool:
    longest = _shortest_s(call, size)
    return longest < _TOO_SHORT_TO_COMPARE_S or longest < _MOST_TIMES_SLOWER * _shortest_s(call, size // _TIMES_LARGER)


def _shortest_s(call: Callable[[int], object], size: int) -> float:
    return min(_processor_s(call, size + run) for run in range(_RUNS))


def _processor_s(call: Callable[[int], object], size: int) -> float:
    # How long a collection takes depends on what other tests left in memory.
    gc.disable()
    try:
        began = time.thread_time()
        call(size)
        return time.thread_time() - began
    finally:
        gc.enable()
