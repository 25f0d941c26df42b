"""Cuts text into tokens: words, Chinese, compounds, identifiers, names in capitals and emoji.

An identifier is one token however it is spelled: "E-4017" and "E4017", "v2.10" and "2.10". Edit it for what counts as
one; whoever does so raises `text.index_terms.FORM`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

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
    shown = unicodedata.normalize("NFKC", without_invisible(text))
    for found in _TOKEN.finditer(shown):
        if found["cjk"]:
            yield Token(Kind.CJK, found[0])
        elif found["emoji"]:
            yield Token(Kind.EMOJI, found[0])
        elif _is_name(found, shown):
            yield Token(Kind.NAME, found[0].casefold())
        else:
            yield from _word_tokens(found[0].casefold())


def _is_name(found: re.Match[str], text: str) -> bool:
    """Return whether a stop word stands in capitals on a line that is not written in capitals."""
    word = found[0]
    if not (2 <= len(word) <= _LONGEST_NAME and word.isascii() and word.isalpha() and word.isupper()):
        return False
    if word.casefold() not in ENGLISH and word.casefold() not in ASKING_ENGLISH:
        return False
    line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0]
    return any(map(str.islower, line)) or holds_cjk(line)


def _word_tokens(written: str) -> Iterator[Token]:
    word = written.replace("\u2010", "-")
    if (version := _VERSION.fullmatch(word)) is not None:
        yield Token(Kind.IDENTIFIER, version[1], tuple(_LETTERS_OR_DIGITS.findall(word)))
    elif _CODE.fullmatch(word):
        yield Token(Kind.IDENTIFIER, _without_signs(word), tuple(_LETTERS_OR_DIGITS.findall(word)))
    elif (measure := _MEASURE.fullmatch(word)) is not None:
        yield Token(Kind.COMPOUND, word, (measure[1], measure[2]))
    elif "-" in word and all(map(str.isalpha, word.split("-"))):
        yield Token(Kind.COMPOUND, word.replace("-", ""), tuple(word.split("-")))
    elif "-" in word or "." in word:
        for part in word.split("-" if "-" in word else "."):
            yield from _word_tokens(part)
    else:
        yield Token(Kind.WORD, word)


def _without_signs(code: str) -> str:
    """Return a code without signs, except a point between two numbers: they would become another number."""
    return _CODE_SIGN.sub(lambda sign: "" if sign[1] else ".", code)
