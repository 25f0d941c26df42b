"""Tries several routes on the same questions and scores their answers. Promotes nothing and keeps nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from chains.language import detect
from chains.types import Answer, Language, Question, Route
from knowledge.types import Reader
from text.words import scored_words

_CITATION = re.compile(r"\[\d+\]")

TRIED = (Route.RETRIEVAL, Route.SPECIALIST, Route.COMBINED)


class Answering(Protocol):
    """Who answers."""

    async def answer(self, question: Question) -> Answer:
        """The whole answer, by the route that the question requests."""
        ...


@dataclass(frozen=True, slots=True)
class Reference:
    """A question with its right answer."""

    question: str
    answer: str
    is_label: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """One question, tried by every route."""

    scores: tuple[tuple[Route, float], ...]
    """0 to 1; 0 too where a route refused."""
    seconds: tuple[tuple[Route, float], ...]
    """From the question to its whole answer, waiting left out."""


async def compare_routes(
    answering: Answering,
    references: Sequence[Reference],
    guild_id: str,
    reader: Reader,
    on_done: Callable[[int, int], None],
) -> list[Trial]:
    """Have each question answered by retrieval, by the tuned model, and by both together.

    Raises whatever answering raises.
    """
    trials = []
    for number, reference in enumerate(references, start=1):
        language = detect(reference.question)
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
    """Of a label, whether the answer names it; of free text, the F1 of its words, in Chinese of its characters."""
    if answer.route is Route.ABSTAIN:
        return 0.0
    language = detect(reference.answer)
    if reference.is_label:
        # `tool-repair`, said as "tool repair", is the same label.
        said, label = _words(answer.text, Language.EN), _words(reference.answer, Language.EN)
        return float(f" {' '.join(label)} " in f" {' '.join(said)} ")
    return f1(_words(answer.text, language), _words(reference.answer, language))


def _words(text: str, language: Language) -> list[str]:
    """What is compared (SQuAD's measure), without citation, case, punctuation and English article; in Chinese the
    characters.
    """
    return scored_words(_CITATION.sub(" ", text), by_character=language is Language.ZH)


def f1(said: list[str], right: list[str]) -> float:
    """Return the F1 of the words that were said against the right ones (SQuAD's measure); 0 where they share none."""
    shared = sum((Counter(said) & Counter(right)).values())
    return 2 * shared / (len(said) + len(right)) if shared else 0.0
