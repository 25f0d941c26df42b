"""Classifies messages in several ways, to compare them: by a chat model that can say nothing but the labels, with or
without examples in its prompt, and by logistic regression on a sentence encoder.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from benchmarks.harness.background_load import BackgroundLoad
from benchmarks.harness.summary_statistics import Difference, paired_difference, percentile, share
from finetune.types import Example
from knowledge.models.local_embeddings import LocalEmbeddings

SHOTS = 8
_STRENGTHS = (1.0, 10.0, 100.0)
_FOLDS = 4
_SAID_EVERY = 20

Classifier = Callable[[str], str]
"""From a message to its label."""


@dataclass(frozen=True)
class Answers:
    """What one classifier answered to the same questions as the others."""

    right: tuple[bool, ...]
    seconds: tuple[float, ...]

    def figures(self) -> dict[str, object]:
        """Return the share of right labels with its interval, and how long an answer takes."""
        return {
            **share(self.right),
            "seconds": {"p50": round(percentile(self.seconds, 50), 3), "p95": round(percentile(self.seconds, 95), 3)},
        }


def classify_all(
    classifiers: Mapping[str, Classifier], questions: Sequence[tuple[str, str]]
) -> tuple[dict[str, Answers], float]:
    """Ask every classifier the questions, each with its right label; return also how many cores others used meanwhile.

    Each question goes to all classifiers in turn, so that what else the machine does slows all of them alike. What
    loads at the first use isn't timed.
    """
    right: dict[str, list[bool]] = {name: [] for name in classifiers}
    seconds: dict[str, list[float]] = {name: [] for name in classifiers}
    for classify in classifiers.values():
        classify("What is this about?")
    others = BackgroundLoad()
    for number, (question, label) in enumerate(questions, start=1):
        for name, classify in classifiers.items():
            began = time.perf_counter()
            answer = classify(question)
            seconds[name].append(time.perf_counter() - began)
            right[name].append(answer == label)
        if number % _SAID_EVERY == 0 or number == len(questions):
            shares = {name: round(sum(own) / number, 3) for name, own in right.items()}
            print(f"{number}/{len(questions)}: {shares}", file=sys.stderr, flush=True)
    given = {name: Answers(tuple(right[name]), tuple(seconds[name])) for name in classifiers}
    return given, others.cores()


def gain(ours: Answers, theirs: Answers) -> Difference:
    """Return the difference of the shares, paired by question."""
    return paired_difference(ours.right, theirs.right)


def by_model(model: BaseChatModel) -> Classifier:
    """Return a classifier that shows the model the message alone."""
    return lambda question: model.invoke([HumanMessage(question)]).text


def with_examples(model: BaseChatModel, embeddings: LocalEmbeddings, examples: Sequence[Example]) -> Classifier:
    """Return a classifier that shows the model the most similar examples as turns before the message, the best last."""
    vectors = np.array([embeddings.embed_query(example.question) for example in examples])

    def classify(question: str) -> str:
        nearest = np.argsort(vectors @ np.array(embeddings.embed_query(question)))[-SHOTS:]
        turns: list[BaseMessage] = []
        for place in nearest:
            turns += [HumanMessage(examples[place].question), AIMessage(examples[place].completion)]
        return model.invoke([*turns, HumanMessage(question)]).text

    return classify


def by_regression(embeddings: LocalEmbeddings, examples: Sequence[Example]) -> Classifier:
    """Return logistic regression on the messages' vectors; its one parameter is chosen by cross-validation."""
    vectors = np.array([embeddings.embed_query(example.question) for example in examples])
    search = GridSearchCV(LogisticRegression(max_iter=2000), {"C": list(_STRENGTHS)}, cv=_FOLDS)
    search.fit(vectors, [example.completion for example in examples])
    return lambda question: str(search.predict(np.array([embeddings.embed_query(question)]))[0])
