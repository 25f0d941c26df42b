"""Tries several routes on the same questions and scores their answers.

Edit this file to change what is compared, or how an answer is scored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from chains.types import Answer, Language, Question, Route
from knowledge.types import Reader
from text.words import scored_words

_CITATION = re.compile(r"\[\d+\]")

TRIED = (Route.RETRIEVAL, Route.SPECIALIST, Route.COMBINED)


class Answering(Protocol):
    """Describes what answers questions: the assistant."""

    async def answer(self, question: Question) -> Answer:
        """Return the whole answer, by the route that the question requests."""
        ...


@dataclass(frozen=True, slots=True)
class Reference:
    """Holds a question with its right answer."""

    question: str
    answer: str
    is_label: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """Holds how every route did on one question."""

    scores: tuple[tuple[Route, float], ...]
    """The score of each route, 0 to 1; 0 where it refused."""
    seconds: tuple[tuple[Route, float], ...]
    """The time of each route from the question to its whole answer, without waiting."""


async def compare_routes(
    answering: Answering,
    references: Sequence[Reference],
    guild_id: str,
    reader: Reader,
    on_done: Callable[[int, int], None],
) -> list[Trial]:
    """Have each question answered by retrieval, by the tuned model and by both, and return the trials.

    Raises whatever answering raises.
    """
    trials = []
    for number, reference in enumerate(references, start=1):
        language = Language.of(reference.question)
        answers = {
            route: await answering.answer(
                Question(reference.question, guild_id, "evaluation", reader, language, requested_route=route)
            )
            for route in TRIED
        }
        trials.append(
            Trial(
                tuple((route, score_answer(answer, reference)) for route, answer in answers.items()),
                tuple((r, a.timings.total_s - a.timings.waiting_s) for r, a in answers.items()),
            )
        )
        on_done(number, len(references))
    return trials


def score_answer(answer: Answer, reference: Reference) -> float:
    """Return whether the answer names the label, or for free text the F1 of its words, in Chinese of its characters."""
    if answer.route is Route.ABSTAIN:
        return 0.0
    language = Language.of(reference.answer)
    if reference.is_label:
        # `tool-repair` and "tool repair" are the same label.
        answered = _comparable_words(answer.text, Language.EN)
        label = _comparable_words(reference.answer, Language.EN)
        return float(f" {' '.join(label)} " in f" {' '.join(answered)} ")
    return f1(_comparable_words(answer.text, language), _comparable_words(reference.answer, language))


def _comparable_words(text: str, language: Language) -> list[str]:
    """Return the words that SQuAD's measure compares, without citations; in Chinese the characters."""
    return scored_words(_CITATION.sub(" ", text), by_character=language is Language.ZH)


def f1(answered: list[str], right: list[str]) -> float:
    """Return the F1 of the answer's words against the right ones (SQuAD's measure); 0 where they share none."""
    shared = sum((Counter(answered) & Counter(right)).values())
    return 2 * shared / (len(answered) + len(right)) if shared else 0.0
