"""Fits the classifier of question kinds on our own questions, and judges it on the held-out ones.

    python -m benchmarks.fit.question_kinds [--embedding embedding | embedding-en]

It writes chains/routing/artifacts/question_kinds_*.json. To the questions to fit belong those of
benchmarks/datasets/bot_topics, about the bot and about something that only sounds like it, but not the ones that are
held out there. The strength of the regularisation is chosen by
cross-validation on the questions to fit, families kept together; the held-out questions are read once, at the end.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold

from benchmarks.datasets.rows import OwnQuestionRow, bot_questions, own_questions
from benchmarks.fit.calibration import LANGUAGES
from benchmarks.harness import results
from benchmarks.harness.summary_statistics import wilson
from chains.routing.question_kind import QuestionKind
from knowledge.models.local_embeddings import LocalEmbeddings
from weights.settings import WeightsSettings
from weights.store import Weights

TARGET = Path("chains/routing/artifacts")
GRID = {"C": [3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0], "class_weight": [None, "balanced"]}


def main() -> None:
    """Fit, judge, and write the weights and their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--embedding", choices=LANGUAGES, default="embedding")
    name: str = parser.parse_args().embedding
    questions = [question for question in _questions() if question.lang.startswith(LANGUAGES[name])]
    embeddings = LocalEmbeddings(Weights(WeightsSettings().model_dir).ensure(name))
    vectors = np.array([embeddings.embed_query(question.text) for question in questions])
    kinds = np.array([question.kind for question in questions])
    fit = np.array([not question.is_held_out for question in questions])
    families = np.array([question.family for question in questions])

    search = GridSearchCV(LogisticRegression(max_iter=5000), GRID, cv=GroupKFold(5), scoring="neg_log_loss", refit=True)
    search.fit(vectors[fit], kinds[fit], groups=families[fit])
    model = search.best_estimator_
    predicted = model.predict(vectors)
    figures = {
        **search.best_params_,
        "cross-validated log loss": round(-search.best_score_, 3),
        "held out": {
            lang: _judge(kinds, predicted, ~fit & np.array([q.lang.startswith(lang) for q in questions]))
            for lang in LANGUAGES[name]
        },
    }
    weights = {
        "embedding_model": embeddings.model_name,
        "kinds": [QuestionKind(kind).value for kind in model.classes_],
        "bias": [round(float(value), 4) for value in model.intercept_],
        "weights": [[round(float(value), 4) for value in row] for row in model.coef_],
        "provenance": {"questions": int(fit.sum()), "C": figures["C"], **results.provenance()},
    }
    target = TARGET / f"question_kinds_{name}.json"
    target.write_text(json.dumps(weights) + "\n", "utf-8")
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    print("wrote", target, "and", results.write(f"question_kinds_{name}", figures))
    for question, guess in zip(questions, predicted, strict=True):
        if question.is_held_out and guess != question.kind:
            print(f"  {question.kind:>12} taken for {guess:<12} {question.text[:90]}")


def _questions() -> list[OwnQuestionRow]:
    """Return our questions of every kind, more about the bot and more that only sound like it, none of them twice."""
    own = own_questions()
    known = {question.text for question in own}
    return own + [
        OwnQuestionRow(
            lang=question.lang,
            text=question.text,
            kind=question.kind,
            family=question.family,
            split=question.split,
        )
        for question in bot_questions()
        if question.text not in known and not question.is_held_out
    ]


def _judge(kinds: NDArray[np.str_], predicted: NDArray[np.str_], rows: NDArray[np.bool_]) -> dict[str, object]:
    right = int((kinds[rows] == predicted[rows]).sum())
    return {
        "questions": int(rows.sum()),
        "accuracy": round(right / int(rows.sum()), 3),
        "interval": wilson(right, int(rows.sum())),
        "recall by kind": {
            kind: round(float((predicted[rows & (kinds == kind)] == kind).mean()), 3) for kind in sorted(set(kinds))
        },
        "confusions": {
            f"{kind} as {other}": count
            for kind in sorted(set(kinds))
            for other in sorted(set(kinds))
            if other != kind and (count := int((rows & (kinds == kind) & (predicted == other)).sum()))
        },
    }


if __name__ == "__main__":
    main()
