"""Scores probabilities: how well they tell yes from no (ROC area), and how true they are (calibration error, Brier).

Examples come in groups, such as the questions on one article, that are drawn together where an interval is resampled.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness.summary_statistics import Difference, Share, wilson

Floats = NDArray[np.float64]

_RESAMPLES = 1000
_BINS = 10
_SEED = 7


class Bin(TypedDict):
    """A tenth of the range of probabilities: what was said, what was, and how often."""

    said: float
    was: float
    interval: tuple[float, float]
    """Of `was`, 95 %."""
    of: int


Reliability = TypedDict(
    "Reliability",
    {"examples": int, "expected calibration error": float, "Brier score": float, "reliability": list[Bin]},
)
"""The calibration error is the mean distance of said and was, each bin weighted by its examples."""


class Areas(TypedDict):
    """The ROC area of each score, and what the first one has more than each other one."""

    areas: dict[str, Share]
    differences: dict[str, Difference]


def roc_areas(scores: Mapping[str, Sequence[float]], was: Sequence[bool], groups: Sequence[Hashable]) -> Areas:
    """Return the ROC area of each score with its 95 % interval, and what the first one has more than each other one.

    All are resampled together, so that the intervals of the differences are paired.
    """
    labels = np.asarray(was, dtype=float)
    draws = _draws(groups)
    whole = np.ones(len(labels))
    ranked = {name: np.unique(np.asarray(score), return_inverse=True)[1] for name, score in scores.items()}
    found = {name: area(ranks, labels, whole) for name, ranks in ranked.items()}
    drawn = {name: np.array([area(ranks, labels, draw) for draw in draws]) for name, ranks in ranked.items()}
    first, *others = scores
    return {
        "areas": {
            name: {"share": round(value, 3), "interval": _interval(drawn[name])} for name, value in found.items()
        },
        "differences": {
            name: {
                "difference": round(found[first] - found[name], 3),
                "interval": _interval(drawn[first] - drawn[name]),
            }
            for name in others
        },
    }


def area(ranks: NDArray[np.intp], labels: Floats, weights: Floats) -> float:
    """Return the ROC area of examples that count `weights` times each; `ranks` are of their scores, from 0, ties equal.

    It is the share of pairs of a true and a false example that the score puts in order, a tie counting half.
    """
    true = np.bincount(ranks, weights * labels)
    false = np.bincount(ranks, weights * (1 - labels))
    pairs = true.sum() * false.sum()
    return float((true * (np.cumsum(false) - false / 2)).sum() / pairs) if pairs else float("nan")


def reliability(said: Sequence[float], was: Sequence[bool]) -> Reliability:
    """Return expected calibration error, Brier score, and said against was in ten equal bins."""
    probabilities, labels = np.asarray(said), np.asarray(was, dtype=float)
    bins = np.clip((probabilities * _BINS).astype(int), 0, _BINS - 1)
    bins_said: list[Bin] = []
    error = 0.0
    for number in range(_BINS):
        own = bins == number
        count = int(own.sum())
        if not count:
            continue
        mean, share = float(probabilities[own].mean()), float(labels[own].mean())
        error += count / len(labels) * abs(mean - share)
        bins_said.append(
            {
                "said": round(mean, 3),
                "was": round(share, 3),
                "interval": wilson(int(labels[own].sum()), count),
                "of": count,
            }
        )
    return {
        "examples": len(labels),
        "expected calibration error": round(error, 3),
        "Brier score": round(float(((probabilities - labels) ** 2).mean()), 3),
        "reliability": bins_said,
    }


def _draws(groups: Sequence[Hashable]) -> list[Floats]:
    """How often each example counts, in each resample of the groups."""
    numbers: dict[Hashable, int] = {}
    own = np.array([numbers.setdefault(group, len(numbers)) for group in groups])
    chance = np.random.default_rng(_SEED)
    count = len(numbers)
    return [np.bincount(chance.integers(count, size=count), minlength=count)[own] * 1.0 for _ in range(_RESAMPLES)]


def _interval(drawn: Floats) -> tuple[float, float]:
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return round(float(low), 3), round(float(high), 3)
