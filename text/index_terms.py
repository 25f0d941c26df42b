"""Cuts text into the terms of keyword search: words as they are, Chinese and Japanese into characters and pairs.

Traditional characters are simplified first, so that what is written in either finds the other. SQLite's own tokenizer
then splits at spaces and reduces English words to their stems. Whatever changes the terms raises `FORM`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from text.simplified import simplified
from text.words import fold, pairs, runs

FORM = 1
"""Of the terms; another form, and a guild's index is made anew when the library opens."""

MAX_QUERY_TERMS = 128


def indexable(text: str) -> str:
    """`text` as SQLite should index it: its terms, parted by spaces."""
    terms: list[str] = []
    for run, is_cjk in _runs(text):
        if is_cjk:
            terms.extend(pairs(run))
            terms.extend(run)
        else:
            terms.append(run)
    return " ".join(terms)


def question_terms(question: str) -> list[str]:
    """The distinct terms that tell what a question is about, in its order, at most `MAX_QUERY_TERMS`.

    As FTS5 expressions. Of Chinese its pairs: a single character only where it stands alone.
    """
    terms: dict[str, None] = {}
    for run, is_cjk in _runs(question):
        terms.update(dict.fromkeys(_quoted(pairs(run) if is_cjk and len(run) > 1 else [run])))
    return list(terms)[:MAX_QUERY_TERMS]


def search_terms(question: str) -> list[str]:
    """What is searched by: the question's terms and, behind them, its single Chinese characters.

    These find a word that stands in the passage in other company, as in 東京 and 東亞.
    """
    characters = [char for run, is_cjk in _runs(question) if is_cjk for char in run]
    return list(dict.fromkeys([*question_terms(question), *_quoted(characters)]))[:MAX_QUERY_TERMS]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    return runs(simplified(fold(text)))


def _quoted(terms: Sequence[str]) -> list[str]:
    return [f'"{term}"' for term in terms]
