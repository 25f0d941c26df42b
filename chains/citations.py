"""Which passage an answer rests on, computed from the words they share. Knows nothing of models or Discord.

A small model cites at random or not at all, so a number that it wrote is kept only where that passage exists, and
where it wrote none, the passage that covers most of the answer is cited.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.types import Evidence

_CITATION = re.compile(r"\s*\[(\d{1,2})\]")
_WORD = re.compile(r"[^\W_]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")

# An answer that shares less than this with every passage rests on none of them.
_LEAST_SHARE = 0.3


def cite(text: str, evidence: Sequence[Evidence]) -> str:
    """`text` with citations that are true of `evidence`, numbered from 1."""
    kept = _CITATION.sub(lambda found: found[0] if 1 <= int(found[1]) <= len(evidence) else "", text).rstrip()
    if not evidence or _CITATION.search(kept):
        return kept
    shares = [_share(kept, item.chunk.text) for item in evidence]
    best = max(range(len(shares)), key=shares.__getitem__)
    return f"{kept} [{best + 1}]" if shares[best] >= _LEAST_SHARE else kept


def _share(answer: str, passage: str) -> float:
    """The share of the answer's distinct words (in Chinese: pairs of characters) that stand in the passage."""
    words = _words(answer)
    return len(words & _words(passage)) / len(words) if words else 0.0


def _words(text: str) -> set[str]:
    words: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        if _HAN.search(word):
            words.update(word[at : at + 2] for at in range(max(1, len(word) - 1)))
        else:
            words.add(word)
    return words
