"""One order from both arms: the mean of their scores, each on a scale of its own from 0 to 1. Knows no index.

Such a convex combination keeps how far a passage stands out in an arm, which fusing by ranks forgets (Bruch, Gai and
Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval").
"""

from __future__ import annotations

from collections.abc import Mapping


def fuse(cosines: Mapping[str, float], bm25: Mapping[str, float]) -> dict[str, float]:
    """Each id's fused score, 0 to 1, highest first; an arm that does not have it adds nothing.

    Cosines crowd together, so their scale begins at the lowest of the candidates; that of BM25 begins at 0.
    """
    dense = _scaled(cosines, min(cosines.values(), default=0.0))
    keyword = _scaled(bm25, 0.0)
    scores = {id_: (dense.get(id_, 0.0) + keyword.get(id_, 0.0)) / 2 for id_ in (*dense, *keyword)}
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def _scaled(scores: Mapping[str, float], zero: float) -> dict[str, float]:
    """From 0 at `zero` to 1 at the highest; all 1 where they are one score."""
    span = max(scores.values(), default=zero) - zero
    return {id_: (score - zero) / span if span > 0 else 1.0 for id_, score in scores.items()}
