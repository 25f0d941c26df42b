"""Fits the classifier of what a question about the bot is about, and judges it on the held-out questions.

    python -m benchmarks.fit.bot_topics [--embedding embedding | embedding-en]

It writes chains/routing/artifacts/bot_topics_*.json. The strength of the regularisation, and the probability below
which no topic fits, are chosen by cross-validation on the questions to fit, families kept together; the held-out
questions, which were written last, are read once, at the end. Beside it stands how many of them the classifier of kinds
takes for questions about the bot at all, and how many of those that only sound like it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict

from benchmarks.datasets.rows import TopicRow, bot_questions
from benchmarks.fit.calibration import LANGUAGES
from benchmarks.harness import results
from benchmarks.harness.summary_statistics import wilson
from chains.routing.bot_topic import load_topic_classifier
from chains.routing.question_kind import QuestionKind, load_kind_classifier
from chains.types import BotTopic
from knowledge.models.local_embeddings import LocalEmbeddings
from weights.settings import WeightsSettings
from weights.store import Weights

TARGET = Path("chains/routing/artifacts")
GRID = {"C": [10.0, 30.0, 100.0, 300.0, 1000.0], "class_weight": [None, "balanced"]}
LEAST = (0.0, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)


def main() -> None:
    """Fit, judge, and write the weights and their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--embedding", choices=LANGUAGES, default="embedding")
    name: str = parser.parse_args().embedding
    rows = [question for question in bot_questions() if question.lang.startswith(LANGUAGES[name])]
    questions = [question for question in rows if question.kind == QuestionKind.ABOUT_BOT]
    embeddings = LocalEmbeddings(Weights(WeightsSettings().model_dir).ensure(name))
    vectors = np.array([embeddings.embed_query(question.text) for question in questions])
    topics = np.array([question.topic for question in questions])
    fit = np.array([not question.is_held_out for question in questions])
    families = np.array([question.family for question in questions])

    folds = GroupKFold(5)
    search = GridSearchCV(LogisticRegression(max_iter=5000), GRID, cv=folds, scoring="neg_log_loss", refit=True)
    search.fit(vectors[fit], topics[fit], groups=families[fit])
    model = search.best_estimator_
    shares = cross_val_predict(model, vectors[fit], topics[fit], groups=families[fit], cv=folds, method="predict_proba")
    least = max(LEAST, key=lambda share: (_right(shares, model.classes_, topics[fit], share), -share))
    weights = {
        "embedding_model": embeddings.model_name,
        "topics": [BotTopic(topic).value for topic in model.classes_],
        "least": least,
        "bias": [round(float(value), 4) for value in model.intercept_],
        "weights": [[round(float(value), 4) for value in row] for row in model.coef_],
        "provenance": {"questions": int(fit.sum()), **search.best_params_, **results.provenance()},
    }
    target = TARGET / f"bot_topics_{name}.json"
    target.write_text(json.dumps(weights) + "\n", "utf-8")

    classifier, kinds = load_topic_classifier(embeddings.model_name), load_kind_classifier(embeddings.model_name)
    judged = [
        (
            question,
            classifier.topic(list(vector)),
            _likeliest(kinds.probabilities(list(vector))) is QuestionKind.ABOUT_BOT,
        )
        for question, vector in zip(questions, vectors, strict=True)
        if question.is_held_out
    ]
    other = [
        _likeliest(kinds.probabilities(embeddings.embed_query(question.text))) is QuestionKind.ABOUT_BOT
        for question in rows
        if question.is_held_out and question.kind != QuestionKind.ABOUT_BOT
    ]
    figures = {
        **search.best_params_,
        "least": least,
        "cross-validated log loss": round(-search.best_score_, 3),
        "cross-validated accuracy": round(_right(shares, model.classes_, topics[fit], least) / int(fit.sum()), 3),
        "held out": {
            lang: _judge([each for each in judged if each[0].lang.startswith(lang)]) for lang in LANGUAGES[name]
        },
        "only sounds like it": {"questions": len(other), "taken for questions about the bot": sum(other)},
    }
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    print("wrote", target, "and", results.write(f"bot_topics_{name}", figures))
    for question, guess, is_about in judged:
        if guess != question.topic or not is_about:
            taken = "" if is_about else " (not taken for a question about the bot)"
            print(f"  {question.topic:>10} told as {guess:<10} {question.text[:80]}{taken}")


def _likeliest(kinds: dict[QuestionKind, float]) -> QuestionKind:
    return max(kinds, key=lambda kind: kinds[kind])


def _right(shares: NDArray[np.float64], classes: NDArray[np.str_], topics: NDArray[np.str_], least: float) -> int:
    """Return how many topics are right if what is told with less than `least` counts as general."""
    told = np.where(shares.max(axis=1) >= least, classes[shares.argmax(axis=1)], BotTopic.GENERAL.value)
    return int((told == topics).sum())


def _judge(rows: list[tuple[TopicRow, BotTopic, bool]]) -> dict[str, object]:
    right = sum(guess == question.topic for question, guess, _ in rows)
    about = sum(is_about for _, _, is_about in rows)
    recall: dict[str, float] = {}
    for topic in BotTopic:
        guesses = [guess for question, guess, _ in rows if question.topic == topic]
        recall[topic.value] = round(sum(guess == topic for guess in guesses) / len(guesses), 3)
    return {
        "questions": len(rows),
        "accuracy": round(right / len(rows), 3),
        "interval": wilson(right, len(rows)),
        "recall by topic": recall,
        "taken for questions about the bot": round(about / len(rows), 3),
    }


if __name__ == "__main__":
    main()
