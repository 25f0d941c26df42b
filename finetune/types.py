"""The data that crosses the edge of this package: data sets' examples, runs, adapters' cards and champions.

Frozen; of this package, chains imports this module only. Edit this file when a card or a champion has to state
something more; cards are on disk, so new fields need a default.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

LABEL_PROBABILITY = "label_probability"
"""The key of an answer's `response_metadata` under which the probability of its label stands."""


class TaskKind(StrEnum):
    """Names what a skill's answers are."""

    LABEL = "label"
    """One of a fixed set of labels."""
    TEXT = "text"
    """Free text."""


class TrainingStage(StrEnum):
    """Names what a training is doing."""

    WAITING = "waiting"
    """Waiting until another training on the same data folder ends."""
    LOADING = "loading"
    TRAINING = "training"
    EVALUATING = "evaluating"
    """Measuring its base and itself on the held-out examples."""
    PAUSED = "paused"
    """Waiting, in the training or the evaluation, while an answer is generated."""


class VerdictReason(StrEnum):
    """Names why an adapter is promoted, or not."""

    BETTER = "better"
    NOT_BETTER = "not_better"
    FORGOT = "forgot"
    COMMONEST = "commonest"
    """Not significantly better than giving the commonest label to everything."""


class FailureReason(StrEnum):
    """Names why a training failed."""

    NO_MEMORY = "no_memory"
    NO_DISK = "no_disk"
    KILLED = "killed"
    """The system ended the process."""
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class LabelHelp:
    """Holds what is shown with a label, so that the answer helps whoever gets it."""

    label: str
    sentence: str
    channel: str | None = None
    """Where to go: a channel's name with its `#`, or its mention."""


@dataclass(frozen=True, slots=True)
class Example:
    """Holds one conversation to learn from."""

    turns: tuple[tuple[str, str], ...]
    """Role (`system`, `user` or `assistant`) and text of each turn before the completion; the last is the user's."""
    completion: str
    """The right answer: in a label task, only the label."""
    line: int
    """Its line in the file, from 1."""

    @property
    def question(self) -> str:
        """Return the user's last message."""
        return self.turns[-1][1]


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Holds why a line of a data set is left out."""

    line: int
    """From 1."""
    code: str
    """The key of its sentence in the locales, and in `finetune.errors` for the terminal."""
    figures: tuple[tuple[str, str], ...] = ()
    """What the sentence names: the field, the other line, the tokens."""


@dataclass(frozen=True, slots=True)
class JoinedLabel:
    """Holds a label that a file writes in several ways which look the same or nearly so."""

    label: str
    """The commonest spelling, which all of them became."""
    spellings: tuple[str, ...]
    """The other spellings."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Holds examples that were checked line by line."""

    kind: TaskKind
    examples: tuple[Example, ...]
    label_help: tuple[LabelHelp, ...]
    problems: tuple[LineProblem, ...]
    """The lines that were left out."""
    sha256: str
    """The hash of the file's bytes."""
    has_chinese: bool
    """Whether any example holds Chinese: an English base cannot learn it."""
    joined_labels: tuple[JoinedLabel, ...] = ()

    @property
    def single_labels(self) -> tuple[str, ...]:
        """Return the labels with only one example, which can't be measured and may be a typing error; sorted."""
        if self.kind is not TaskKind.LABEL:
            return ()
        return tuple(sorted(label for label, n in Counter(e.completion for e in self.examples).items() if n == 1))

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the labels in sorted order; empty for free text."""
        return tuple(sorted({e.completion for e in self.examples})) if self.kind is TaskKind.LABEL else ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """Holds how a model is trained: LoRA on all linear layers."""

    epochs: int
    batch_size: int
    learning_rate: float
    rank: int = 16
    alpha: int = 32
    warmup: float = 0.05
    """Share of the steps."""
    seed: int = 7
    checkpoint_s: float = 30.0
    """The time between checkpoints, the most that a kill loses. The last step is always kept."""


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """Holds how far a run is."""

    stage: TrainingStage
    step: int
    total_steps: int
    losses: tuple[tuple[int, float], ...] = ()
    """Step and training loss, oldest first."""
    tokens_per_s: float | None = None
    seconds_left: float | None = None
    resumed_from: int = 0
    """The step of the checkpoint from which it resumed after a kill; 0: it has not been resumed."""
    done: int = 0
    """The examples that are done, while it evaluates."""
    total: int = 0
    """0 before it evaluates."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Holds a mean and its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Holds how often the held-out examples of one label were given it."""

    label: str
    count: int
    right: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Holds how the tuned model did against the untuned one, on the same held-out examples."""

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
    label_scores: tuple[LabelScore, ...] = ()
    """Label task: how the tuned model did on each label, the worst first. Empty where it was not kept yet."""
    over_commonest: Interval | None = None
    """Label task: tuned less what giving the commonest label to everything would have got right. None: not kept yet."""


@dataclass(frozen=True, slots=True)
class Card:
    """Holds all that is known of one adapter; kept with its files and in the registry."""

    adapter_sha256: str
    """The hash of its configuration and weights together."""
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
    """Holds what an admin asks for."""

    guild_id: str
    skill: str
    audience_key: str
    """`guild` or `channel:<id>`."""
    base: str
    """As `TUNING_BASE`: `auto` chooses by the examples' language."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Holds what a training will be like, before it is started."""

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
    joined_labels: tuple[JoinedLabel, ...] = ()
    single_labels: tuple[str, ...] = ()
    """The labels with only one example."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Holds how a run ended: with an adapter that is registered, and perhaps promoted."""

    card: Card
    promoted: bool
    reason: VerdictReason
    previous: Card | None
    """The champion before, where there was one."""


@dataclass(frozen=True, slots=True)
class RouteComparison:
    """Holds how an adapter did against the other routes on held-out questions."""

    reads_passages: bool
    """Whether it does better with passages than without, beyond chance: opens the combined route."""
    wins: float
    """The share of comparisons with retrieval that it won; a tie is half a win."""
    passages_gain: Interval
    """The score with passages less that without."""


@dataclass(frozen=True, slots=True)
class ListedAdapter:
    """Holds one registered adapter for a list."""

    card: Card
    is_champion: bool
    promotions: int
    """How often it became champion."""


@dataclass(frozen=True, slots=True)
class Champion:
    """Holds the adapter that answers for one skill of one guild, with what was measured of it."""

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
    """The seconds of an answer, as measured at its evaluation."""
    answer_seconds_p95: float = 0.0
    label_threshold: float | None = None
    """The probability that a label needs to be an answer; None: it was not measured, or the answers are free text."""
