"""Recognises which script a text is written in. Edit it to change what counts as Chinese, or as Chinese or Japanese."""

from __future__ import annotations

import re

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
"""Chinese characters, as a range for a regular expression's character class."""

CJK = "\u3040-\u30ff" + HAN
"""Scripts without spaces, Chinese characters and Japanese kana, as a range for a character class."""

_HAN_LETTER = re.compile(f"[{HAN}]")
_CJK_LETTER = re.compile(f"[{CJK}]")

# Such texts often name things in Latin letters ("怎么用 GitHub 登录 Discord"), and a character carries about as much
# as three letters.
_LEAST_SHARE = 0.25


def is_chinese(text: str) -> bool:
    """Return whether at least a quarter of the letters are Chinese characters.

    Kana don't count: the language of the reply depends on this, and Japanese must not get a Chinese one.
    """
    return _is_share_of_letters(count_han(text), text)


def is_cjk(text: str) -> bool:
    """Return whether at least a quarter of the letters are Chinese characters or kana."""
    return _is_share_of_letters(count_cjk(text), text)


def same_script(a: str, b: str) -> bool:
    """Return whether both texts are in Chinese or Japanese, or neither is: otherwise they share names at most."""
    return is_cjk(a) is is_cjk(b)


def holds_han(text: str) -> bool:
    """Return whether the text contains a Chinese character."""
    return _HAN_LETTER.search(text) is not None


def holds_cjk(text: str) -> bool:
    """Return whether the text contains a Chinese character or a kana."""
    return _CJK_LETTER.search(text) is not None


def count_han(text: str) -> int:
    """Return the number of Chinese characters."""
    return sum(1 for _ in _HAN_LETTER.finditer(text))


def count_cjk(text: str) -> int:
    """Return the number of Chinese characters and kana."""
    return sum(1 for _ in _CJK_LETTER.finditer(text))


def weighted_length(text: str) -> float:
    """Return the length in characters, a Han character counting as 2.5: it says about as much."""
    return len(text) + 1.5 * count_han(text)


def _is_share_of_letters(count: int, text: str) -> bool:
    return count > 0 and count >= sum(map(str.isalpha, text)) * _LEAST_SHARE
