"""The numbers that a decision reads, each measured or missing for a stated reason. Knows no weight and no route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chains.routing.question_kind import QuestionKind
from chains.types import Scope, Signal
from finetune.types import Champion


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured about one question, before it became signals. None: not measured."""

    passages_hold_answer: float | None
    has_documents: bool
    kinds: Mapping[QuestionKind, float]
    champion: Champion | None
    likeness_to_training: float | None = None
    retrieval_seconds: float | None = None
    """Median of this guild's answers by retrieval."""
    specialist_seconds: float | None = None
    cost_ratio: float | None = None
    """Seconds spent on retrieval (building the index, answering) over those spent on tuning."""
    specialist_wins: float | None = None
    """The share of comparisons that the specialist won, where both routes were tried."""


def signals_of(measured: Measured) -> tuple[Signal, ...]:
    """All signals, in a fixed order."""
    return (*_of_question(measured), *_of_skill(measured), *_of_installation(measured))


def _of_question(measured: Measured) -> tuple[Signal, ...]:
    kinds = measured.kinds
    no_passage = "nothing_found" if measured.has_documents else "no_documents"
    return (
        _signal(
            "passages_hold_answer",
            measured.passages_hold_answer,
            "probability",
            "calibrated search scores",
            Scope.QUESTION,
            no_passage,
        ),
        _kind("wants_outside_facts", kinds[QuestionKind.FACTS]),
        _kind("wants_creative_text", kinds[QuestionKind.CREATIVE]),
        _kind("wants_fixed_format", kinds[QuestionKind.FIXED_FORMAT]),
        _kind("small_talk", kinds[QuestionKind.SMALL_TALK]),
        _kind("about_the_bot", kinds[QuestionKind.ABOUT_BOT]),
        _signal(
            "likeness_to_training",
            measured.likeness_to_training,
            "probability",
            "embedding of the training questions",
            Scope.QUESTION,
            _no_champion(measured),
        ),
    )


def _of_skill(measured: Measured) -> tuple[Signal, ...]:
    champion = measured.champion
    score = champion.held_out_score if champion else None
    margin = champion.held_out_score - champion.base_score if champion else None
    examples = float(champion.example_count) if champion else 0.0
    return (
        _signal("held_out_score", score, "share", "evaluation", Scope.SKILL, "no_tuned_model"),
        _signal("margin_over_base", margin, "share", "evaluation", Scope.SKILL, "no_tuned_model"),
        Signal("training_examples", examples, "examples", "registry of adapters", Scope.SKILL),
    )


def _of_installation(measured: Measured) -> tuple[Signal, ...]:
    missing = _no_champion(measured)
    retrieval_s, specialist_s = measured.retrieval_seconds, measured.specialist_seconds
    difference = None if retrieval_s is None or specialist_s is None else retrieval_s - specialist_s
    return (
        Signal("starting_lead", 1.0, "constant", "guidance", Scope.INSTALLATION),
        _signal("latency_difference", difference, "seconds", "log of answers", Scope.INSTALLATION, missing),
        _signal("cost_difference", measured.cost_ratio, "ratio", "logs", Scope.INSTALLATION, missing),
        _signal("measured_wins", measured.specialist_wins, "share", "comparisons", Scope.INSTALLATION, missing),
    )


def _no_champion(measured: Measured) -> str:
    return "no_tuned_model" if measured.champion is None else "not_measured_yet"


def _kind(name: str, probability: float) -> Signal:
    return Signal(name, probability, "probability", "question classifier", Scope.QUESTION)


def _signal(name: str, value: float | None, unit: str, source: str, scope: Scope, missing: str) -> Signal:
    return Signal(name, value, unit, source, scope, missing if value is None else None)
