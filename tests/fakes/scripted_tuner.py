"""A tuner that trains nothing: it reports what a test tells it to, and is held at whichever stage the test wants.

Examining is the real one, and what it finishes goes into the real registry.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.ports import TunerPort
from finetune.data.dataset import load_dataset, split_dataset
from finetune.errors import RunNotFoundError
from finetune.registry import Registry, adapter_sha256
from finetune.training.promotion_gate import judge
from finetune.types import (
    Card,
    Dataset,
    Evaluation,
    Interval,
    LabelHelp,
    Outcome,
    Preview,
    TrainingProgress,
    TrainingRequest,
    TrainingStage,
)
from tests.fakes.training_course import Course
from weights.types import OnProgress, Progress, Stage

BETTER = Evaluation(64, 0.917, 0.523, Interval(0.394, 0.301, 0.48), 2.1, 2.0, 0.93, 1.44)
NOT_BETTER = Evaluation(64, 0.54, 0.523, Interval(0.017, -0.05, 0.09), 2.1, 2.0, 0.93, 1.44)
LOSSES = tuple((step, 1.0 + 0.1 * abs(20 - step)) for step in range(1, 41))
SCRIPT = (
    TrainingProgress(TrainingStage.LOADING, 0, 40),
    TrainingProgress(TrainingStage.TRAINING, 20, 40, LOSSES[:20], 310.4, 250.0),
    TrainingProgress(TrainingStage.PAUSED, 20, 40, LOSSES[:20], 310.4, 250.0),
    TrainingProgress(TrainingStage.TRAINING, 20, 40, LOSSES[:20], 310.4, 250.0),
    TrainingProgress(TrainingStage.TRAINING, 40, 40, LOSSES, 312.0, 0.0),
    TrainingProgress(TrainingStage.EVALUATING, 40, 40, LOSSES, 312.0, done=16, total=64),
)


@dataclass
class ScriptedTuner:
    """Fulfils `bot.ports.Tuner`. `holds_at` names the stage at which a run waits for `may_go_on`.

    A script that the real tuner could not follow raises AssertionError (`training_course.py`).
    """

    registry: Registry
    folder: Path
    evaluation: Evaluation = BETTER
    script: tuple[TrainingProgress, ...] = SCRIPT
    holds_at: str = ""
    fails: Exception | None = None
    """Raised by a run, once, after its whole script."""
    refuses: Exception | None = None
    """Raised when a run is prepared."""
    fetches: tuple[Progress, ...] = ()
    prepared: dict[str, tuple[Dataset, TrainingRequest]] = field(default_factory=dict)
    help: list[LabelHelp] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    discarded: list[str] = field(default_factory=list)
    discarding: list[str] = field(default_factory=list)
    """Each time that a run's files begin to go, where `holds_discarding` is set."""
    holds_discarding: asyncio.Event | None = None
    """Until it is set, no run's files go."""

    def __post_init__(self) -> None:
        self.may_go_on = asyncio.Event()

    async def examine(self, data: bytes, name: str) -> Dataset:
        return load_dataset(data, name)

    async def prepare(
        self,
        dataset: Dataset,
        wanted: TrainingRequest,
        on_fetch: OnProgress | None = None,
        place: Callable[[LabelHelp], LabelHelp] = lambda described: described,
    ) -> Preview:
        for progress in self.fetches:
            if on_fetch is not None:
                await asyncio.to_thread(on_fetch, progress)
        if self.refuses is not None:
            raise self.refuses
        parts = split_dataset(dataset)
        self.help = [place(described) for described in dataset.label_help]
        run_id = f"run{len(self.prepared)}"
        self.prepared[run_id] = (dataset, wanted)
        champion = self.registry.champion_of(wanted.guild_id, wanted.skill)
        return Preview(
            run_id=run_id,
            skill=wanted.skill,
            kind=dataset.kind,
            base="embedded-small",
            base_title="SmolLM2-135M-Instruct",
            example_count=len(parts.train),
            held_out_count=len(parts.held_out),
            label_count=len(dataset.labels),
            problems=dataset.problems,
            steps=40,
            minutes=6.4,
            minutes_measured=False,
            memory_mb=2300,
            free_memory_mb=5120,
            replaces=None if champion is None else champion.adapter_sha256,
        )

    async def run(self, run_id: str, on_progress: Callable[[TrainingProgress], None]) -> None:
        if run_id not in self.prepared:
            raise RunNotFoundError
        self.ran.append(run_id)
        course = Course()
        try:
            for progress in self.script:
                course.follow(progress)
                on_progress(progress)
                await asyncio.sleep(0)
                if progress.stage == self.holds_at:
                    await self.may_go_on.wait()
        except asyncio.CancelledError:
            self.cancelled.append(run_id)
            raise
        if self.fails is not None:
            error, self.fails = self.fails, None
            raise error

    async def finish(self, run_id: str) -> Outcome:
        dataset, wanted = self.prepared[run_id]
        return await asyncio.to_thread(self._finish, run_id, dataset, wanted)

    async def discard(self, run_id: str) -> None:
        if self.holds_discarding is not None:
            self.discarding.append(run_id)
            await self.holds_discarding.wait()
        self.prepared.pop(run_id, None)
        self.discarded.append(run_id)

    async def sweep(self, started: frozenset[str]) -> None:
        """Nothing is ever left here."""

    def _finish(self, run_id: str, dataset: Dataset, wanted: TrainingRequest) -> Outcome:
        card = register(self.registry, self.folder / run_id, dataset, wanted, self.evaluation)
        previous = self.registry.champion_of(wanted.guild_id, wanted.skill)
        verdict = judge(card.evaluation, card.kind)
        if verdict.promoted:
            self.registry.promote(wanted.guild_id, card.adapter_sha256)
        return Outcome(card, verdict.promoted, verdict.reason, previous)


def register(
    registry: Registry, folder: Path, dataset: Dataset, wanted: TrainingRequest, evaluation: Evaluation
) -> Card:
    """Put an adapter of a few bytes, other for each folder, into the real registry."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text("{}", "utf-8")
    (folder / "adapter_model.safetensors").write_bytes(hashlib.sha256(str(folder.name).encode()).digest())
    card = Card(
        adapter_sha256=adapter_sha256(folder),
        guild_id=wanted.guild_id,
        skill=wanted.skill,
        kind=dataset.kind,
        base="embedded-small",
        audience_key=wanted.audience_key,
        dataset_sha256=dataset.sha256,
        example_count=264,
        labels=dataset.labels,
        label_help=dataset.label_help,
        evaluation=evaluation,
        steps=40,
        training_seconds=440.0,
        tokens_per_s=310.4,
        peak_memory_mb=1830,
        created_at=datetime(2026, 10, 12, tzinfo=UTC).isoformat(),
    )
    registry.register(card, folder, b"", b"")
    return card


FETCHES = (
    Progress("embedded-small", Stage.DOWNLOADING, 40_000_000, 100_000_000),
    Progress("embedded-small", Stage.CONVERTING, 0, 0),
)


_CONFORMS: type[TunerPort] = ScriptedTuner
