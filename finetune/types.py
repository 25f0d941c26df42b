"""The data that crosses the edge of this package: data sets' examples, runs, adapters' cards and champions.

Frozen and free of I/O; chains and bot may import this module and no other of the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LABEL_PROBABILITY = "label_probability"
"""The key of an answer's `response_metadata` under which the probability of its label stands."""


class TaskKind(StrEnum):
    """What a skill's answers are."""

    LABEL = "label"
    """One of a fixed set of labels."""
    TEXT = "text"
    """Free text."""


class TrainingStage(StrEnum):
    """What a training is doing."""

    LOADING = "loading"
    TRAINING = "training"
    EVALUATING = "evaluating"
    """Measuring its base and itself on the held-out examples."""
    PAUSED = "paused"
    """Waiting, in the training or the evaluation, while an answer is generated."""


class VerdictReason(StrEnum):
    """Why an adapter is promoted, or not."""

    BETTER = "better"
    NOT_BETTER = "not_better"
    FORGOT = "forgot"


class FailureReason(StrEnum):
    """Why a training came to nothing."""

    NO_MEMORY = "no_memory"
    NO_DISK = "no_disk"
    KILLED = "killed"
    """The system ended the process."""
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class LabelHelp:
    """What is said beside a label, so that the answer helps whoever gets it."""

    label: str
    sentence: str
    channel: str | None = None
    """Where to go: a channel's name with its `#`, or its mention."""


@dataclass(frozen=True, slots=True)
class Example:
    """One conversation to learn from."""

    turns: tuple[tuple[str, str], ...]
    """Role (`system`, `user` or `assistant`) and text of each turn before the completion; the last is the user's."""
    completion: str
    """What the model is to say: in a label task, the label alone."""
    line: int
    """Where it stands in its file, from 1."""

    @property
    def question(self) -> str:
        """What the user said last."""
        return self.turns[-1][1]


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line of a data set is left out."""

    line: int
    """From 1."""
    code: str
    """Words for it stand in the locales, and in `finetune.errors` for the terminal."""
    figures: tuple[tuple[str, str], ...] = ()
    """What the words name: the field, the other line, the tokens."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Examples that were checked line by line."""

    kind: TaskKind
    examples: tuple[Example, ...]
    label_help: tuple[LabelHelp, ...]
    problems: tuple[LineProblem, ...]
    """The lines that were left out."""
    sha256: str
    """Of the file's bytes."""
    has_chinese: bool
    """Whether any example holds Chinese: an English base cannot learn it."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in sorted order; empty for free text."""
        return tuple(sorted({e.completion for e in self.examples})) if self.kind is TaskKind.LABEL else ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained: LoRA on all linear layers."""

    epochs: int
    batch_size: int
    learning_rate: float
    rank: int = 16
    alpha: int = 32
    warmup: float = 0.05
    """Share of the steps."""
    seed: int = 7
    checkpoint_s: float = 30.0
    """Between checkpoints: a kill loses no more. The last step is kept in any case."""


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """How far a run is."""

    stage: TrainingStage
    step: int
    total_steps: int
    losses: tuple[tuple[int, float], ...] = ()
    """Step and training loss, oldest first."""
    tokens_per_s: float | None = None
    seconds_left: float | None = None
    resumed_from: int = 0
    """The step of the checkpoint from which it went on after a kill; 0: it began at the beginning."""
    done: int = 0
    """While it evaluates: the examples that are done."""
    total: int = 0
    """0 before it evaluates."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Tuned against untuned, on the same held-out examples."""

    held_out_count: int
    tuned_score: float
    """Label task: the share of right labels. Free text: the mean probability of a reference token, exp(-loss)."""
    base_score: float
    gain: Interval
    """Tuned less base, example by example: share of right labels, or nats of loss a token."""
    general_loss_tuned: float
    """Mean loss a token on general questions that were not trained on."""
    general_loss_base: float
    answer_seconds_p50: float
    answer_seconds_p95: float
    label_threshold: float | None = None
    """Label task: 95 of 100 held-out examples that were given the right label were given it with at least this
    probability. None: free text, nothing was right, or it was measured before this was kept."""


@dataclass(frozen=True, slots=True)
class Card:
    """All that is known of one adapter. Kept beside it and in the registry."""

    adapter_sha256: str
    """Of its configuration and weights together."""
    guild_id: str
    skill: str
    kind: TaskKind
    base: str
    """The model that it was trained on, by the name of `TUNING_BASE`."""
    audience_key: str
    """`guild` or `channel:<id>`: that of its data set."""
    dataset_sha256: str
    example_count: int
    """Examples trained on; the held-out ones come on top."""
    labels: tuple[str, ...]
    label_help: tuple[LabelHelp, ...]
    evaluation: Evaluation
    steps: int
    training_seconds: float
    tokens_per_s: float
    peak_memory_mb: int
    created_at: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What an admin asks for."""

    guild_id: str
    skill: str
    audience_key: str
    """`guild` or `channel:<id>`."""
    base: str
    """As `TUNING_BASE`: `auto` chooses by the examples' language."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a tuning would be, before anybody starts it."""

    run_id: str
    skill: str
    kind: TaskKind
    base: str
    """By the name of `TUNING_BASE`."""
    base_title: str
    """For people."""
    example_count: int
    """To train on."""
    held_out_count: int
    label_count: int
    """0 for free text."""
    problems: tuple[LineProblem, ...]
    """The lines that are left out."""
    steps: int
    minutes: float
    """As the last run on this base took here; before the first, as it is known of a machine of two cores."""
    minutes_measured: bool
    """Whether they were measured on this machine."""
    memory_mb: int
    """Needed at its peak."""
    free_memory_mb: int
    replaces: str | None
    """The adapter that is champion of the skill now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: with an adapter that is registered, and perhaps promoted."""

    card: Card
    promoted: bool
    reason: VerdictReason
    previous: Card | None
    """The champion before, where there was one."""


@dataclass(frozen=True, slots=True)
class RouteComparison:
    """What trying the routes on held-out questions found of an adapter."""

    reads_passages: bool
    """Whether it does better with passages than without, beyond chance: opens the combined route."""
    wins: float
    """The share of comparisons with retrieval that it won; a draw is half a win."""
    passages_gain: Interval
    """With passages less without."""


@dataclass(frozen=True, slots=True)
class ListedAdapter:
    """One registered adapter."""

    card: Card
    is_champion: bool
    promotions: int
    """How often it became champion."""


@dataclass(frozen=True, slots=True)
class Champion:
    """The adapter that answers for one skill of one guild, with what was measured of it."""

    guild_id: str
    skill: str
    adapter_sha256: str
    base: str
    """The model that it was trained on, by the name of `TUNING_BASE`."""
    audience_key: str
    """`guild` or `channel:<id>`: that of its data set."""
    example_count: int
    held_out_score: float
    """0 to 1, on examples that it was not trained on."""
    base_score: float
    """The untuned base's score on the same examples."""
    reads_passages: bool
    """Whether it was evaluated with passages too, and won: opens the combined route."""
    training_seconds: float
    kind: TaskKind = TaskKind.TEXT
    labels: tuple[str, ...] = ()
    """All that it can answer; empty for free text."""
    label_help: tuple[LabelHelp, ...] = ()
    wins: float | None = None
    """The share of comparisons with retrieval that it won; None where both were never tried on the same questions."""
    answer_seconds_p50: float = 0.0
    """When it was evaluated."""
    answer_seconds_p95: float = 0.0
    label_threshold: float | None = None
    """The probability that a label needs to be an answer; None: it was not measured, or the answers are free text."""
