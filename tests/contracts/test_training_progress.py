"""What a tuner reports of a run: the scripted one, and the real one with a real training process, keep to the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.ports import TunerPort
from finetune.bases import Bases
from finetune.registry import Registry
from finetune.serving.generation import Busy
from finetune.training.run_folder import RunFolder
from finetune.training.runner import Runner
from finetune.training.tuner import Tuner as RealTuner
from finetune.types import TrainingProgress, TrainingRequest, TrainingStage
from tests.fakes.scripted_tuner import ScriptedTuner
from tests.fakes.training_course import Course
from tests.finetune.conftest import skill_rows, tiny_base  # noqa: F401 - fixtures
from weights.store import Weights

Train = Callable[[], Awaitable[list[TrainingProgress]]]


async def _trained(
    tuner: TunerPort, rows: list[dict[str, str]], base: str, runs: Path, pause_at: Callable[[TrainingProgress], None]
) -> list[TrainingProgress]:
    data = "\n".join(json.dumps(row) for row in rows).encode()
    dataset = await tuner.examine(data, "repairs.jsonl")
    preview = await tuner.prepare(dataset, TrainingRequest("g", "repairs", "guild", base))
    folder = RunFolder(runs / preview.run_id)
    if folder.has_plan():  # The order of what is reported is the same in a short training.
        plan = folder.plan()
        steps = plan.total_steps // plan.recipe.epochs
        folder.write_plan(replace(plan, recipe=replace(plan.recipe, epochs=1), total_steps=steps))
    reported: list[TrainingProgress] = []

    def follow(progress: TrainingProgress) -> None:
        reported.append(progress)
        pause_at(progress)

    await tuner.run(preview.run_id, follow)
    return reported


@pytest.fixture(params=["scripted", "real"])
def train(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    weights: Weights,
    tiny_base: str,  # noqa: F811
    skill_rows: list[dict[str, str]],  # noqa: F811
) -> Train:
    """Train once, while answers are generated in the training and in the evaluation."""
    registry, busy = Registry(tmp_path / "data"), Busy()
    if request.param == "scripted":
        scripted = ScriptedTuner(registry, tmp_path / "trained")
        return lambda: _trained(scripted, skill_rows, tiny_base, tmp_path / "none", lambda progress: None)
    real = RealTuner(tmp_path / "data", Bases(weights), registry, Runner(busy))
    answers = _Answers(busy)
    return lambda: _trained(real, skill_rows, tiny_base, tmp_path / "data" / "runs", answers.follow)


class _Answers:
    """Starts an answer while the model loads and one at the first measurement; ends each once a pause is reported.

    The first starts long before the first step, so that the training is paused however fast its steps are.
    """

    def __init__(self, busy: Busy) -> None:
        self._busy = busy
        self._left = {TrainingStage.LOADING, TrainingStage.EVALUATING}
        self._answer = busy.generating()

    def follow(self, progress: TrainingProgress) -> None:
        if progress.stage is TrainingStage.PAUSED:
            self._answer.__exit__(None, None, None)
        elif progress.stage in self._left:
            self._left.discard(progress.stage)
            self._answer = self._busy.generating()
            self._answer.__enter__()


async def test_every_stage_is_reported_and_a_pause_is_followed_by_what_was_paused(train: Train) -> None:
    course = Course()
    async with asyncio.timeout(600):
        reported = await train()
    for progress in reported:
        course.follow(progress)
    # Nothing else trains meanwhile.
    assert {progress.stage for progress in reported} == set(TrainingStage) - {TrainingStage.WAITING}
