"""Whether a question says the same as one that a moderator answered. Knows no route and no answer.

Vectors alone cannot tell: to an encoder "open" and "close", or 1200 and 1300, are nearly one. So two questions are
compared only where their content words are the same, in one order or with the beginning at the end; then the cosine of
their vectors is the similarity.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from chains.language import detect
from chains.types import Language
from knowledge.types import FoundQAPair
from text.scripts import HAN
from text.words import stem

ALMOST = 0.999
"""The most that another wording is said to be alike: 1 is said of the same words alone."""

_WORD = re.compile(rf"[{HAN}]|[^\s{HAN}]+")
_EDGE = "\"'`*_~|<>()[]{}.,;:!?…-，。？！、；：“”‘’（）"
_TELLING = (
    (re.compile(r"\bwhat(?:['’]s| is| are)\b"), "what-is"),
    (re.compile(r"\bwhat (?:do|does)\b"), "what-does"),
    (re.compile(r"\bto do\b"), "to-do"),
)
"""What is a filler elsewhere, and tells here: what a thing is, what it does, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A moderator's answer and how like its question is."""

    pair: FoundQAPair
    similarity: float
    """1 where the question is the same."""


@dataclass(frozen=True, slots=True)
class SameQuestion:
    """Compares questions."""

    fillers: dict[Language, tuple[str, ...]]
    """Words that a question may have or lack and still ask the same."""
    threshold: float
    """The cosine from which on two questions of the same content words say the same."""

    def likeliest(
        self,
        question: str,
        vector: Sequence[float],
        pairs: Sequence[FoundQAPair],
        embed: Callable[[str], Sequence[float]],
    ) -> Likeness | None:
        """The pair whose question is likest; None where none says the same. Blocks while it embeds."""
        same = next((pair for pair in pairs if pair.is_same), None)
        if same is not None:
            return Likeness(same, 1.0)
        compared = [
            Likeness(pair, min(ALMOST, _cosine(vector, embed(written))))
            for pair in pairs
            for written in pair.questions
            if self.tells_the_same(question, written)
        ]
        return max(compared, key=lambda likeness: likeness.similarity, default=None)

    def tells_the_same(self, one: str, other: str) -> bool:
        """Whether both are in one language and have the same content words, in order or with a part moved."""
        language = detect(one)
        if detect(other) is not language:
            return False
        ours, theirs = self.content_words(one, language), self.content_words(other, language)
        turned = (theirs[at:] + theirs[:at] for at in range(len(theirs)))
        return len(ours) == len(theirs) and any(ours == words for words in turned)

    def content_words(self, question: str, language: Language) -> list[str]:
        """The words without fillers, in English without their endings; in Chinese the characters."""
        whole = unicodedata.normalize("NFKC", question)
        if language is Language.ZH:
            text = whole.casefold()
            for filler in self.fillers[language]:
                text = text.replace(filler, " ")
            return [word for found in _WORD.findall(text) if (word := found.strip(_EDGE))]
        # Within a sentence a capital A is a name, as in "from A to B", and no article.
        text = re.sub(r"(?<=\s)A(?![\w'’])", "=a", whole).casefold()
        for phrase, telling in _TELLING:
            text = phrase.sub(telling, text)
        words = (found.strip(_EDGE).removesuffix("'s").removesuffix("’s") for found in _WORD.findall(text))
        fillers = self.fillers[language]
        return [stem(word) for word in words if word and word not in fillers]


def load_same_question(embedding_model: str) -> SameQuestion:
    """Read what was fitted; for vectors of a model that it was not fitted for, only the same question counts."""
    table = tomllib.loads(resources.files("chains.routing").joinpath("same_question.toml").read_text("utf-8"))
    fillers = {language: tuple(table["fillers"][language]) for language in Language}
    return SameQuestion(fillers, float(table["thresholds"].get(embedding_model, 1.0)))


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    a, b = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else 0.0
