"""Cuts text into tokens: words, Chinese, compounds, identifiers, names in capitals and emoji.

An identifier is one token however it is spelled: "E-4017" and "E4017", "v2.10" and "2.10". Edit it for what counts as
one; whoever does so raises `text.index_terms.FORM`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from text.normalization import normalized
from text.scripts import CJK, holds_cjk
from text.stop_words import ASKING_ENGLISH, ENGLISH

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
    "\u20e3\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef]"
)
"""Zero-width characters, soft hyphens, direction marks, variation selectors, tags, and the skin tones of emoji."""
_PICTURE = (
    "\u231a\u231b\u23e9-\u23fa\u2600-\u27bf\u2b50\u2b55\U0001f004\U0001f0cf\U0001f170-\U0001f251\U0001f300-\U0001faff"
)
_EMOJI = rf"[\U0001f1e6-\U0001f1ff]{{2}}|[{_PICTURE}]"
EMOJI = re.compile(_EMOJI)
"""One emoji, or the two letters of a flag."""

_PART = rf"[^\W_{CJK}]+"
_TOKEN = re.compile(
    rf"(?P<cjk>[{CJK}]+)|(?P<word>{_PART}(?:[-\u2010.]{_PART})*)|(?P<emoji>{_EMOJI})",
)
_VERSION = re.compile(r"v?(\d+(?:\.\d+)+)")
_CODE = re.compile(r"[a-z]{1,5}[-.]?\d+(?:[-.]\d+)*[a-z]?")
_MEASURE = re.compile(r"(\d+(?:\.\d+)?)(?!st|nd|rd|th)([a-z]{1,3})")
_LETTERS_OR_DIGITS = re.compile(r"\d+|[^\W\d_]+")
_CODE_SIGN = re.compile(r"(?<=\d)[-.](?=\d)|([-.])")
_LONGEST_NAME = 5
_CACHED = 50_000
"""Words whose tokens are kept: a text's words repeat."""


class Kind(StrEnum):
    """Names what a token is."""

    WORD = "word"
    CJK = "cjk"
    COMPOUND = "compound"
    """Several words in one, as "Wi-Fi" or "10mm"."""
    IDENTIFIER = "identifier"
    """A code or a version, as "E-4017" or "2.10"."""
    NAME = "name"
    """A name in capitals that is otherwise a stop word, as in "How do I reach IT?"."""
    EMOJI = "emoji"


@dataclass(frozen=True, slots=True)
class Token:
    """Holds one token, without differences of case and of compatible forms."""

    kind: Kind
    text: str
    """A compound without its hyphens; an identifier without signs, except points between numbers."""
    parts: tuple[str, ...] = ()
    """The words and numbers of a compound or an identifier."""


def without_invisible(text: str) -> str:
    """Return the text without characters that show nothing, as copied text often holds them."""
    return _INVISIBLE.sub("", text)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text in order."""
    shown = normalized("NFKC", without_invisible(text))
    for found in _TOKEN.finditer(shown):
        written = found[0]
        if found.lastgroup == "cjk":
            yield Token(Kind.CJK, written)
        elif found.lastgroup == "emoji":
            yield Token(Kind.EMOJI, written)
        elif _may_be_name(written) and _is_within_sentence(found.start(), shown):
            yield Token(Kind.NAME, written.casefold())
        else:
            yield from _word_tokens(written.casefold())


@lru_cache(maxsize=_CACHED)
def _may_be_name(word: str) -> bool:
    """Return whether it is a stop word in capitals."""
    if not (2 <= len(word) <= _LONGEST_NAME and word.isascii() and word.isalpha() and word.isupper()):
        return False
    return word.casefold() in ENGLISH or word.casefold() in ASKING_ENGLISH


def _is_within_sentence(at: int, text: str) -> bool:
    """Return whether the line there is not written in capitals itself."""
    line = text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0]
    return any(map(str.islower, line)) or holds_cjk(line)


@lru_cache(maxsize=_CACHED)
def _word_tokens(written: str) -> tuple[Token, ...]:
    word = written.replace("\u2010", "-")
    if word.isalpha():
        return (Token(Kind.WORD, word),)
    if (single := _number_token(word)) is not None:
        return (single,)
    parts = word.split("-")
    if len(parts) > 1 and all(map(str.isalpha, parts)):
        return (Token(Kind.COMPOUND, "".join(parts), tuple(parts)),)
    if len(parts) == 1:
        parts = word.split(".")
    return (
        tuple(token for part in parts for token in _word_tokens(part)) if len(parts) > 1 else (Token(Kind.WORD, word),)
    )


def _number_token(word: str) -> Token | None:
    """Return the token of a version, a code or a measure; None for any other word."""
    if (version := _VERSION.fullmatch(word)) is not None:
        return Token(Kind.IDENTIFIER, version[1], tuple(_LETTERS_OR_DIGITS.findall(word)))
    if _CODE.fullmatch(word):
        return Token(Kind.IDENTIFIER, _without_signs(word), tuple(_LETTERS_OR_DIGITS.findall(word)))
    if (measure := _MEASURE.fullmatch(word)) is not None:
        return Token(Kind.COMPOUND, word, (measure[1], measure[2]))
    return None


def _without_signs(code: str) -> str:
    """Return a code without signs, except a point between two numbers: they would become another number."""
    return _CODE_SIGN.sub(lambda sign: "" if sign[1] else ".", code)
