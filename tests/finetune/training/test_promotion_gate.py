"""What an adapter has to achieve, from figures alone."""

from __future__ import annotations

from finetune.training.promotion_gate import gain_over_commonest, judge, paired_interval
from finetune.types import Evaluation, LabelScore, TaskKind, VerdictReason

ANSWERS = ["routine"] * 90 + ["emergency"] * 10


def _measured(base: list[float], tuned: list[float]) -> Evaluation:
    gain = paired_interval([own - other for own, other in zip(tuned, base, strict=True)])
    shares = sum(tuned) / len(tuned), sum(base) / len(base)
    over = gain_over_commonest(ANSWERS, tuned)
    return Evaluation(len(tuned), *shares, gain, 2.0, 2.0, 0.1, 0.2, over_commonest=over)


def test_a_model_that_always_says_the_commonest_label_is_not_promoted_however_weak_its_base() -> None:
    base = [1.0] * 60 + [0.0] * 30 + [1.0] * 3 + [0.0] * 7
    always_routine = [1.0] * 90 + [0.0] * 10
    verdict = judge(_measured(base, always_routine), TaskKind.LABEL)
    assert (verdict.promoted, verdict.reason) == (False, VerdictReason.COMMONEST)


def test_a_model_that_finds_the_rare_label_as_well_is_promoted() -> None:
    base = [1.0] * 63 + [0.0] * 37
    finds_both = [1.0] * 99 + [0.0]
    assert judge(_measured(base, finds_both), TaskKind.LABEL).reason is VerdictReason.BETTER


def test_each_label_has_its_own_figures_the_worst_first() -> None:
    from finetune.training.evaluator import label_scores

    scores = label_scores([*ANSWERS, "other"], [1.0] * 89 + [0.0] * 11 + [1.0])
    assert scores == (LabelScore("emergency", 10, 0), LabelScore("routine", 90, 89), LabelScore("other", 1, 1))
