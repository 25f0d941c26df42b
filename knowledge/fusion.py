"""Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): one order from several rankings. Knows no index."""

from __future__ import annotations

from collections.abc import Sequence

RANK_OFFSET = 60
"""The paper's constant: how little the first rank stands out from the next."""


def fuse(*rankings: Sequence[str]) -> dict[str, float]:
    """Each id's sum of 1 / (RANK_OFFSET + rank) over the rankings that have it, highest first."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, id_ in enumerate(ranking, start=1):
            scores[id_] = scores.get(id_, 0.0) + 1 / (RANK_OFFSET + rank)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))
