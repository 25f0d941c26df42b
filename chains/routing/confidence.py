"""The calibrated probability that the passages found hold the answer.

A logistic regression on a few figures of one search; fitted by `python -m benchmarks.fit.calibration`, which writes
calibration_*.json with its provenance. Knows nothing of routes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter

from chains.language import detect
from chains.routing import artifacts
from chains.routing.shared_words import share_in_one_sentence
from knowledge.types import Retrieval

ANY_MODEL = "any"
"""In place of a model's name: fitted on the vectors of several, on what they have in common."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the probability reads of one search."""

    cosine: float
    """The best one."""
    lead: float
    """Of the best cosine over the mean of the next four: e5's cosines crowd together, so that the distance says
    more than the height."""
    relative_lead: float
    """The lead over the most that it could be: means much the same for the vectors of any model."""
    coverage: float
    """The best share of the question's terms, by rarity, that one of the first three passages covers."""
    coverage_lead: float
    """Of the best coverage over the mean of the next four: passages on one subject cover about as much, and one that
    holds the answer stands out."""
    in_one_sentence: float
    """The share of the question's content words that stand together in one sentence that was found."""
    same_language: bool
    """Whether question and first passage are in one language: else no term can be shared."""


def figures_of(retrieval: Retrieval) -> Figures | None:
    """The figures of a search; None where nothing was found."""
    cosines, evidence = retrieval.top_cosines, retrieval.evidence
    if not cosines or not evidence:
        return None
    rest = cosines[1:]
    mean = sum(rest) / len(rest) if rest else cosines[0]
    lead = cosines[0] - mean
    coverages = sorted((item.coverage for item in evidence), reverse=True)
    others = coverages[1:5]
    return Figures(
        cosine=cosines[0],
        lead=lead,
        relative_lead=lead / (1 - mean) if mean < 1 else 0.0,
        coverage=max(item.coverage for item in evidence[:3]),
        coverage_lead=coverages[0] - sum(others) / len(others) if others else 0.0,
        in_one_sentence=share_in_one_sentence(retrieval.query, evidence),
        same_language=detect(retrieval.query) is detect(evidence[0].chunk.text),
    )


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted logistic regression on standardised figures."""

    reads: tuple[str, ...]
    """The names of the figures that it reads; the other tuples are in their order."""
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def probability(self, figures: Figures) -> float:
        """Between 0 and 1."""
        terms = zip(row_of(figures, self.reads), self.means, self.scales, self.weights, strict=True)
        return 1 / (1 + math.exp(-(self.bias + sum((x - m) / s * w for x, m, s, w in terms))))


@dataclass(frozen=True, slots=True)
class Confidence:
    """The calibration: one regression with the shared terms, one without, for a search across languages."""

    same_language: Logistic
    across_languages: Logistic
    threshold: float
    """Below it the bot refuses; fitted on the same development data."""
    embedding_model: str
    """The figures mean this only for the vectors of this model."""

    def probability(self, retrieval: Retrieval) -> float | None:
        """Between 0 and 1; None where nothing was found."""
        figures = figures_of(retrieval)
        if figures is None:
            return None
        fitted_on = self.same_language if figures.same_language else self.across_languages
        return fitted_on.probability(figures)


def row_of(figures: Figures, reads: Sequence[str]) -> tuple[float, ...]:
    """The figures of these names, in order."""
    named = asdict(figures)
    return tuple(named[name] for name in reads)


def load_confidence(embedding_model: str, *, pinned: bool = True) -> Confidence:
    """Read the calibration for that model's vectors; where it is not `pinned`, the one that serves any model's.

    Raises:
        NotCalibrated: there is none for a pinned model.
    """
    if not pinned:
        return TypeAdapter(Confidence).validate_json(artifacts.read_artifact("calibration", ANY_MODEL))
    confidence = TypeAdapter(Confidence).validate_json(artifacts.read_artifact("calibration", embedding_model))
    artifacts.check_artifact(confidence.embedding_model, embedding_model)
    return confidence
