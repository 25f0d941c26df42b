"""Replaces words of a question that no readable document contains by the nearest word that one does.

Only documents that the asker may read count, so that a suggestion never reveals another one's words. A word that is
common in English is left alone: it is no typing error, only not a word of these documents. Edit it for how near a word
must be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.store.scope import ReadableScope
from knowledge.store.vocabulary import LEAST_LETTERS, MOST_LETTERS, Vocabulary
from knowledge.types import Respelling
from text.stop_words import ASKING_ENGLISH, ENGLISH
from text.words import fold

_WORD = re.compile(r"(?<![\w.@#/:`_-])[^\W\d_]+(?![\w@/`_])(?!\.\w)")
"""A word that stands alone, not within an address, a code or a compound."""
_LEAST_FOR_TWO_EDITS = 8
_LEAST_FOR_OTHER_INITIAL = 5
_LEAST_FOR_NAME = 6
_LEAST_KNOWN_SHARE = 0.5
"""Below this share of known words a question is in another language, not misspelled."""
_MOST_RESPELLED = 4
_ENDINGS = ("ing", "ed", "es", "er", "ly", "s", "d")


@dataclass(frozen=True, slots=True)
class _Word:
    """Locates one word of a question."""

    start: int
    end: int
    text: str
    """Folded."""
    is_name: bool
    """Whether it begins with a capital within the sentence."""


class Speller:
    """Knows the words of one data folder. Blocking; safe to use from several threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    def respell(self, question: str, guild_id: str, scope: ReadableScope) -> tuple[str, tuple[Respelling, ...]]:
        """Return the question with the nearest words in place of unknown ones, and what was replaced."""
        words = list(_words(question))
        asked = [word for word in words if _may_be_misspelled(word.text)]
        if not asked:
            return question, ()
        known = self._known([word.text for word in asked], guild_id, scope)
        unknown = [word for word in asked if word.text not in known]
        if not unknown or len(words) - len(unknown) < _LEAST_KNOWN_SHARE * len(words):
            return question, ()
        text, done = question, list[Respelling]()
        for word in unknown[:_MOST_RESPELLED][::-1]:
            nearest = self._nearest(word, guild_id, scope)
            if nearest is not None:
                done.append(Respelling(question[word.start : word.end], nearest))
                text = f"{text[: word.start]}{nearest}{text[word.end :]}"
        return text, tuple(done[::-1])

    def _known(self, words: Sequence[str], guild_id: str, scope: ReadableScope) -> set[str]:
        """Return the words that a readable document contains in some form, also in two words."""
        forms = {word: [*_inflections(word), *(part for cut in _cuts(word) for part in cut)] for word in words}
        looked_up = list(dict.fromkeys(form for each in forms.values() for form in each))
        found = self._vocabulary.known(guild_id, looked_up, scope.audiences)
        return {
            word
            for word in words
            if found.intersection(_inflections(word)) or any(found.issuperset(cut) for cut in _cuts(word))
        }

    def _nearest(self, word: _Word, guild_id: str, scope: ReadableScope) -> str | None:
        letters = len(word.text)
        if word.is_name and letters < _LEAST_FOR_NAME:
            return None
        edits = 2 if letters >= _LEAST_FOR_TWO_EDITS else 1
        lengths = max(LEAST_LETTERS, letters - edits), letters + edits
        near = self._vocabulary.similar_in_length(guild_id, word.text[:2], lengths, scope.audiences)
        candidates = {each: count for each, count in near.items() if each not in ENGLISH}
        ranked = sorted(
            (_rank(word.text, each, distance, candidates), each)
            for each, distance, _ in process.extract(
                word.text, list(candidates), scorer=OSA.distance, score_cutoff=edits, limit=None
            )
            if _is_near(word.text, each)
        )
        return ranked[0][1] if ranked else None


def _words(question: str) -> Iterator[_Word]:
    is_shouted = not any(map(str.islower, question))
    for found in _WORD.finditer(question):
        written = found[0]
        if not written.isascii() or len(written) > MOST_LETTERS:
            continue
        if not is_shouted and not written[1:].islower() and len(written) > 1:
            continue
        begins_sentence = not question[: found.start()].strip() or bool(
            re.search(r"[.!?:]\s*[\"'(]*$", question[: found.start()])
        )
        is_name = written[0].isupper() and not begins_sentence and not is_shouted
        yield _Word(found.start(), found.end(), fold(written), is_name)


def _may_be_misspelled(word: str) -> bool:
    if len(word) < LEAST_LETTERS or word in _ordinary_words():
        return False
    # Three letters, with or without an ending, are easily some word: "gat" and "gated", "caled" and "cal".
    forms = (form for form in _inflections(word) if len(form) > LEAST_LETTERS)
    return len(word) == LEAST_LETTERS or _ordinary_words().isdisjoint(forms)


def _is_near(word: str, other: str) -> bool:
    """Return whether the other may be meant: short words need the same beginning, or the same letters."""
    if sorted(word) == sorted(other):
        return True
    if len(word) == LEAST_LETTERS and len(other) <= len(word):
        return False
    return word[0] == other[0] or len(word) >= _LEAST_FOR_OTHER_INITIAL


def _rank(word: str, other: str, distance: int, counts: Mapping[str, int]) -> tuple[int, bool, bool, int]:
    """Return what is least for the nearest word: two letters exchanged are the likeliest error."""
    is_exchange = sorted(word) == sorted(other)
    return 2 * distance - is_exchange, word[0] != other[0], word[-1] != other[-1], -counts[other]


def _inflections(word: str) -> Iterator[str]:
    """Yield the word, and other forms that it may have in a document."""
    yield word
    for ending in _ENDINGS:
        yield word + ending
        bare = word.removesuffix(ending)
        if bare != word and len(bare) >= LEAST_LETTERS:
            yield from (bare, bare + "e")
            if bare[-1] == bare[-2]:
                yield bare[:-1]
    yield from (word.removesuffix("e") + "ing", word + word[-1] + "ing", word + word[-1] + "ed")
    if word.endswith("y"):
        yield word[:-1] + "ies"
    if word.endswith("ies"):
        yield word[:-3] + "y"


def _cuts(word: str) -> Iterator[tuple[str, str]]:
    return ((word[:at], word[at:]) for at in range(LEAST_LETTERS, len(word) - LEAST_LETTERS + 1))


@cache
def _ordinary_words() -> frozenset[str]:
    """Return the words that anybody may use, whatever the documents are about."""
    written = resources.files("knowledge.search").joinpath("common_words_en.json").read_text("utf-8")
    return frozenset(json.loads(written)["words"].split()) | ENGLISH | ASKING_ENGLISH
