"""The calibrated probability that the passages found hold the answer.

A logistic regression on a few figures of one search; fitted by `python -m benchmarks.calibrate`, which writes
calibration.json with its provenance. Knows nothing of routes.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from importlib import resources

from knowledge.types import Retrieval

FEATURES = ("cosine", "lead", "coverage")


def features(retrieval: Retrieval) -> tuple[float, ...] | None:
    """The figures that the probability reads, or None where nothing was found.

    Returns:
        The best cosine; its lead over the mean of the next four (e5's cosines crowd together, so that the
        distance says more than the height); the best share of the question's terms that one of the first
        three passages covers.
    """
    cosines = retrieval.top_cosines
    if not cosines or not retrieval.evidence:
        return None
    rest = cosines[1:]
    lead = cosines[0] - sum(rest) / len(rest) if rest else 0.0
    coverage = max(item.coverage for item in retrieval.evidence[:3])
    return cosines[0], lead, coverage


@dataclass(frozen=True, slots=True)
class Confidence:
    """The fitted model: one weight a feature, on standardised figures."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float
    """Below it the bot refuses; fitted on the same development data."""
    embedding_model: str
    """The figures mean this only for the vectors of this model."""

    def probability(self, retrieval: Retrieval) -> float | None:
        """Between 0 and 1; None where nothing was found."""
        figures = features(retrieval)
        if figures is None:
            return None
        terms = zip(figures, self.means, self.scales, self.weights, strict=True)
        return 1 / (1 + math.exp(-(self.bias + sum((x - m) / s * w for x, m, s, w in terms))))


def load_confidence() -> Confidence:
    """Read the calibration that ships with the package."""
    fitted = json.loads(resources.files("chains.routing").joinpath("calibration.json").read_text("utf-8"))["confidence"]
    return Confidence(
        means=tuple(fitted["means"]),
        scales=tuple(fitted["scales"]),
        weights=tuple(fitted["weights"]),
        bias=fitted["bias"],
        threshold=fitted["threshold"],
        embedding_model=fitted["embedding_model"],
    )
