"""What kind of text a question asks for, by a linear classifier on its embedding, without lists of words.

Fitted by `python -m benchmarks.fit.question_kinds` on questions of our own writing; the weights ship as
question_kinds_*.json with their provenance. Edit this file to add a kind, then fit the weights again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from chains.routing import artifacts


class QuestionKind(StrEnum):
    """Names what a question asks for."""

    FACTS = "facts"
    SMALL_TALK = "small_talk"
    ABOUT_BOT = "about_bot"
    CREATIVE = "creative"
    FIXED_FORMAT = "fixed_format"


@dataclass(frozen=True, slots=True)
class KindClassifier:
    """Classifies questions by multinomial logistic regression."""

    kinds: tuple[QuestionKind, ...]
    weights: NDArray[np.float32]
    """Shape (kinds, dimension)."""
    bias: NDArray[np.float32]
    """Shape (kinds,)."""
    embedding_model: str

    def probabilities(self, vector: list[float]) -> dict[QuestionKind, float]:
        """Return each kind's probability for a question's vector of shape (dimension,); they sum to 1."""
        shares = class_probabilities(self.weights, self.bias, vector)
        return {kind: float(share) for kind, share in zip(self.kinds, shares, strict=True)}


def class_probabilities(
    weights: NDArray[np.float32], bias: NDArray[np.float32], vector: list[float]
) -> NDArray[np.float32]:
    """Return the probability of each class, of shape (classes,), by multinomial logistic regression on the vector."""
    logits = weights @ np.asarray(vector, dtype=np.float32) + bias
    shares: NDArray[np.float32] = np.exp(logits - logits.max())
    shares /= shares.sum()
    return shares


def load_kind_classifier(embedding_model: str) -> KindClassifier:
    """Read the weights for that model's vectors.

    Raises:
        NotCalibrated: there are none.
    """
    weights = json.loads(artifacts.read_artifact("question_kinds", embedding_model))
    artifacts.check_artifact(weights["embedding_model"], embedding_model)
    return KindClassifier(
        kinds=tuple(QuestionKind(kind) for kind in weights["kinds"]),
        weights=np.asarray(weights["weights"], dtype=np.float32),
        bias=np.asarray(weights["bias"], dtype=np.float32),
        embedding_model=weights["embedding_model"],
    )
