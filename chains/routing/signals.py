"""The numbers that a decision reads, each measured or missing for a stated reason. Knows no weight and no route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chains.decision_log import Latency
from chains.routing.question_kind import QuestionKind
from chains.types import Signal, SignalName, SignalScope
from finetune.types import Champion

LATENCY = "seconds of an answer"
"""The unit of what is told and not weighed."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured about one question, before it became signals. None: not measured."""

    passages_hold_answer: float | None
    has_documents: bool
    kinds: Mapping[QuestionKind, float]
    champion: Champion | None
    likeness_to_training: float | None = None
    retrieval_latency: Latency | None = None
    """Of this guild's last answers by retrieval."""
    specialist_latency: Latency | None = None
    """Of its last answers by tuned models; before there are enough, as it was measured when the champion was
    evaluated."""
    moderators_answer: float | None = None
    """Similarity to the question that a moderator answered; 1 where it is the same. None: no such answer was found."""
    cost_ratio: float | None = None
    """Seconds of a question by retrieval over those of one by the tuned model, its training shared out."""


def signals_of(measured: Measured) -> tuple[Signal, ...]:
    """All signals, in a fixed order."""
    return (*_of_question(measured), *_of_skill(measured), *_of_installation(measured))


def _of_question(measured: Measured) -> tuple[Signal, ...]:
    kinds = measured.kinds
    no_passage = "nothing_found" if measured.has_documents else "no_documents"
    return (
        _signal(
            SignalName.PASSAGES_HOLD_ANSWER,
            measured.passages_hold_answer,
            "probability",
            "calibrated search scores",
            SignalScope.QUESTION,
            no_passage,
        ),
        _signal(
            SignalName.MODERATORS_ANSWER,
            measured.moderators_answer,
            "share",
            "comparison of questions",
            SignalScope.QUESTION,
            "no_moderators_answer",
        ),
        _kind(SignalName.WANTS_OUTSIDE_FACTS, kinds[QuestionKind.FACTS]),
        _kind(SignalName.WANTS_CREATIVE_TEXT, kinds[QuestionKind.CREATIVE]),
        _kind(SignalName.WANTS_FIXED_FORMAT, kinds[QuestionKind.FIXED_FORMAT]),
        _kind(SignalName.SMALL_TALK, kinds[QuestionKind.SMALL_TALK]),
        _kind(SignalName.ABOUT_THE_BOT, kinds[QuestionKind.ABOUT_BOT]),
        _signal(
            SignalName.LIKENESS_TO_TRAINING,
            measured.likeness_to_training,
            "probability",
            "embedding of the training questions",
            SignalScope.QUESTION,
            _no_champion(measured),
        ),
    )


def _of_skill(measured: Measured) -> tuple[Signal, ...]:
    champion = measured.champion
    score = champion.held_out_score if champion else None
    margin = champion.held_out_score - champion.base_score if champion else None
    examples = float(champion.example_count) if champion else 0.0
    return (
        _signal(SignalName.HELD_OUT_SCORE, score, "share", "evaluation", SignalScope.SKILL, "no_tuned_model"),
        _signal(SignalName.MARGIN_OVER_BASE, margin, "share", "evaluation", SignalScope.SKILL, "no_tuned_model"),
        Signal(SignalName.TRAINING_EXAMPLES, examples, "examples", "registry of adapters", SignalScope.SKILL),
    )


def _of_installation(measured: Measured) -> tuple[Signal, ...]:
    missing = _no_champion(measured)
    retrieval, specialist = measured.retrieval_latency, measured.specialist_latency
    difference = None if retrieval is None or specialist is None else retrieval.p50 - specialist.p50
    wins = measured.champion.wins if measured.champion else None
    return (
        Signal(SignalName.STARTING_LEAD, 1.0, "constant", "guidance", SignalScope.INSTALLATION),
        *_of_latency((SignalName.RETRIEVAL_P50, SignalName.RETRIEVAL_P95), retrieval, "not_measured_yet"),
        *_of_latency((SignalName.SPECIALIST_P50, SignalName.SPECIALIST_P95), specialist, missing),
        _signal(
            SignalName.LATENCY_DIFFERENCE, difference, "seconds", "log of answers", SignalScope.INSTALLATION, missing
        ),
        _signal(SignalName.COST_DIFFERENCE, measured.cost_ratio, "ratio", "logs", SignalScope.INSTALLATION, missing),
        _signal(SignalName.MEASURED_WINS, wins, "share", "comparisons", SignalScope.INSTALLATION, missing),
    )


def _of_latency(names: tuple[SignalName, SignalName], latency: Latency | None, missing: str) -> tuple[Signal, ...]:
    """Half of the route's answers, and 95 of 100, took no longer: told, and not weighed themselves."""
    p50, p95 = (None, None) if latency is None else (latency.p50, latency.p95)
    return (
        _signal(names[0], p50, LATENCY, "log of answers", SignalScope.INSTALLATION, missing),
        _signal(names[1], p95, LATENCY, "log of answers", SignalScope.INSTALLATION, missing),
    )


def _no_champion(measured: Measured) -> str:
    return "no_tuned_model" if measured.champion is None else "not_measured_yet"


def _kind(name: SignalName, probability: float) -> Signal:
    return Signal(name, probability, "probability", "question classifier", SignalScope.QUESTION)


def _signal(name: SignalName, value: float | None, unit: str, source: str, scope: SignalScope, missing: str) -> Signal:
    return Signal(name, value, unit, source, scope, missing if value is None else None)
