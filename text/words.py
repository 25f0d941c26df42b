"""Splits text into words, and Chinese and Japanese, which have no spaces, into pairs of characters; finds negations.

Each way of comparing words has its function here. Most have thresholds fitted to them, which must be fitted again after
a change.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from text.normalization import normalized
from text.scripts import CJK
from text.simplified import simplified
from text.stop_words import ASKING_CHINESE, ASKING_ENGLISH, CHINESE, ENGLISH
from text.tokens import Kind, Token, tokens

PREFIX_LETTERS = 6
"""The number of first letters that two forms of an English word nearly always share."""
_MEASURE_LETTERS = 3
_CODE_LETTERS = 5

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
    return normalized("NFKC", text).casefold()


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


@dataclass(frozen=True, slots=True)
class AskedWord:
    """Holds one telling word of a question, in the forms that `word_forms` finds it by in a text."""

    forms: frozenset[str]
    kind: Kind


def word_forms(text: str) -> set[str]:
    """Return the beginnings of the text's words, also of two joined, with whole identifiers, names and emoji.

    Chinese yields the pairs and the single characters.
    """
    found: set[str] = set()
    before: Token | None = None
    for token in tokens(simplified(text)):
        if token.kind is Kind.WORD:
            found.add(token.text[:PREFIX_LETTERS])
        elif token.kind is Kind.CJK:
            found.update(pairs(token.text), token.text)
        else:
            found.update(token.parts, map(_beginning, token.parts), (token.text, _beginning(token.text)))
            if token.kind is Kind.NAME:
                found.add(_name_form(token))
        if before is not None and before.text not in ASKING_ENGLISH and _may_join(before, token):
            joined = before.text + token.text
            found.update((joined, joined[:PREFIX_LETTERS]))
        before = token
    return found


def asked_words(question: str) -> list[AskedWord]:
    """Return the distinct words of a question that don't only ask; for Chinese pairs, or a lone character."""
    asked = list(tokens(simplified(question)))
    words: dict[frozenset[str], AskedWord] = {}
    for at, token in enumerate(asked):
        for forms in _asked_forms(asked, at):
            words.setdefault(forms, AskedWord(forms, token.kind))
    return list(words.values())


def _asked_forms(asked: Sequence[Token], at: int) -> Iterator[frozenset[str]]:
    token = asked[at]
    match token.kind:
        case Kind.CJK:
            for run, _ in runs(ASKING_CHINESE.sub(" ", token.text)):
                yield from (frozenset((term,)) for term in (pairs(run) or [run]))
        case Kind.NAME:
            yield frozenset((_name_form(token),))
        case Kind.COMPOUND if token.parts[0].isalpha():
            for part in token.parts:
                if part not in ASKING_ENGLISH:
                    yield frozenset((_beginning(part), *_joined_beginning(*token.parts[:2])))
        case Kind.WORD if token.text not in ASKING_ENGLISH:
            neighbours = ((asked[n], asked[n + 1]) for n in (at - 1, at) if n >= 0 and n + 1 < len(asked))
            joined = (_joined_beginning(a.text, b.text) for a, b in neighbours if _may_join(a, b))
            yield frozenset((_beginning(token.text), *(form for forms in joined for form in forms)))
        case Kind.IDENTIFIER | Kind.EMOJI | Kind.COMPOUND:
            yield frozenset((token.text,))
        case _:
            pass


def _may_join(first: Token, second: Token) -> bool:
    """Return whether two neighbours may elsewhere be one: "life jackets", "E 4017" or "10 mm"."""
    if second.kind is not Kind.WORD or first.kind not in (Kind.WORD, Kind.IDENTIFIER):
        return False
    if first.text[0].isdecimal():
        return second.text.isalpha() and len(second.text) <= _MEASURE_LETTERS
    if second.text.isdecimal():
        return first.kind is Kind.WORD and first.text.isalpha() and len(first.text) <= _CODE_LETTERS
    both = {first.text, second.text}
    return all(map(str.isalpha, both)) and not both & ASKING_ENGLISH


def _joined_beginning(first: str, second: str) -> tuple[str, ...]:
    """Return the beginning of both words as one; nothing if it is no other than the first word's."""
    return (_beginning(first + second),) if len(first) < PREFIX_LETTERS else ()


def _beginning(word: str) -> str:
    return word[:PREFIX_LETTERS]


def _name_form(token: Token) -> str:
    return f"{token.text}_"


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
