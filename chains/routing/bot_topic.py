"""What a question about the bot is about, by a linear classifier on its embedding, without lists of words.

Fitted by `python -m benchmarks.fit.bot_topics` on questions of our own writing; the weights ship as bot_topics_*.json
with their provenance. Edit this file to change how a topic is told; to add one, fit the weights again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chains.routing import artifacts
from chains.routing.question_kind import class_probabilities
from chains.types import BotTopic


@dataclass(frozen=True, slots=True)
class TopicClassifier:
    """Tells the topics apart by multinomial logistic regression."""

    topics: tuple[BotTopic, ...]
    weights: NDArray[np.float32]
    """Shape (topics, dimension)."""
    bias: NDArray[np.float32]
    """Shape (topics,)."""
    least: float
    """The probability below which no topic fits, so that general facts are given."""

    def topic(self, vector: list[float]) -> BotTopic:
        """Return the topic of a question about the bot, from its vector of shape (dimension,)."""
        shares = class_probabilities(self.weights, self.bias, vector)
        best = int(shares.argmax())
        return self.topics[best] if shares[best] >= self.least else BotTopic.GENERAL


def load_topic_classifier(embedding_model: str) -> TopicClassifier:
    """Read the weights for that model's vectors.

    Raises:
        NotCalibrated: there are none.
    """
    fitted = json.loads(artifacts.read_artifact("bot_topics", embedding_model))
    artifacts.check_artifact(fitted["embedding_model"], embedding_model)
    return TopicClassifier(
        topics=tuple(BotTopic(topic) for topic in fitted["topics"]),
        weights=np.asarray(fitted["weights"], dtype=np.float32),
        bias=np.asarray(fitted["bias"], dtype=np.float32),
        least=fitted["least"],
    )
