"""Fuses the results of both retrievers: the mean of their scores, each scaled from 0 to 1.

Such a convex combination preserves how far a passage stands out, which fusion by ranks loses (Bruch, Gai and Ingber
2023, "An Analysis of Fusion Functions for Hybrid Retrieval"). Edit it for the weights and scales.
"""

from __future__ import annotations

from collections.abc import Mapping


def fuse(cosines: Mapping[str, float], bm25: Mapping[str, float]) -> dict[str, float]:
    """Return each id's fused score, 0 to 1, highest first; a retriever that did not find it adds nothing.

    Cosines are close together, so their scale begins at the lowest candidate; that of BM25 begins at 0.
    """
    dense = _scaled(cosines, min(cosines.values(), default=0.0))
    keyword = _scaled(bm25, 0.0)
    scores = {id_: (dense.get(id_, 0.0) + keyword.get(id_, 0.0)) / 2 for id_ in (*dense, *keyword)}
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def _scaled(scores: Mapping[str, float], zero: float) -> dict[str, float]:
    """Return the scores from 0 at `zero` to 1 at the highest; all 1 if they are equal."""
    span = max(scores.values(), default=zero) - zero
    return {id_: (score - zero) / span if span > 0 else 1.0 for id_, score in scores.items()}
