"""Cuts text into the terms of keyword search: words as they are, Chinese and Japanese into pairs of characters.

SQLite's own tokenizer then splits at spaces and reduces English words to their stems.
"""

from __future__ import annotations

import re
import unicodedata

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
"""Scripts that are written without spaces, as a range of a regular expression's character class."""

MAX_QUERY_TERMS = 128
_CJK_LETTER = re.compile(f"[{CJK}]")
_RUN = re.compile(f"([{CJK}]+)|[^\\W_{CJK}]+")


def indexable(text: str) -> str:
    """`text` as SQLite should index it: its terms, parted by spaces.

    The last character of a Chinese run stands alone too, so that each of its characters begins some term, and a
    one-character question finds it by prefix.
    """
    terms: list[str] = []
    for run, chinese in _runs(text):
        if chinese:
            terms.extend(_pairs(run))
            terms.append(run[-1])
        else:
            terms.append(run)
    return " ".join(terms)


def question_terms(question: str) -> list[str]:
    """The distinct terms of a question as FTS5 expressions, in its order, at most `MAX_QUERY_TERMS`."""
    terms: dict[str, None] = {}
    for run, chinese in _runs(question):
        if chinese:
            terms.update(dict.fromkeys(f'"{pair}"' for pair in _pairs(run)) if len(run) > 1 else {f'"{run}"*': None})
        else:
            terms[f'"{run}"'] = None
    return list(terms)[:MAX_QUERY_TERMS]


def in_one_script(a: str, b: str) -> bool:
    """Whether both texts are written in Chinese or Japanese, or neither is: else they can share names at the most."""
    return _is_cjk(a) is _is_cjk(b)


def _is_cjk(text: str) -> bool:
    """A quarter of the letters is enough: such texts often name things in Latin letters."""
    cjk = len(_CJK_LETTER.findall(text))
    return cjk > 0 and cjk >= sum(map(str.isalpha, text)) / 4


def _runs(text: str) -> list[tuple[str, bool]]:
    normal = unicodedata.normalize("NFKC", text).casefold()
    return [(found[0], found[1] is not None) for found in _RUN.finditer(normal)]


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]
