"""Scores rankings and answers against their gold, as SQuAD does, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chains.routing.compare import f1
from text.words import scored_words


def first_gold(ranked: Sequence[str], gold: Collection[str]) -> int | None:
    """Return the rank, from 1, of the first gold document among the distinct ones of `ranked`; None: there is none."""
    distinct = list(dict.fromkeys(ranked))
    return next((rank for rank, each in enumerate(distinct, start=1) if each in gold), None)


def normal(text: str, lang: str) -> str:
    """What is compared: no case, no punctuation, no English articles; of Chinese the characters alone."""
    words = scored_words(text, by_character=lang == "zh")
    return ("" if lang == "zh" else " ").join(words)


def contains(answer: str, golds: Sequence[str], lang: str) -> bool:
    """Return whether the answer holds one of the gold strings, as whole words in English."""
    if lang == "zh":
        return any(normal(gold, lang) in normal(answer, lang) for gold in golds)
    return any(f" {normal(gold, lang)} " in f" {normal(answer, lang)} " for gold in golds)


def token_f1(answer: str, golds: Sequence[str], lang: str) -> float:
    """Return the best F1 over the gold strings, of words in English and of characters in Chinese (SQuAD's measure)."""
    return max((f1(_tokens(answer, lang), _tokens(gold, lang)) for gold in golds), default=0.0)


def _tokens(text: str, lang: str) -> list[str]:
    return list(normal(text, lang)) if lang == "zh" else normal(text, lang).split()
