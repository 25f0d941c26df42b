"""Replaces words of a question that no readable document contains by the nearest word that one does.

Only documents that the asker may read count, so that a suggestion never reveals another one's words. A word that is
common in English is left alone: it is no typing error, only not a word of these documents. Edit it for how near a word
must be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from string import ascii_lowercase

from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.store.keyword_index import KeywordIndex
from knowledge.store.scope import ReadableScope
from knowledge.store.vocabulary import LEAST_LETTERS, MOST_LETTERS
from knowledge.types import Respelling
from text.scripts import holds_cjk
from text.stop_words import ASKING_ENGLISH, ENGLISH, common_words

_WORD = re.compile(r"(?<![A-Za-z0-9_.@#/:`-])[A-Za-z]+(?![A-Za-z0-9_@/`-])(?!\.\w)", re.ASCII)
"""A word that stands alone, not within an address, a code or a compound."""
_LEAST_FOR_TWO_EDITS = 8
_LEAST_FOR_OTHER_INITIAL = 5
_LEAST_FOR_NAME = 6
_LEAST_KNOWN_SHARE = 0.5
"""Below this share of known words a question is in another language, not misspelled."""
_MOST_RESPELLED = 4
_MOST_COMPARED = 3
_INTACT = 3
_ASKING = (
    "how",
    "what",
    "when",
    "where",
    "who",
    "which",
    "why",
    "much",
    "many",
    "does",
    "please",
    "can",
    "long",
    "often",
)
"""Words by which one asks, and which are often misspelled; shorter ones are easily something else."""
_ENDINGS = ("ing", "ed", "es", "er", "ly", "s", "d")


@dataclass(frozen=True, slots=True)
class _Word:
    """Locates one word of a question."""

    start: int
    end: int
    written: str
    text: str
    """In lower case."""
    is_name: bool
    """Whether it begins with a capital within the sentence."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Holds which of the words that were looked up readable documents contain."""

    words: frozenset[str]

    def has(self, word: str) -> bool:
        """Return whether a document contains the word in some form."""
        return not self.words.isdisjoint(_inflections(word))

    def cut(self, word: str) -> tuple[str, str] | None:
        """Return the two words of documents that the word consists of, as alike in length as possible."""
        cuts = [cut for cut in _cuts(word) if self.words.issuperset(cut)]
        return max(cuts, key=lambda cut: min(map(len, cut)), default=None)


class Speller:
    """Knows the words of one data folder. Blocking; safe to use from several threads."""

    def __init__(self, keywords: KeywordIndex) -> None:
        self._keywords = keywords
        self._vocabulary = keywords.vocabulary

    def respell(self, question: str, guild_id: str, scope: ReadableScope) -> tuple[str, tuple[Respelling, ...]]:
        """Return the question in the spelling of the documents, and the words that were replaced by others.

        A word that documents write in two, or two that they write in one, remain the same words.
        """
        words = list(_words(question))
        doubtful = [word for word in words if _may_be_misspelled(word.text)]
        pairs = [(first, second) for first, second in pairwise(words) if _may_be_one(first, second, question)]
        if not doubtful and not pairs and not any(_asking_word(word.text) for word in words):
            return question, ()
        found = self._found(words, pairs, guild_id, scope)
        joined: list[tuple[_Word, _Word]] = []
        parts: set[_Word] = set()
        for pair in pairs:
            if parts.isdisjoint(pair) and found.has(pair[0].text + pair[1].text):
                joined.append(pair)
                parts.update(pair)
        edits = [
            (first.start, second.end, first.written + second.written)
            for first, second in joined
            if not (found.has(first.text) and found.has(second.text))
        ]
        unknown = [word for word in doubtful if word not in parts and not found.has(word.text)]
        edits += [(word.start, word.end, " ".join(cut)) for word in unknown if (cut := found.cut(word.text))]
        misspelled = [word for word in unknown if not found.cut(word.text)]
        if len(words) - len(misspelled) < _LEAST_KNOWN_SHARE * len(words) and not holds_cjk(question):
            return question, ()
        done: dict[int, Respelling] = {}
        # Documents are not searched for these, so nothing is told of them.
        asking = {
            word.start: meant for word in words if (meant := _asking_word(word.text)) and not found.has(word.text)
        }
        edits += [(word.start, word.end, asking[word.start]) for word in words if word.start in asking]
        misspelled = [word for word in misspelled if word.start not in asking]
        for word in misspelled[:_MOST_RESPELLED]:
            nearest = self._nearest(word, guild_id, scope)
            if nearest:
                others = f"{question[: word.start]} {question[word.end :]}"
                likeliest = _in_case_of(word, self._likeliest(nearest, others, guild_id, scope))
                edits.append((word.start, word.end, likeliest))
                done[word.start] = Respelling(word.written, likeliest)
        text = question
        for start, end, spelled in sorted(edits, reverse=True):
            text = f"{text[:start]}{spelled}{text[end:]}"
        return text, tuple(done[start] for start in sorted(done))

    def _found(
        self, words: Sequence[_Word], pairs: Sequence[tuple[_Word, _Word]], guild_id: str, scope: ReadableScope
    ) -> _Found:
        """Look up all forms of the words at once."""
        spelled = [word.text for word in words] + [first.text + second.text for first, second in pairs]
        forms = (form for word in spelled for form in _inflections(word))
        parts = (part for word in words for cut in _cuts(word.text) for part in cut)
        looked_up = list(dict.fromkeys((*forms, *parts)))
        return _Found(frozenset(self._vocabulary.known(guild_id, looked_up, scope.audiences)))

    def _likeliest(self, near: Sequence[str], others: str, guild_id: str, scope: ReadableScope) -> str:
        """Return the word that some passage has together with the question's other words; else the first."""
        if len(near) == 1:
            return near[0]
        return max(near, key=lambda word: self._keywords.best_together(guild_id, word, others, scope))

    def _nearest(self, word: _Word, guild_id: str, scope: ReadableScope) -> list[str]:
        """Return the words that are as near as the nearest, or hardly less near."""
        letters = len(word.text)
        if word.is_name and letters < _LEAST_FOR_NAME:
            return []
        edits = 2 if letters >= _LEAST_FOR_TWO_EDITS else 1
        near = self._vocabulary.known(guild_id, list(_one_edit_away(word.text)), scope.audiences)
        if edits > 1:
            # Two errors are looked for behind the first letters only: everywhere would take too long.
            lengths = range(letters - edits, letters + edits + 1)
            near |= self._vocabulary.beginning_with(guild_id, word.text[:_INTACT], lengths, scope.audiences)
        ranked = sorted(
            (_rank(word.text, each, int(distance)), each)
            for each, distance, _ in process.extract(
                word.text, sorted(near - ENGLISH), scorer=OSA.distance, score_cutoff=edits, limit=None
            )
            if _is_near(word.text, each)
        )
        return [each for (edited, *_), each in ranked if edited <= ranked[0][0][0] + 1][:_MOST_COMPARED]


def _words(question: str) -> Iterator[_Word]:
    is_shouted = not any(map(str.islower, question))
    for found in _WORD.finditer(question):
        written = found[0]
        if len(written) > MOST_LETTERS:
            continue
        if not is_shouted and not written[1:].islower() and len(written) > 1:
            continue
        begins_sentence = not question[: found.start()].strip() or bool(
            re.search(r"[.!?:]\s*[\"'(]*$", question[: found.start()])
        )
        is_name = written[0].isupper() and not begins_sentence and not is_shouted
        yield _Word(found.start(), found.end(), written, written.lower(), is_name)


def _may_be_one(first: _Word, second: _Word, question: str) -> bool:
    """Return whether documents may write two neighbours as one word."""
    both = {first.text, second.text}
    is_telling = min(map(len, both)) >= LEAST_LETTERS and not both & (ENGLISH | ASKING_ENGLISH)
    return is_telling and question[first.end : second.start].isspace()


def _in_case_of(word: _Word, near: str) -> str:
    """Return a word in capitals, or with one, as the word that it replaces: encoders tell them apart."""
    if word.written.isupper() and len(word.written) > 1:
        return near.upper()
    return near.capitalize() if word.written[0].isupper() else near


def _may_be_misspelled(word: str) -> bool:
    if len(word) < LEAST_LETTERS or word in _ordinary_words():
        return False
    # Three letters, with or without an ending, are easily some word: "gat" and "gated", "caled" and "cal".
    forms = (form for form in _inflections(word) if len(form) > LEAST_LETTERS)
    return len(word) == LEAST_LETTERS or _ordinary_words().isdisjoint(forms)


def _asking_word(word: str) -> str | None:
    """Return the asking word that is meant by one that is none, such as "how" by "hw"; None: it is not one of these."""
    if len(word) < 2 or word in _ordinary_words() or word in ENGLISH or word in ASKING_ENGLISH:
        return None
    near = [each for each in _ASKING if each[0] == word[0] and OSA.distance(word, each, score_cutoff=1) <= 1]
    return min(near, key=lambda each: (sorted(each) != sorted(word), len(each) < len(word)), default=None)


def _is_near(word: str, other: str) -> bool:
    """Return whether the other may be meant: short words need the same beginning, or the same letters."""
    if sorted(word) == sorted(other):
        return True
    if len(word) == LEAST_LETTERS and len(other) <= len(word):
        return False
    return word[0] == other[0] or len(word) >= _LEAST_FOR_OTHER_INITIAL


def _rank(word: str, other: str, distance: int) -> tuple[int, bool, bool]:
    """Return what is least for the nearest word: two letters exchanged are the likeliest error."""
    is_exchange = sorted(word) == sorted(other)
    return 2 * distance - is_exchange, word[0] != other[0], word[-1] != other[-1]


def _one_edit_away(word: str) -> set[str]:
    """Return what becomes of a word when one letter is added, left out or replaced, or two are exchanged."""
    parted = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = {left + right[1:] for left, right in parted if right}
    found.update(left + right[1] + right[0] + right[2:] for left, right in parted if len(right) > 1)
    found.update(left + letter + right for left, right in parted for letter in ascii_lowercase)
    found.update(left + letter + right[1:] for left, right in parted if right for letter in ascii_lowercase)
    return found - {word}


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
    return common_words() | ENGLISH | ASKING_ENGLISH
