"""The promotion gate: decides from what was measured whether an adapter becomes champion.

Edit this file to change what an adapter has to achieve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finetune.types import Evaluation, Interval, RouteComparison, TaskKind, VerdictReason

_RESAMPLES = 4000
_SEED = 7
MOST_FORGOTTEN = 0.25
"""How far the loss on general questions may rise, in nats a token: beyond it, a small model starts to answer everything
in the words of its task (docs/decisions.md)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Holds whether an adapter becomes champion, and why."""

    promoted: bool
    reason: VerdictReason


def paired_interval(differences: Sequence[float]) -> Interval:
    """Return the mean of paired differences with its 95 % percentile bootstrap interval (Efron 1979), seeded.

    Raises:
        ValueError: there is no difference.
    """
    if not differences:
        raise ValueError("an interval needs at least one pair")
    values = np.asarray(differences, dtype=np.float64)
    resampled = np.random.default_rng(_SEED).integers(0, len(values), size=(_RESAMPLES, len(values)))
    low, high = np.percentile(values[resampled].mean(axis=1), [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def gain_over_commonest(answers: Sequence[str], scores: Sequence[float]) -> Interval:
    """Return what the scores, 0 or 1 each, are above giving the commonest of the right answers to everything."""
    commonest = Counter(answers).most_common(1)[0][0]
    return paired_interval([score - (answer == commonest) for answer, score in zip(answers, scores, strict=True)])


def judge(evaluation: Evaluation, kind: TaskKind) -> Verdict:
    """Promote only what is significantly better than its base; for free text it must not have forgotten the rest.

    In a label task the model answers only with its labels, so what it forgot never shows. There it must also be better
    than giving the commonest label to everything, which a weak base may not be.
    """
    if evaluation.gain.low <= 0:
        return Verdict(False, VerdictReason.NOT_BETTER)
    if evaluation.over_commonest is not None and evaluation.over_commonest.low <= 0:
        return Verdict(False, VerdictReason.COMMONEST)
    forgotten = evaluation.general_loss_tuned - evaluation.general_loss_base
    if kind is TaskKind.TEXT and forgotten > MOST_FORGOTTEN:
        return Verdict(False, VerdictReason.FORGOT)
    return Verdict(True, VerdictReason.BETTER)


def judge_comparison(trials: Sequence[tuple[float, float, float]]) -> RouteComparison:
    """Return what comparing the routes says of an adapter, which reads passages if that is significantly better.

    Each trial has the scores of retrieval, of the tuned model alone, and of the tuned model with passages.

    Raises:
        ValueError: there is no trial.
    """
    gain = paired_interval([combined - alone for _, alone, combined in trials])
    won = [1.0 if alone > retrieval else 0.5 if alone == retrieval else 0.0 for retrieval, alone, _ in trials]
    return RouteComparison(gain.low > 0, sum(won) / len(won), gain)
