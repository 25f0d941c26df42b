"""Which script a text is written in. Edit it to change what counts as Chinese, or as Chinese or Japanese."""

from __future__ import annotations

import re

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
"""Chinese characters, as a range of a regular expression's character class."""

CJK = "\u3040-\u30ff" + HAN
"""Scripts that are written without spaces: Chinese characters and Japanese kana, as such a range too."""

_HAN_LETTER = re.compile(f"[{HAN}]")
_CJK_LETTER = re.compile(f"[{CJK}]")

# Such texts often name things in Latin letters ("怎么用 GitHub 登录 Discord"), and a character carries about as much as
# three letters do.
_LEAST_SHARE = 0.25


def is_chinese(text: str) -> bool:
    """Whether at least a quarter of the letters are Chinese characters. Kana don't count: it is the reply's language
    that hangs on this, and Japanese gets no Chinese reply for its kana.
    """
    return _is_share_of_letters(count_han(text), text)


def is_cjk(text: str) -> bool:
    """Whether at least a quarter of the letters are Chinese characters or kana."""
    return _is_share_of_letters(count_cjk(text), text)


def same_script(a: str, b: str) -> bool:
    """Whether both texts are written in Chinese or Japanese, or neither is: otherwise they share names at most."""
    return is_cjk(a) is is_cjk(b)


def holds_han(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return _HAN_LETTER.search(text) is not None


def holds_cjk(text: str) -> bool:
    """Whether there is a Chinese character or a kana in it."""
    return _CJK_LETTER.search(text) is not None


def count_han(text: str) -> int:
    """The number of Chinese characters."""
    return sum(1 for _ in _HAN_LETTER.finditer(text))


def count_cjk(text: str) -> int:
    """The number of Chinese characters and kana."""
    return sum(1 for _ in _CJK_LETTER.finditer(text))


def _is_share_of_letters(count: int, text: str) -> bool:
    return count > 0 and count >= sum(map(str.isalpha, text)) * _LEAST_SHARE
