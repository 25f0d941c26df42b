"""What a training can report, and in which order: the real tuner is held to it, and the fake can say nothing else."""

from __future__ import annotations

from dataclasses import replace

from finetune.types import TrainingProgress, TrainingStage

_FOLLOWS = {
    TrainingStage.LOADING: {TrainingStage.TRAINING},
    TrainingStage.TRAINING: {TrainingStage.TRAINING, TrainingStage.PAUSED, TrainingStage.EVALUATING},
    TrainingStage.EVALUATING: {TrainingStage.EVALUATING, TrainingStage.PAUSED},
}
"""What a pause is followed by depends on what came before it."""


class Course:
    """Follows one training, and raises AssertionError at what no training can say."""

    def __init__(self) -> None:
        self._last: TrainingProgress | None = None
        self._paused: TrainingStage | None = None

    def follow(self, now: TrainingProgress) -> None:
        assert isinstance(now.stage, TrainingStage)
        last = self._last
        if now.stage is TrainingStage.LOADING:
            # At the beginning, and again where a killed trainer is started anew.
            assert now == TrainingProgress(TrainingStage.LOADING, 0, now.total_steps)
        else:
            assert last is not None, "a training begins by loading"
            self._check_order(last, now)
            self._check_figures(last, now)
        assert 0 <= now.step <= now.total_steps
        assert last is None or now.total_steps == last.total_steps
        if now.stage is TrainingStage.PAUSED:
            self._paused = TrainingStage.EVALUATING if now.total else TrainingStage.TRAINING
        self._last = now

    def _check_order(self, last: TrainingProgress, now: TrainingProgress) -> None:
        if last.stage is TrainingStage.PAUSED:
            assert self._paused is not None
            assert now == replace(last, stage=self._paused), "it goes on where it paused"
        else:
            assert now.stage in _FOLLOWS[last.stage]

    def _check_figures(self, last: TrainingProgress, now: TrainingProgress) -> None:
        steps = [step for step, _ in now.losses]
        assert steps == sorted(set(steps))
        assert not steps or steps[-1] == now.step
        assert now.step >= max(last.step, now.resumed_from)
        assert now.done <= now.total
        is_evaluated = now.stage is TrainingStage.EVALUATING or now.total > 0
        assert (now.total > 0) is is_evaluated
        assert not is_evaluated or now.step == now.total_steps
        assert not is_evaluated or now.seconds_left is None, "how long an evaluation takes is not known"
