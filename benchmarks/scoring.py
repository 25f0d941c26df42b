"""Scores of rankings and answers. Pure; knows no library and no model."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_RESAMPLES = 2000


def first_gold(ranked: Sequence[str], gold: Collection[str]) -> int | None:
    """The rank, from 1, of the first gold document among the distinct ones of `ranked`; None where there is none."""
    distinct = list(dict.fromkeys(ranked))
    return next((rank for rank, each in enumerate(distinct, start=1) if each in gold), None)


def normal(text: str, lang: str) -> str:
    """What is compared: no case, no punctuation, no English articles; of Chinese the characters alone."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(char if unicodedata.category(char)[0] in "LN" else " " for char in folded)
    if lang == "zh":
        return "".join(kept.split())
    return " ".join(_ARTICLE.sub(" ", kept).split())


def contains(answer: str, golds: Sequence[str], lang: str) -> bool:
    """Whether the answer holds one of the gold strings, as whole words in English."""
    if lang == "zh":
        return any(normal(gold, lang) in normal(answer, lang) for gold in golds)
    return any(f" {normal(gold, lang)} " in f" {normal(answer, lang)} " for gold in golds)


def token_f1(answer: str, golds: Sequence[str], lang: str) -> float:
    """The best F1 over the gold strings, of words in English and of characters in Chinese (SQuAD's measure)."""
    return max((_f1(_tokens(answer, lang), _tokens(gold, lang)) for gold in golds), default=0.0)


def paired_interval(differences: Sequence[float], seed: int = 7) -> tuple[float, float]:
    """The 95 % interval of the mean of paired differences, by resampling the pairs."""
    chance = random.Random(seed)
    count = len(differences)
    means = sorted(sum(chance.choices(differences, k=count)) / count for _ in range(_RESAMPLES))
    return round(means[int(0.025 * _RESAMPLES)], 3), round(means[int(0.975 * _RESAMPLES)], 3)


def _tokens(text: str, lang: str) -> list[str]:
    return list(normal(text, lang)) if lang == "zh" else normal(text, lang).split()


def _f1(answer: list[str], gold: list[str]) -> float:
    shared = sum((Counter(answer) & Counter(gold)).values())
    if shared == 0:
        return 0.0
    precision, recall = shared / len(answer), shared / len(gold)
    return 2 * precision * recall / (precision + recall)
