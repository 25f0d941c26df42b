"""Whether a question asks the same as one that a moderator answered.

Vectors alone can't decide: to an encoder "open" and "close", or 1200 and 1300, are almost the same. So two questions
are compared only if their content words are the same, in the same order or rotated; then the cosine of their vectors
is the similarity. Edit this file to change which words count; the fillers stand in same_question.toml.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from chains.types import Language
from knowledge.types import FoundQAPair
from text.question_text import asked_text
from text.scripts import HAN
from text.words import stem

MAX_REWORDED_SIMILARITY = 0.999
"""The most that a different wording scores: 1 is only for the same words."""

_WORD = re.compile(rf"[{HAN}]|[^\s{HAN}]+")
_EDGE = "\"'`*_~|<>()[]{}.,;:!?…-，。？！、；：“”‘’（）"
_CONTENT_PHRASES = (
    (re.compile(r"\bwhat(?:['’]s| is| are)\b"), "what-is"),
    (re.compile(r"\bwhat (?:do|does)\b"), "what-does"),
    (re.compile(r"\bto do\b"), "to-do"),
)
"""Phrases that count, although their words are fillers elsewhere: what a thing is, what it does, what to do."""


@dataclass(frozen=True, slots=True)
class SimilarQuestion:
    """Holds a moderator's answer and how similar its question is."""

    pair: FoundQAPair
    similarity: float
    """1 where the question is the same."""


@dataclass(frozen=True, slots=True)
class SameQuestion:
    """Finds the answered question that asks the same as another one."""

    fillers: dict[Language, tuple[str, ...]]
    """Words that a question may have or lack and still ask the same."""
    threshold: float
    """The cosine from which on two questions with the same content words ask the same."""

    def most_similar(
        self,
        question: str,
        vector: Sequence[float],
        pairs: Sequence[FoundQAPair],
        embed: Callable[[str], Sequence[float]],
    ) -> SimilarQuestion | None:
        """Return the pair with the most similar question; None where none asks the same. Blocks while it embeds."""
        same = next((pair for pair in pairs if pair.is_same), None)
        if same is not None:
            return SimilarQuestion(same, 1.0)
        compared = [
            SimilarQuestion(pair, min(MAX_REWORDED_SIMILARITY, _cosine(vector, embed(asked_text(written)))))
            for pair in pairs
            for written in pair.questions
            if self.has_same_content(question, written)
        ]
        return max(compared, key=lambda similar: similar.similarity, default=None)

    def has_same_content(self, first: str, second: str) -> bool:
        """Return whether both are in one language and have the same content words, in the same order or rotated."""
        language = Language.of(first)
        if Language.of(second) is not language:
            return False
        words, other_words = (self.content_words(asked_text(each), language) for each in (first, second))
        rotations = (other_words[at:] + other_words[:at] for at in range(len(other_words)))
        return len(words) == len(other_words) and any(words == rotated for rotated in rotations)

    def content_words(self, question: str, language: Language) -> list[str]:
        """Return the words without fillers, in English without their endings; in Chinese the characters."""
        whole = unicodedata.normalize("NFKC", question)
        if language is Language.ZH:
            text = whole.casefold()
            for filler in self.fillers[language]:
                text = text.replace(filler, " ")
            return [word for found in _WORD.findall(text) if (word := found.strip(_EDGE))]
        # Within a sentence a capital A is a name, as in "from A to B", not an article.
        text = re.sub(r"(?<=\s)A(?![\w'’])", "=a", whole).casefold()
        for phrase, token in _CONTENT_PHRASES:
            text = phrase.sub(token, text)
        words = (found.strip(_EDGE).removesuffix("'s").removesuffix("’s") for found in _WORD.findall(text))
        fillers = self.fillers[language]
        return [stem(word) for word in words if word and word not in fillers]


def load_same_question(embedding_model: str) -> SameQuestion:
    """Read what was fitted; for the vectors of any other model, only the same question counts."""
    table = tomllib.loads(resources.files("chains.routing").joinpath("same_question.toml").read_text("utf-8"))
    fillers = {language: tuple(table["fillers"][language]) for language in Language}
    return SameQuestion(fillers, float(table["thresholds"].get(embedding_model, 1.0)))


def _cosine(first: Sequence[float], second: Sequence[float]) -> float:
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else 0.0
