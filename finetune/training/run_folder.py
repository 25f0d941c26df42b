"""A run's plan, and the folder in which it is trained. Plain files, from which a killed run is resumed.

Edit this file when a run has to keep something more.

DATA_DIR/runs/<id>/
├── plan.json         what is to be done; written once, whole
├── train.jsonl       the examples to train on
├── held_out.jsonl    the examples to measure on
├── checkpoint-<n>/   one with a file `whole` can be resumed from
├── adapter/          the trained adapter
└── result.json       what was measured; written last
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from finetune.types import Evaluation, LabelHelp, Recipe, TaskKind
from storage.atomic_write import write_whole


@dataclass(frozen=True, slots=True)
class Plan:
    """Holds what a run is to do."""

    id: str
    guild_id: str
    skill: str
    kind: TaskKind
    base: str
    """By the name of `TUNING_BASE`."""
    base_folder: str
    audience_key: str
    dataset_sha256: str
    labels: tuple[str, ...]
    label_help: tuple[LabelHelp, ...]
    example_count: int
    held_out_count: int
    english_only: bool
    """Whether the general questions that are replayed are the English ones alone."""
    recipe: Recipe
    total_steps: int
    base_mb: int
    """The size of the base's weights."""
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Result:
    """Holds what a run measured."""

    evaluation: Evaluation
    steps: int
    training_seconds: float
    """The seconds of the steps, without pauses."""
    tokens_per_s: float
    peak_memory_mb: int


_PLAN = TypeAdapter(Plan)
_RESULT = TypeAdapter(Result)


class RunFolder:
    """Reads and writes the files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.train = path / "train.jsonl"
        self.held_out = path / "held_out.jsonl"
        self.adapter = path / "adapter"
        self._plan = path / "plan.json"
        self._result = path / "result.json"

    def has_plan(self) -> bool:
        """Return whether the run is fully prepared."""
        return self._plan.exists()

    def plan(self) -> Plan:
        """Return what is to be done."""
        return _PLAN.validate_json(self._plan.read_bytes())

    def write_plan(self, plan: Plan) -> None:
        """Write the plan, last of the inputs: where it exists, all of them do."""
        write_whole(self._plan, _PLAN.dump_json(plan, indent=1))

    def result(self) -> Result | None:
        """Return what was measured; None before the run's end."""
        return _RESULT.validate_json(self._result.read_bytes()) if self._result.exists() else None

    def write_result(self, result: Result) -> None:
        """Write what was measured, last of all."""
        write_whole(self._result, _RESULT.dump_json(result, indent=1))

    def checkpoint(self) -> Path | None:
        """Return the latest complete checkpoint."""
        whole = [mark.parent for mark in self.path.glob("checkpoint-*/whole")]
        return max(whole, key=step_of, default=None)


def step_of(checkpoint: Path) -> int:
    """Return the step at which a checkpoint was saved."""
    return int(checkpoint.name.rpartition("-")[2])
