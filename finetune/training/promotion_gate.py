"""The gate before a champion: pure figures in, a verdict out. Runs no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finetune.types import Evaluation, Interval, RouteComparison, TaskKind, VerdictReason

_RESAMPLES = 4000
_SEED = 7
MOST_FORGOTTEN = 0.25
"""Nats a token by which the loss on general questions may rise: above, a small model begins to answer everything in
the words of its task (docs/decisions.md)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an adapter becomes champion, and why not."""

    promoted: bool
    reason: VerdictReason


def paired_interval(differences: Sequence[float]) -> Interval:
    """The mean of paired differences with its 95 % percentile bootstrap interval (Efron 1979), seeded.

    Raises:
        ValueError: there is none.
    """
    if not differences:
        raise ValueError("an interval needs at least one pair")
    values = np.asarray(differences, dtype=np.float64)
    drawn = np.random.default_rng(_SEED).integers(0, len(values), size=(_RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def judge(evaluation: Evaluation, kind: TaskKind) -> Verdict:
    """Promote only what is better than its base beyond chance; a free writer must not have forgotten the rest either.

    A label task's model says nothing but its labels, so what it forgot never shows.
    """
    if evaluation.gain.low <= 0:
        return Verdict(False, VerdictReason.NOT_BETTER)
    forgotten = evaluation.general_loss_tuned - evaluation.general_loss_base
    if kind is TaskKind.TEXT and forgotten > MOST_FORGOTTEN:
        return Verdict(False, VerdictReason.FORGOT)
    return Verdict(True, VerdictReason.BETTER)


def judge_comparison(trials: Sequence[tuple[float, float, float]]) -> RouteComparison:
    """What trying the routes says of an adapter; each trial has the score of retrieval, of the tuned model alone, and
    of the tuned model reading passages. It reads passages from now on where that is better beyond chance.

    Raises:
        ValueError: there is no trial.
    """
    gain = paired_interval([combined - alone for _, alone, combined in trials])
    won = [1.0 if alone > retrieval else 0.5 if alone == retrieval else 0.0 for retrieval, alone, _ in trials]
    return RouteComparison(gain.low > 0, sum(won) / len(won), gain)
