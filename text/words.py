"""Splits text into words, and Chinese and Japanese, which have no spaces, into pairs of characters; finds negations.

Each way of comparing words has its function here. Most have thresholds fitted to them, which must be fitted again after
a change.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from text.scripts import CJK
from text.stop_words import ASKING_CHINESE, ASKING_ENGLISH, CHINESE, ENGLISH

PREFIX_LETTERS = 6
"""The number of first letters that two forms of an English word nearly always share."""

_RUN = re.compile(f"([{CJK}]+)|[^\\W_{CJK}]+")
_ENDING = re.compile(r"(?<=[a-z]{3})(?:ing|ed|es|s)$")
_ARTICLE = re.compile(r"\b(a|an|the)\b")
_CONTRACTED = re.compile(r"n['’]t\b|(?<=can)not\b")
_NEGATION = re.compile(
    r"\b(?:not|no(?!\s+(?:later|earlier|more|less|fewer)\b)|never|neither|nor|without|forbidden|prohibited)\b"
    rf"|不(?!过|過|仅|僅|但|同|少)|没有?|沒有?|未(?=[{CJK}])|勿|禁止"
)


def fold(text: str) -> str:
    """Return the text without differences of case and of compatible forms of a character."""
    return unicodedata.normalize("NFKC", text).casefold()


def one_line(text: str) -> str:
    """Return the folded text with single spaces for all white space, so that wrapping makes no difference."""
    return " ".join(fold(text).split())


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each word and each unbroken stretch of Chinese or Japanese, with whether it is such a stretch."""
    return ((found[0], found[1] is not None) for found in _RUN.finditer(text))


def pairs(run: str) -> list[str]:
    """Return the overlapping pairs of characters; none for a single character."""
    return [run[at : at + 2] for at in range(len(run) - 1)]


def stem(word: str) -> str:
    """Return an English word without its ending. Deliberately light: the rest need not be a word, only the same."""
    return _ENDING.sub("", word)


def content_words(text: str) -> frozenset[str]:
    """Return the words that say what a text is about: stems or Chinese pairs, no stop words or negations."""
    words: set[str] = set()
    for run, is_cjk in runs(without_negations(expand_contractions(fold(text)))):
        if is_cjk:
            words.update(pair for pair in pairs(run) if pair not in CHINESE)
        elif (content := _content_stem(run)) is not None:
            words.add(content)
    return frozenset(words)


@lru_cache(maxsize=50_000)
def _content_stem(word: str) -> str | None:
    """Return the word's stem; None for a stop word."""
    bare = stem(word)
    return None if word in ENGLISH or bare in ENGLISH else bare


def prefixes(text: str) -> set[str]:
    """Return the beginnings of the text's words; for Chinese the pairs and the single characters."""
    found: set[str] = set()
    for run, is_cjk in runs(fold(text)):
        found.update({*pairs(run), *run} if is_cjk else {run[:PREFIX_LETTERS]})
    return found


def asked_prefixes(question: str) -> set[str]:
    """Return the beginnings of a question's words except question words; for Chinese pairs, or a lone character."""
    rest = ASKING_CHINESE.sub(" ", fold(question))
    content = " ".join(word for word in re.split(r"[^\w]+", rest) if word not in ASKING_ENGLISH)
    found: set[str] = set()
    for run, is_cjk in runs(content):
        found.update((pairs(run) or [run]) if is_cjk else [run[:PREFIX_LETTERS]])
    return found


def words_and_pairs(text: str) -> set[str]:
    """Return all words unchanged; for Chinese the pairs, or a lone character."""
    found: set[str] = set()
    for run, is_cjk in runs(text.casefold()):
        found.update((pairs(run) or [run]) if is_cjk else [run])
    return found


def scored_words(text: str, *, by_character: bool) -> list[str]:
    """Return what SQuAD's metrics compare: no case, punctuation or English articles; `by_character` for Chinese."""
    kept = "".join(char if unicodedata.category(char)[0] in "LN" else " " for char in fold(text))
    return list("".join(kept.split())) if by_character else _ARTICLE.sub(" ", kept).split()


def expand_contractions(folded_text: str) -> str:
    """Return folded text with "n't" and "cannot" written out, so that every negation is a separate word."""
    return _CONTRACTED.sub(" not", folded_text)


def count_negations(folded_text: str) -> int:
    """Return how many words of folded text negate something."""
    return len(_NEGATION.findall(expand_contractions(folded_text)))


def without_negations(expanded_text: str) -> str:
    """Return the text with a space in place of each negation."""
    return _NEGATION.sub(" ", expanded_text)
