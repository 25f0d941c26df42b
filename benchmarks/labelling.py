"""Ways of giving a message its label: a chat model that can say nothing but the labels, with or without examples in
its prompt, and logistic regression on a sentence encoder. Knows no data set.
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

from benchmarks import results
from benchmarks.elsewhere import Elsewhere
from benchmarks.scoring import paired_interval
from finetune.types import Example
from knowledge.models.local_embeddings import LocalEmbeddings

SHOTS = 8
_STRENGTHS = (1.0, 10.0, 100.0)
_FOLDS = 4
_SAID_EVERY = 20

Way = Callable[[str], str]
"""From a message to its label."""


@dataclass(frozen=True)
class Given:
    """What one way answered to the same questions as the others."""

    right: tuple[bool, ...]
    seconds: tuple[float, ...]

    def figures(self) -> dict[str, object]:
        """The share of right labels with its interval, and how long an answer takes."""
        p50, p95 = np.percentile(self.seconds, [50, 95])
        return {
            "share": round(sum(self.right) / len(self.right), 3),
            "interval": results.wilson(sum(self.right), len(self.right)),
            "seconds": {"p50": round(float(p50), 3), "p95": round(float(p95), 3)},
        }


def label_all(ways: Mapping[str, Way], questions: Sequence[tuple[str, str]]) -> tuple[dict[str, Given], float]:
    """Ask every way the questions, each with its right label, and say how many cores others used meanwhile.

    Each question goes to all ways in turn, so that what else the machine does slows all of them alike. What loads at
    the first use isn't timed.
    """
    right: dict[str, list[bool]] = {name: [] for name in ways}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way("What is this about?")
    elsewhere = Elsewhere()
    for number, (question, label) in enumerate(questions, start=1):
        for name, way in ways.items():
            began = time.perf_counter()
            answer = way(question)
            seconds[name].append(time.perf_counter() - began)
            right[name].append(answer == label)
        if number % _SAID_EVERY == 0 or number == len(questions):
            shares = {name: round(sum(own) / number, 3) for name, own in right.items()}
            print(f"{number}/{len(questions)}: {shares}", file=sys.stderr, flush=True)
    given = {name: Given(tuple(right[name]), tuple(seconds[name])) for name in ways}
    return given, elsewhere.cores()


def less(ours: Given, theirs: Given) -> dict[str, object]:
    """The difference of the shares, paired by question."""
    differences = [float(own) - float(other) for own, other in zip(ours.right, theirs.right, strict=True)]
    return {"difference": round(sum(differences) / len(differences), 3), "interval": paired_interval(differences)}


def by_model(model: BaseChatModel) -> Way:
    """The model, shown the message alone."""
    return lambda question: model.invoke([HumanMessage(question)]).text


def with_examples(model: BaseChatModel, embeddings: LocalEmbeddings, examples: Sequence[Example]) -> Way:
    """The model, shown the most similar examples as turns before the message, the most similar last."""
    vectors = np.array([embeddings.embed_query(example.question) for example in examples])

    def way(question: str) -> str:
        nearest = np.argsort(vectors @ np.array(embeddings.embed_query(question)))[-SHOTS:]
        turns: list[BaseMessage] = []
        for place in nearest:
            turns += [HumanMessage(examples[place].question), AIMessage(examples[place].completion)]
        return model.invoke([*turns, HumanMessage(question)]).text

    return way


def by_regression(embeddings: LocalEmbeddings, examples: Sequence[Example]) -> Way:
    """Logistic regression on the messages' vectors; its one parameter is chosen by cross-validation on the examples."""
    vectors = np.array([embeddings.embed_query(example.question) for example in examples])
    search = GridSearchCV(LogisticRegression(max_iter=2000), {"C": list(_STRENGTHS)}, cv=_FOLDS)
    search.fit(vectors, [example.completion for example in examples])
    return lambda question: str(search.predict(np.array([embeddings.embed_query(question)]))[0])
