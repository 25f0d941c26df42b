"""How well a probability tells yes from no, and how true it is. Pure: figures of probabilities and what was.

Examples come in groups, such as the questions on one article, that are drawn together where an interval is resampled.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks import results

Floats = NDArray[np.float64]

_RESAMPLES = 1000
_BINS = 10
_SEED = 7


def areas(scores: Mapping[str, Sequence[float]], was: Sequence[bool], groups: Sequence[Hashable]) -> dict[str, object]:
    """The ROC area of each score with its 95 % interval, and what the first one has more than each other one.

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
        "ROC area": {
            name: {"share": round(value, 3), "interval": _interval(drawn[name])} for name, value in found.items()
        },
        f"{first} less the other": {
            name: {
                "difference": round(found[first] - found[name], 3),
                "interval": _interval(drawn[first] - drawn[name]),
            }
            for name in others
        },
    }


def area(ranks: NDArray[np.intp], labels: Floats, weights: Floats) -> float:
    """The ROC area of examples that count `weights` times each; `ranks` are those of their scores, from 0, ties equal.

    The share of pairs of a true and a false example that the score puts in order, a tie counting half.
    """
    true = np.bincount(ranks, weights * labels)
    false = np.bincount(ranks, weights * (1 - labels))
    pairs = true.sum() * false.sum()
    return float((true * (np.cumsum(false) - false / 2)).sum() / pairs) if pairs else float("nan")


def truth(said: Sequence[float], was: Sequence[bool]) -> dict[str, object]:
    """Brier score, expected calibration error, and said against was in ten equal bins, with Wilson's intervals."""
    probabilities, labels = np.asarray(said), np.asarray(was, dtype=float)
    bins = np.clip((probabilities * _BINS).astype(int), 0, _BINS - 1)
    rows = []
    error = 0.0
    for number in range(_BINS):
        own = bins == number
        count = int(own.sum())
        if not count:
            continue
        mean, share = float(probabilities[own].mean()), float(labels[own].mean())
        error += count / len(labels) * abs(mean - share)
        rows.append(
            {
                "said": round(mean, 3),
                "was": round(share, 3),
                "interval": results.wilson(int(labels[own].sum()), count),
                "of": count,
            }
        )
    return {
        "examples": len(labels),
        "expected calibration error": round(error, 3),
        "Brier score": round(float(((probabilities - labels) ** 2).mean()), 3),
        "reliability": rows,
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
