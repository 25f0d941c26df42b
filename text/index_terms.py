"""Cuts text into the terms of keyword search: words, and Chinese and Japanese as characters and pairs.

Traditional characters are simplified first, so that each form finds the other. SQLite's tokenizer then splits at spaces
and stems English words. Whoever changes the terms raises `FORM`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from text.simplified import simplified
from text.words import fold, pairs, runs

FORM = 1
"""The version of the terms; if it differs, a guild's index is rebuilt when the library opens."""

MAX_QUERY_TERMS = 128


def indexable(text: str) -> str:
    """Return `text` as SQLite should index it: its terms, separated by spaces."""
    terms: list[str] = []
    for run, is_cjk in _runs(text):
        if is_cjk:
            terms.extend(pairs(run))
            terms.extend(run)
        else:
            terms.append(run)
    return " ".join(terms)


def question_terms(question: str) -> list[str]:
    """Return a question's distinct terms as FTS5 expressions, in order, at most `MAX_QUERY_TERMS`.

    Chinese yields pairs, and a single character only if it is alone.
    """
    terms: dict[str, None] = {}
    for run, is_cjk in _runs(question):
        terms.update(dict.fromkeys(_quoted(pairs(run) if is_cjk and len(run) > 1 else [run])))
    return list(terms)[:MAX_QUERY_TERMS]


def search_terms(question: str) -> list[str]:
    """Return the terms to search for: the question's terms, then its single Chinese characters.

    These find a word that is combined differently in the passage, as in 東京 and 東亞.
    """
    characters = [char for run, is_cjk in _runs(question) if is_cjk for char in run]
    return list(dict.fromkeys([*question_terms(question), *_quoted(characters)]))[:MAX_QUERY_TERMS]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    return runs(simplified(fold(text)))


def _quoted(terms: Sequence[str]) -> list[str]:
    return [f'"{term}"' for term in terms]
