"""The calibrated probability that the passages found hold the answer.

A logistic regression on a few figures of one search; fitted by `python -m benchmarks.calibrate`, which writes
calibration_*.json with its provenance. Knows nothing of routes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pydantic import TypeAdapter

from chains.language import detect
from chains.routing import fitted
from knowledge.types import Retrieval


@dataclass(frozen=True, slots=True)
class Figures:
    """What the probability reads of one search."""

    cosine: float
    """The best one."""
    lead: float
    """Of the best cosine over the mean of the next four: e5's cosines crowd together, so that the distance says
    more than the height."""
    coverage: float
    """The best share of the question's terms, by rarity, that one of the first three passages covers."""
    same_language: bool
    """Whether question and first passage are in one language: else no term can be shared."""


def figures_of(retrieval: Retrieval) -> Figures | None:
    """The figures of a search; None where nothing was found."""
    cosines, evidence = retrieval.top_cosines, retrieval.evidence
    if not cosines or not evidence:
        return None
    rest = cosines[1:]
    return Figures(
        cosine=cosines[0],
        lead=cosines[0] - sum(rest) / len(rest) if rest else 0.0,
        coverage=max(item.coverage for item in evidence[:3]),
        same_language=detect(retrieval.query) is detect(evidence[0].chunk.text),
    )


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted logistic regression on standardised figures."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def probability(self, figures: tuple[float, ...]) -> float:
        """Between 0 and 1."""
        terms = zip(figures, self.means, self.scales, self.weights, strict=True)
        return 1 / (1 + math.exp(-(self.bias + sum((x - m) / s * w for x, m, s, w in terms))))


@dataclass(frozen=True, slots=True)
class Confidence:
    """The calibration: one regression with the shared terms, one without, for a search across languages."""

    same_language: Logistic
    """Reads cosine, lead and coverage."""
    across_languages: Logistic
    """Reads cosine and lead."""
    threshold: float
    """Below it the bot refuses; fitted on the same development data."""
    embedding_model: str
    """The figures mean this only for the vectors of this model."""

    def probability(self, retrieval: Retrieval) -> float | None:
        """Between 0 and 1; None where nothing was found."""
        figures = figures_of(retrieval)
        if figures is None:
            return None
        if figures.same_language:
            return self.same_language.probability((figures.cosine, figures.lead, figures.coverage))
        return self.across_languages.probability((figures.cosine, figures.lead))


def load_confidence(embedding_model: str) -> Confidence:
    """Read the calibration for that model's vectors.

    Raises:
        NotCalibrated: there is none.
    """
    confidence = TypeAdapter(Confidence).validate_json(fitted.read("calibration", embedding_model))
    fitted.check(confidence.embedding_model, embedding_model)
    return confidence
