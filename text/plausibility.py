"""Tells garbled text from writing: characters of no script, and letters that no language puts side by side.

Every document passes through here, whatever read it. Edit it for what no text contains.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

from text.scripts import HAN

_LARGEST_SHARE = 0.1
"""The share of characters of no script from which a text is garbled; icons and bullets are few."""
_LEAST_ODD = 4
"""How many of them make a text garbled, unless most of it is."""
_LEAST_LETTERS = 12
"""The number of Korean or Chinese characters from which their frequency says something."""
_SAMPLE = 20_000
_LEAST_COMMON = {"Hangul": 0.06, "Han": 0.5}
"""The share of common characters below which a text is garbled. Real texts have .4 and .95, random ones .01 and .3."""
_NO_SCRIPT = re.compile(
    "[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ue000-\uf8ff\ufff0-\uffff\U000f0000-\U0010ffff]"
)
"""Control characters but Escape and Next Line, private use, and the sign for what could not be read."""
_SPACE = re.compile(r"\s+")
_HANGUL_SYLLABLE = re.compile("[\uac00-\ud7a3]")
_HAN_CHAR = re.compile(f"[{HAN}]")
_COMMON_HANGUL = frozenset(
    "이다는의에을를가고하지은기한나로사도어리아인시자서대요니입습들으여수일정상부제보해있것과구원장라게주만거안전화우동"
    "마모소조무성비러생오면방때그없된될음신공내간계문용세관할중연까년경선"
)
_SCRIPT_LETTERS = (
    "\u0370-\u03ff\u1f00-\u1fff",
    "\u0400-\u052f",
    "\u0590-\u05ff",
    "\u0600-\u06ff\u0750-\u077f",
    "\u0e00-\u0e7f",
    "\uac00-\ud7a3",
)
"""Greek, Cyrillic, Hebrew, Arabic, Thai and Korean, as ranges for a character class."""
_ACCENTED = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_MONEY = "\u20a0-\u20bf"
_NEIGHBOURS = re.compile(
    "|".join(
        f"[{own}][{''.join(other for other in _SCRIPT_LETTERS if other != own)}{_ACCENTED}{_MONEY}]"
        for own in _SCRIPT_LETTERS
    )
)
"""Two letters that are in no word together. A Latin letter without an accent may follow any."""


def is_garbled(text: str) -> bool:
    """Return whether hardly anybody can have written this text, so that it was misread."""
    count = len(_SPACE.sub("", text))
    if not count:
        return False
    odd = sum(1 for _ in _NO_SCRIPT.finditer(text)) + sum(1 for _ in _NEIGHBOURS.finditer(text))
    # One or two in a short text may be slips, such as a wrong entity of a web page.
    is_odd = odd > _LARGEST_SHARE * count and (odd >= _LEAST_ODD or 2 * odd > count)
    return is_odd or _is_rare(text, "Hangul", count) or _is_rare(text, "Han", count)


def _is_rare(text: str, script: str, count: int) -> bool:
    """Return whether most of a text is in this script, with characters that no language uses so often."""
    pattern, is_common = _SCRIPTS[script]
    found = [match[0] for match in islice(pattern.finditer(text), _SAMPLE)]
    if len(found) < _LEAST_LETTERS or (len(found) < _SAMPLE and 3 * len(found) < count):
        return False
    return sum(map(is_common, found)) < _LEAST_COMMON[script] * len(found)


def _is_common_han(char: str) -> bool:
    """Return whether the character is among the frequent ones of a Chinese or the Japanese standard."""
    return any(
        len(raw := char.encode(encoding, "ignore")) == 2 and low <= raw[0] <= high
        for encoding, low, high in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6), ("shift_jis", 0x88, 0x97))
    )


_SCRIPTS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "Hangul": (_HANGUL_SYLLABLE, _COMMON_HANGUL.__contains__),
    "Han": (_HAN_CHAR, _is_common_han),
}
