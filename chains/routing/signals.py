"""The signals: the numbers that a decision reads, each measured or missing for a stated reason, and their ranges.

Edit this file to add a signal, or to change what a unit's values can be.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from chains.decision_log import Latency
from chains.routing.question_kind import QuestionKind
from chains.types import GateName, Signal, SignalName, SignalScope
from finetune.types import Champion

LATENCY = "seconds of an answer"
"""The unit of what is shown and not weighed."""

MOST_DECIMALS = 9
"""The most decimals in which a value is ever shown."""


@dataclass(frozen=True, slots=True)
class Range:
    """Holds the values that a signal of some unit can really have."""

    low: float
    high: float
    decimals: int
    """How many are usually shown, in its own unit."""
    logarithmic: bool = False
    """Whether its changes are compared by their ratio."""
    whole: bool = False

    def position(self, value: float) -> float:
        """Return where `value` lies on the axis on which changes are compared."""
        return math.log10(max(value, self.low)) if self.logarithmic else value

    def value(self, position: float) -> float:
        """Return the value at a position, the inverse of `position`."""
        return math.pow(10, position) if self.logarithmic else position

    def distance(self, first: float, second: float) -> float:
        """Return how far apart two positions are, as a share of the range."""
        return abs(first - second) / (self.position(self.high) - self.position(self.low))

    def distinguishing_decimals(self, shown: float, measured: float) -> int:
        """Return the fewest decimals, no fewer than usual, that show `shown` exactly and distinct from `measured`."""
        enough = (d for d in range(self.decimals, MOST_DECIMALS) if round(shown, d) == shown)
        return next((d for d in enough if abs(shown - measured) >= 10**-d), MOST_DECIMALS)


RANGES = {
    "probability": Range(0.0, 1.0, 2),
    "share": Range(0.0, 1.0, 2),
    # Nobody waits longer than a minute.
    "seconds": Range(-60.0, 60.0, 1),
    # A champion has at least one, and no community writes more than a hundred thousand.
    "examples": Range(1.0, 100_000.0, 0, logarithmic=True, whole=True),
    "ratio": Range(0.001, 1000.0, 2, logarithmic=True),
}
"""The range of each unit; a unit that is missing here never changes."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Holds what was measured about one question, before it becomes signals. None: not measured."""

    passages_hold_answer: float | None
    has_documents: bool
    kinds: Mapping[QuestionKind, float]
    champion: Champion | None
    likeness_to_training: float | None = None
    retrieval_latency: Latency | None = None
    """That of this guild's last answers by retrieval."""
    specialist_latency: Latency | None = None
    """That of its last answers by tuned models; until there are enough, as measured at the champion's evaluation."""
    found_passages: bool = False
    """Whether the search found any; without the vectors of a guild it finds some that can't be rated."""
    moderators_answer: float | None = None
    """Similarity to the question that a moderator answered; 1 where it is the same. None: no such answer was found."""
    cost_ratio: float | None = None
    """Seconds of a question by retrieval over those of one by the tuned model, its training shared among them."""


def signals_of(measured: Measured) -> tuple[Signal, ...]:
    """Return all signals, in a fixed order."""
    return (*_question_signals(measured), *_skill_signals(measured), *_installation_signals(measured))


def _question_signals(measured: Measured) -> tuple[Signal, ...]:
    kinds = measured.kinds
    if not measured.has_documents:
        no_passage = "no_documents"
    else:
        no_passage = GateName.PASSAGES_NOT_RATED if measured.found_passages else GateName.NOTHING_FOUND
    return (
        _signal_of(
            SignalName.PASSAGES_HOLD_ANSWER,
            measured.passages_hold_answer,
            "probability",
            "calibrated search scores",
            SignalScope.QUESTION,
            no_passage,
        ),
        _signal_of(
            SignalName.MODERATORS_ANSWER,
            measured.moderators_answer,
            "share",
            "comparison of questions",
            SignalScope.QUESTION,
            "no_moderators_answer",
        ),
        _kind_signal(SignalName.WANTS_OUTSIDE_FACTS, kinds[QuestionKind.FACTS]),
        _kind_signal(SignalName.WANTS_CREATIVE_TEXT, kinds[QuestionKind.CREATIVE]),
        _kind_signal(SignalName.WANTS_FIXED_FORMAT, kinds[QuestionKind.FIXED_FORMAT]),
        _kind_signal(SignalName.SMALL_TALK, kinds[QuestionKind.SMALL_TALK]),
        _kind_signal(SignalName.ABOUT_THE_BOT, kinds[QuestionKind.ABOUT_BOT]),
        _signal_of(
            SignalName.LIKENESS_TO_TRAINING,
            measured.likeness_to_training,
            "probability",
            "embedding of the training questions",
            SignalScope.QUESTION,
            _why_no_champion_figure(measured),
        ),
    )


def _skill_signals(measured: Measured) -> tuple[Signal, ...]:
    champion = measured.champion
    score = champion.held_out_score if champion else None
    margin = champion.held_out_score - champion.base_score if champion else None
    examples = float(champion.example_count) if champion else 0.0
    return (
        _signal_of(SignalName.HELD_OUT_SCORE, score, "share", "evaluation", SignalScope.SKILL, "no_tuned_model"),
        _signal_of(SignalName.MARGIN_OVER_BASE, margin, "share", "evaluation", SignalScope.SKILL, "no_tuned_model"),
        Signal(SignalName.TRAINING_EXAMPLES, examples, "examples", "registry of adapters", SignalScope.SKILL),
    )


def _installation_signals(measured: Measured) -> tuple[Signal, ...]:
    missing = _why_no_champion_figure(measured)
    retrieval, specialist = measured.retrieval_latency, measured.specialist_latency
    difference = None if retrieval is None or specialist is None else retrieval.p50 - specialist.p50
    wins = measured.champion.wins if measured.champion else None
    return (
        Signal(SignalName.STARTING_LEAD, 1.0, "constant", "guidance", SignalScope.INSTALLATION),
        *_latency_signals((SignalName.RETRIEVAL_P50, SignalName.RETRIEVAL_P95), retrieval, "not_measured_yet"),
        *_latency_signals((SignalName.SPECIALIST_P50, SignalName.SPECIALIST_P95), specialist, missing),
        _signal_of(
            SignalName.LATENCY_DIFFERENCE, difference, "seconds", "log of answers", SignalScope.INSTALLATION, missing
        ),
        _signal_of(SignalName.COST_DIFFERENCE, measured.cost_ratio, "ratio", "logs", SignalScope.INSTALLATION, missing),
        _signal_of(SignalName.MEASURED_WINS, wins, "share", "comparisons", SignalScope.INSTALLATION, missing),
    )


def _latency_signals(names: tuple[SignalName, SignalName], latency: Latency | None, missing: str) -> tuple[Signal, ...]:
    """Return how long half of the route's answers and 95 of 100 took at most: shown, and not weighed themselves."""
    p50, p95 = (None, None) if latency is None else (latency.p50, latency.p95)
    return (
        _signal_of(names[0], p50, LATENCY, "log of answers", SignalScope.INSTALLATION, missing),
        _signal_of(names[1], p95, LATENCY, "log of answers", SignalScope.INSTALLATION, missing),
    )


def _why_no_champion_figure(measured: Measured) -> str:
    return "no_tuned_model" if measured.champion is None else "not_measured_yet"


def _kind_signal(name: SignalName, probability: float) -> Signal:
    return Signal(name, probability, "probability", "question classifier", SignalScope.QUESTION)


def _signal_of(
    name: SignalName, value: float | None, unit: str, source: str, scope: SignalScope, missing: str
) -> Signal:
    return Signal(name, value, unit, source, scope, missing if value is None else None)
