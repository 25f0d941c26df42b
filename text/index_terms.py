"""Cuts text into the terms of keyword search: words, and Chinese and Japanese as characters and pairs.

Traditional characters are simplified first, so that each form finds the other. SQLite's tokenizer then splits at spaces
and stems English words. Whoever changes the terms raises `FORM`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from text.simplified import simplified
from text.stop_words import ASKING_CHINESE, ASKING_ENGLISH, ENGLISH
from text.tokens import Kind, Token, tokens
from text.words import fold, pairs, runs

FORM = 2
"""The version of the terms; if it differs, a guild's index is rebuilt when the library opens."""

TERM_CHARACTERS = "._"
"""Characters that SQLite must keep within a term, besides letters and digits."""

MAX_QUERY_TERMS = 128

_PARTICLES = frozenset(("back", "down", "in", "off", "on", "out", "over", "up"))
"""Stop words that are often written together with the verb before them, as in "log in" and "login"."""
_LEAST_PART = 3
_LEAST_JOINED = 4
_MOST_CODE_LETTERS = 4


@dataclass(frozen=True, slots=True)
class AskedTerm:
    """Holds one term of a question as it is looked up."""

    expression: str
    """An FTS5 expression: the term and its other spellings."""
    is_identifier: bool = False
    """Whether it is a code or a version, which says more than any word."""
    asks: bool = False
    """Whether it only asks or connects, and says nothing about the subject."""
    parts: tuple[str, ...] = ()
    """The parts of an identifier that no text has: some text may still name a part of it."""


def indexable(text: str) -> str:
    """Return `text` as SQLite should index it: its terms, separated by spaces."""
    terms: list[str] = []
    for token in tokens(simplified(text)):
        match token.kind:
            case Kind.CJK:
                terms.extend(pairs(token.text))
                terms.extend(token.text)
            case Kind.NAME:
                terms.extend((token.text, _name_term(token)))
            case Kind.EMOJI:
                terms.append(_emoji_term(token))
            case _:
                terms.extend(dict.fromkeys((*token.parts, token.text)))
    return " ".join(terms)


def question_terms(question: str) -> list[str]:
    """Return a question's distinct terms as FTS5 expressions, in order, at most `MAX_QUERY_TERMS`.

    Chinese yields pairs, and a single character only if it is alone.
    """
    terms: dict[str, None] = {}
    for run, is_cjk in _runs(question):
        terms.update(dict.fromkeys(_quoted(pairs(run) if is_cjk and len(run) > 1 else [run])))
    return list(terms)[:MAX_QUERY_TERMS]


def asked_terms(question: str, is_known: Callable[[str], bool]) -> list[AskedTerm]:
    """Return a question's distinct terms with the other spellings that the index has, at most `MAX_QUERY_TERMS`.

    `is_known` says whether some text matches an FTS5 expression.
    """
    asked = list(tokens(simplified(question)))
    terms: dict[str, AskedTerm] = {}
    at = 0
    while at < len(asked):
        parted = _parted_code(asked[at : at + 2])
        if parted is not None and is_known(parted.expression.partition(" OR ")[0]):
            found, step = [parted], 2
        else:
            found, step = list(_terms_of(asked, at, is_known)), 1
        for term in found:
            terms.setdefault(term.expression, term)
        at += step
    return list(terms.values())[:MAX_QUERY_TERMS]


def single_characters(question: str) -> list[str]:
    """Return the Chinese characters of a question as FTS5 expressions.

    These find a word that is combined differently in the passage, as in 東京 and 東亞.
    """
    return list(dict.fromkeys(_quoted([char for run, is_cjk in _runs(question) if is_cjk for char in run])))


def search_terms(question: str) -> list[str]:
    """Return the terms to search for as they are written: the question's terms, then its single Chinese characters."""
    return list(dict.fromkeys([*question_terms(question), *single_characters(question)]))[:MAX_QUERY_TERMS]


def _terms_of(asked: Sequence[Token], at: int, is_known: Callable[[str], bool]) -> Iterator[AskedTerm]:
    token = asked[at]
    match token.kind:
        case Kind.CJK:
            yield from _chinese_terms(token.text, is_known)
        case Kind.NAME:
            named = _quote(_name_term(token))
            is_name = is_known(named)
            yield AskedTerm(named if is_name else _quote(token.text), asks=not is_name)
        case Kind.EMOJI:
            if is_known(_quote(_emoji_term(token))):
                yield AskedTerm(_quote(_emoji_term(token)))
        case Kind.IDENTIFIER:
            identifier = _identifier(token.text, token.parts)
            parts = () if is_known(identifier.expression) else tuple(_quoted(token.parts))
            yield replace(identifier, parts=parts)
        case Kind.COMPOUND if token.parts[0].isdecimal():
            yield AskedTerm(_any_of([_quote(token.text), _phrase(token.parts)]))
        case Kind.COMPOUND:
            for part in token.parts:
                ways = [_quote(token.text)] if is_known(_quote(token.text)) else []
                yield AskedTerm(_any_of([_quote(part), *ways]), asks=part in ASKING_ENGLISH and not ways)
        case Kind.WORD:
            word = _quote(token.text)
            ways = [way for way in _joined_spellings(asked, at) if is_known(way)]
            if not ways and not is_known(word):
                ways = [way for way in _parted_spellings(token.text) if is_known(way)]
            yield AskedTerm(_any_of([word, *ways]), asks=token.text in ASKING_ENGLISH and not ways)


def _identifier(text: str, parts: Sequence[str]) -> AskedTerm:
    # The phrase of a version's numbers would also find them within a longer version.
    ways = [] if text[0].isdecimal() else [_phrase(parts)]
    return AskedTerm(_any_of([_quote(text), *ways]), is_identifier=True)


def _parted_code(two: Sequence[Token]) -> AskedTerm | None:
    """Return letters and the number after them as the one code that they may be, as in "E 4017"."""
    if len(two) < 2 or any(token.kind is not Kind.WORD for token in two):
        return None
    letters, number = two[0].text, two[1].text
    if letters.isalpha() and len(letters) <= _MOST_CODE_LETTERS and number.isdecimal() and len(number) > 1:
        return _identifier(letters + number, (letters, number))
    return None


def _joined_spellings(asked: Sequence[Token], at: int) -> Iterator[str]:
    """Yield the expressions of a word that other texts write together with its neighbour."""
    for first, second in ((at - 1, at), (at, at + 1)):
        if first >= 0 and second < len(asked) and _may_be_joined(asked[first], asked[second]):
            yield _quote(asked[first].text + asked[second].text)


def _parted_spellings(word: str) -> Iterator[str]:
    """Yield the expressions of a word that other texts write in two."""
    if word.isalpha() and word.isascii():
        for cut in range(_LEAST_PART, len(word) - _LEAST_PART + 1):
            yield _phrase((word[:cut], word[cut:]))


def _may_be_joined(first: Token, second: Token) -> bool:
    if any(token.kind is not Kind.WORD or not token.text.isalpha() for token in (first, second)):
        return False
    if len(first.text) + len(second.text) < _LEAST_JOINED or first.text in ENGLISH:
        return False
    return second.text not in ENGLISH or second.text in _PARTICLES


def _chinese_terms(run: str, is_known: Callable[[str], bool]) -> Iterator[AskedTerm]:
    """Yield the pairs of a stretch of Chinese, saying which remain without what only asks.

    A pair that some text has may be a word all the same, as 在 is a part of 在线.
    """
    rest = [part for part, _ in runs(ASKING_CHINESE.sub(" ", run))]
    telling = {term for part in rest for term in (pairs(part) or [part])}
    for term in pairs(run) or [run]:
        yield AskedTerm(_quote(term), asks=term not in telling and not is_known(_quote(term)))
    for part in rest:
        if len(part) == 1 and len(run) > 1:
            yield AskedTerm(_quote(part))


def _name_term(token: Token) -> str:
    return f"{token.text}_"


def _emoji_term(token: Token) -> str:
    return "u" + "".join(f"{ord(char):x}" for char in token.text)


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    return runs(simplified(fold(text)))


def _any_of(expressions: Sequence[str]) -> str:
    return " OR ".join(dict.fromkeys(expressions))


def _phrase(words: Sequence[str]) -> str:
    return _quote(" ".join(words))


def _quote(term: str) -> str:
    return f'"{term}"'


def _quoted(terms: Sequence[str]) -> list[str]:
    return [_quote(term) for term in terms]
