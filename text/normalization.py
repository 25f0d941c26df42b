"""Normalises Unicode text in linear time, and repairs text that is no valid Unicode.

Python sorts each run of combining marks by insertion: 100 kB of them would take seconds, in which no other thread runs.
Edit it for how many marks a character may have.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

_MOST_MARKS = 30
"""The marks that one character may have, as Unicode's Stream-Safe Text Format limits them (UAX #15, 13)."""
_FIRST_MARK, _LAST_MARK = 0x300, 0x1E94A
_SHORT = 500
"""Characters; so short a text takes no time, whatever it is made of."""


def normalized(form: Literal["NFC", "NFKC"], text: str) -> str:
    """Return the text in this normal form; marks beyond the thirtieth on one character are left out."""
    if text.isascii():
        return text
    if len(text) > _SHORT:
        text = _long_runs().sub(r"\1", text)
    return unicodedata.normalize(form, text)


def without_surrogates(text: str) -> str:
    """Return the text with a replacement sign for each lone half of a surrogate pair, which nothing can store."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


@lru_cache(maxsize=1)
def _long_runs() -> re.Pattern[str]:
    """Return the pattern of too many marks, with those that stay as its group."""
    marks = [char for char in map(chr, range(_FIRST_MARK, _LAST_MARK + 1)) if _is_mark(char)]
    signs = f"[{''.join(map(re.escape, marks))}]"
    return re.compile(f"({signs}{{{_MOST_MARKS}}}){signs}+")


def _is_mark(char: str) -> bool:
    """Return whether it sorts among the marks of the character before it, or becomes such a mark."""
    return unicodedata.combining(unicodedata.normalize("NFKD", char)[0]) != 0
