"""Summarises measurements: shares and paired differences with their 95 % intervals, and percentiles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypedDict

import numpy as np

from finetune.training.promotion_gate import paired_interval


class Share(TypedDict):
    """A share from 0 to 1, with its 95 % interval."""

    share: float
    interval: tuple[float, float]


class Difference(TypedDict):
    """The mean of paired differences, with its 95 % interval."""

    difference: float
    interval: tuple[float, float]


def share(hits: Iterable[bool]) -> Share:
    """Return the share of hits, with Wilson's interval; of no trials it is 0, from 0 to 1."""
    counted = list(hits)
    return {
        "share": round(sum(counted) / max(1, len(counted)), 3),
        "interval": wilson(sum(counted), len(counted)),
    }


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    if trials == 0:
        return 0.0, 1.0
    z = 1.96
    share, spread = successes / trials, z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return round(centre - half, 3), round(centre + half, 3)


def paired_difference(ours: Sequence[float], theirs: Sequence[float]) -> Difference:
    """Return how much more ours scores than theirs on the same examples. Raises ValueError: there are none."""
    found = paired_interval([float(own) - float(other) for own, other in zip(ours, theirs, strict=True)])
    return {"difference": round(found.mean, 3), "interval": (round(found.low, 3), round(found.high, 3))}


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of the values don't exceed, interpolated between neighbours."""
    return float(np.percentile(values, percent))
