"""The calibrations: the probability that the passages found hold the answer, and the threshold of likeness to training.

The first is a logistic regression on a few features of one search, fitted by `python -m benchmarks.fit.calibration`,
the second by `python -m benchmarks.fit.likeness`; both write their artifacts with their provenance. Whoever edits a
feature here has to fit the calibration again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from pydantic import TypeAdapter

from chains.routing import artifacts
from knowledge.types import Evidence, Retrieval
from text.sentences import split_sentences
from text.third_language import shares_language
from text.tokens import Kind
from text.words import asked_words, word_forms

ANY_MODEL = "any"
"""Stands in place of a model's name where the calibration was fitted on what the vectors of several have in common."""


@dataclass(frozen=True, slots=True)
class SearchFeatures:
    """Holds what the probability is computed from."""

    cosine: float
    """The best cosine; across languages, to the question as if it were asked in the passage's."""
    lead: float
    """The best cosine less the mean of the next four: e5's cosines crowd together, so the distance says more than the
    height."""
    relative_lead: float
    """The lead divided by the most that it could be, which means much the same for the vectors of any model."""
    coverage: float
    """The best share of the question's terms, by rarity, that one of the first three passages covers."""
    coverage_lead: float
    """The best coverage less the mean of the next four: passages on one subject cover about as much, and one that holds
    the answer stands out."""
    in_one_sentence: float
    """The share of the question's content words that occur together in one sentence that was found."""
    same_language: bool
    """Whether the question and the passages are in one language: otherwise they can share no term."""
    answerable: float = 0.0
    """The reader's best logit of a passage holding the answer; this and the next two are 0 where nothing was read."""
    span_margin: float = 0.0
    """How much likelier the best passage's best span is than "not in here", as a difference of logits."""
    evidence: float = 0.0
    """The best probability of a sentence belonging to the answer."""


def features_of(retrieval: Retrieval, *, same_language: bool) -> SearchFeatures | None:
    """Return the features of the passages in the question's language, or of those in another; None: there are none."""
    evidence = _in_language(retrieval, same_language)
    if not retrieval.top_cosines or not evidence:
        return None
    cosines = retrieval.top_cosines if same_language else retrieval.foreign_cosines or retrieval.top_cosines
    rest = cosines[1:]
    mean = sum(rest) / len(rest) if rest else cosines[0]
    lead = cosines[0] - mean
    coverages = sorted((item.coverage for item in evidence), reverse=True)
    next_best = coverages[1:5]
    readings = [item.reading for item in evidence if item.reading is not None]
    return SearchFeatures(
        cosine=cosines[0],
        lead=lead,
        relative_lead=lead / (1 - mean) if mean < 1 else 0.0,
        coverage=max(item.coverage for item in evidence[:3]),
        coverage_lead=coverages[0] - sum(next_best) / len(next_best) if next_best else 0.0,
        in_one_sentence=share_in_one_sentence(retrieval.measured, evidence),
        same_language=same_language,
        answerable=max((each.answerable for each in readings), default=0.0),
        span_margin=max((each.span_margin for each in readings), default=0.0),
        evidence=max((sentence.evidence for each in readings for sentence in each.sentences), default=0.0),
    )


@dataclass(frozen=True, slots=True)
class Logistic:
    """Holds a fitted logistic regression on standardised features."""

    reads: tuple[str, ...]
    """The names of the features that it reads; the other tuples are in their order."""
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def probability(self, features: SearchFeatures) -> float:
        """Return the probability, between 0 and 1."""
        terms = zip(feature_row(features, self.reads), self.means, self.scales, self.weights, strict=True)
        return 1 / (1 + math.exp(-(self.bias + sum((x - m) / s * w for x, m, s, w in terms))))


@dataclass(frozen=True, slots=True)
class Confidence:
    """Holds the calibration: one regression with the shared terms, and one without for a search across languages."""

    same_language: Logistic
    across_languages: Logistic
    threshold: float
    """The probability below which the bot refuses; fitted on the same development data."""
    embedding_model: str
    """The features mean this only for the vectors of this model."""

    def probability(self, retrieval: Retrieval) -> float | None:
        """Return the probability, between 0 and 1; None where nothing was found.

        Of passages in the question's language and in others, it is that of the likelier.
        """
        return max(self._by_language(retrieval).values(), default=None)

    def in_likelier_language(self, retrieval: Retrieval) -> tuple[Retrieval, float | None]:
        """Return the result with only those passages as read that likelier answer, these first, and their probability.

        What the reader finds across languages is less sure, so the figures of the two are not compared with each other.
        """
        found = self._by_language(retrieval)
        holds = max(found.values(), default=None)
        if len(found) < len((True, False)):
            return retrieval, holds
        likelier = _in_language(retrieval, max(found, key=lambda each: found[each]))
        others = [replace(item, reading=None) for item in retrieval.evidence if item not in likelier]
        return replace(retrieval, evidence=(*likelier, *others)), holds

    def _by_language(self, retrieval: Retrieval) -> dict[bool, float]:
        """Return the probability for the passages in the question's language (True) and those in others (False)."""
        regressions = {True: self.same_language, False: self.across_languages}
        return {
            is_same: regression.probability(features)
            for is_same, regression in regressions.items()
            if (features := features_of(retrieval, same_language=is_same)) is not None
        }


def _in_language(retrieval: Retrieval, is_same: bool) -> list[Evidence]:
    return [item for item in retrieval.evidence if shares_language(retrieval.measured, item.chunk.text) is is_same]


def feature_row(features: SearchFeatures, reads: Sequence[str]) -> tuple[float, ...]:
    """Return the features of these names, in order."""
    named = asdict(features)
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


def share_in_one_sentence(question: str, evidence: Sequence[Evidence]) -> float:
    """Return the share, 0 to 1, of the question's content words that occur together in one sentence of what was found.

    A sentence stands below its headings, which count as part of it. Identifiers weigh at least as much as all other
    words together. A question without content words has 0.
    """
    sentences = [
        word_forms(item.chunk.place.heading or "") | word_forms(sentence)
        for item in evidence
        for sentence in split_sentences(item.chunk.text)
    ]
    # A stop word in capitals is a name only if the passages have that name.
    asked = [
        word
        for word in asked_words(question)
        if word.kind is not Kind.NAME or any(word.forms & forms for forms in sentences)
    ]
    identifiers = sum(word.kind is Kind.IDENTIFIER for word in asked)
    weight_of_identifier = max(1.0, (len(asked) - identifiers) / identifiers) if identifiers else 1.0
    weights = [(word.forms, weight_of_identifier if word.kind is Kind.IDENTIFIER else 1.0) for word in asked]
    total = sum(weight for _, weight in weights)
    most = max((sum(weight for each, weight in weights if each & forms) for forms in sentences), default=0.0)
    return most / total if total else 0.0


@dataclass(frozen=True, slots=True)
class LikenessCalibration:
    """Holds the likeness to its training questions from which on a question may go to a tuned model."""

    threshold: float
    """The likeness below which a question is not like those that the tuned model was trained on."""
    embedding_model: str
    """A likeness means this only for the vectors of this model."""


def load_likeness_calibration(embedding_model: str) -> LikenessCalibration:
    """Read the calibration for that model's vectors.

    Raises:
        NotCalibrated: there is none.
    """
    calibration = TypeAdapter(LikenessCalibration).validate_json(artifacts.read_artifact("likeness", embedding_model))
    artifacts.check_artifact(calibration.embedding_model, embedding_model)
    return calibration
