"""Cuts text into the terms of keyword search: words as they are, Chinese and Japanese into characters and pairs.

Traditional characters are simplified first, so that what is written in either finds the other. SQLite's own tokenizer
then splits at spaces and reduces English words to their stems.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from knowledge.simplified import simplified

FORM = 1
"""Of the terms; another form, and a guild's index is made anew when the library opens."""

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
"""Scripts that are written without spaces, as a range of a regular expression's character class."""

MAX_QUERY_TERMS = 128
_CJK_LETTER = re.compile(f"[{CJK}]")
_RUN = re.compile(f"([{CJK}]+)|[^\\W_{CJK}]+")


def indexable(text: str) -> str:
    """`text` as SQLite should index it: its terms, parted by spaces."""
    terms: list[str] = []
    for run, chinese in _runs(text):
        if chinese:
            terms.extend(_pairs(run))
            terms.extend(run)
        else:
            terms.append(run)
    return " ".join(terms)


def question_terms(question: str) -> list[str]:
    """The distinct terms that tell what a question is about, in its order, at most `MAX_QUERY_TERMS`.

    As FTS5 expressions. Of Chinese its pairs: a single character only where it stands alone.
    """
    terms: dict[str, None] = {}
    for run, chinese in _runs(question):
        terms.update(dict.fromkeys(_quoted(_pairs(run) if chinese and len(run) > 1 else [run])))
    return list(terms)[:MAX_QUERY_TERMS]


def search_terms(question: str) -> list[str]:
    """What is searched by: the question's terms and, behind them, its single Chinese characters.

    These find a word that stands in the passage in other company, as in 東京 and 東亞.
    """
    characters = [char for run, chinese in _runs(question) if chinese for char in run]
    return list(dict.fromkeys([*question_terms(question), *_quoted(characters)]))[:MAX_QUERY_TERMS]


def in_one_script(a: str, b: str) -> bool:
    """Whether both texts are written in Chinese or Japanese, or neither is: else they can share names at the most."""
    return is_cjk(a) is is_cjk(b)


def is_cjk(text: str) -> bool:
    """Whether it is written in Chinese or Japanese.

    A quarter of the letters is enough: such texts often name things in Latin letters.
    """
    cjk = len(_CJK_LETTER.findall(text))
    return cjk > 0 and cjk >= sum(map(str.isalpha, text)) / 4


def _runs(text: str) -> list[tuple[str, bool]]:
    normal = simplified(unicodedata.normalize("NFKC", text).casefold())
    return [(found[0], found[1] is not None) for found in _RUN.finditer(normal)]


def _quoted(terms: Sequence[str]) -> list[str]:
    return [f'"{term}"' for term in terms]


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]
