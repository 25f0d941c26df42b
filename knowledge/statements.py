"""The statements of a passage, sentence by sentence, in a form in which two of them can be compared.

Knows no question and no other passage.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from knowledge.figures import Figure, figures_in
from knowledge.function_words import CHINESE, ENGLISH
from knowledge.terms import CJK

_SENTENCE = re.compile(r"[^\n.!?。！？；]+(?:[.!?](?!\s|$)[^\n.!?。！？；]*)*[.!?。！？；]?")
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*?(?:^[ \t]*(?:```|~~~)[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_WRAPPED = re.compile(r"(?<=[^\n])\n[ \t]*(?=[a-z])")
"""Within a sentence."""
_RUN = re.compile(f"([{CJK}]+)|[^\\W_{CJK}]+")
_ENDING = re.compile(r"(?<=[a-z]{3})(?:ing|ed|es|s)$")
_CONTRACTED = re.compile(r"n['’]t\b|(?<=can)not\b")
_NEGATION = re.compile(
    rf"\b(?:not|no(?!\s+(?:later|earlier|more|less|fewer)\b)|never|neither|nor|without|forbidden|prohibited)\b|不(?!过|過|仅|僅|但|同|少)|没有?|沒有?|未(?=[{CJK}])|勿|禁止"
)
_CODE = re.compile(r"[`{}=<>$\\]|\w\(|::|->|https?:")


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, taken apart."""

    start: int
    end: int
    """In the passage's text."""
    words: frozenset[str]
    """What it is about: telling words without endings, in Chinese pairs of characters; no figures, no negations."""
    figures: tuple[Figure, ...]
    negations: int


def statements_of(text: str) -> Iterator[Statement]:
    """The passage's statements, in order; without questions, code and addresses."""
    prose = _WRAPPED.sub(_spaces, _FENCE.sub(_lines, text))
    for found in _SENTENCE.finditer(prose):
        said = found[0].strip()
        if said and said[-1] not in "?？" and not _CODE.search(said):
            figures, rest = figures_in(said)
            start = found.start() + len(found[0]) - len(found[0].lstrip())
            yield Statement(start, start + len(said), telling_words(rest), figures, negations_in(rest))


def telling_words(text: str) -> frozenset[str]:
    """The words that say what a text is about."""
    affirmed = _NEGATION.sub(" ", folded(text))
    words: set[str] = set()
    for found in _RUN.finditer(affirmed):
        run = found[0]
        if found[1] is None:
            if word := _telling(run):
                words.add(word)
        else:
            pairs = (run[at : at + 2] for at in range(len(run) - 1))
            words.update(pair for pair in pairs if pair not in CHINESE)
    return frozenset(words)


@lru_cache(maxsize=50_000)
def _telling(word: str) -> str | None:
    """Without its ending; None where it says nothing."""
    bare = _ENDING.sub("", word)
    return None if word in ENGLISH or bare in ENGLISH else bare


def negations_in(text: str) -> int:
    """How many words deny something."""
    return len(_NEGATION.findall(folded(text)))


def folded(text: str) -> str:
    """In the form in which words are taken from it: every telling word is a part of it."""
    return _CONTRACTED.sub(" not", unicodedata.normalize("NFKC", text).casefold())


def _spaces(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _lines(found: re.Match[str]) -> str:
    return "\n" * len(found[0])
