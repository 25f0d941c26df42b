"""Fits what questions of a language have in common: the mean vector of our own questions for facts.

    python -m benchmarks.fit.question_means

It writes knowledge/search/question_means_embedding.json, for the encoder of both languages.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.datasets.rows import own_questions
from knowledge.models.local_embeddings import LocalEmbeddings
from weights.settings import WeightsSettings
from weights.store import Weights

TARGET = Path("knowledge/search/question_means_embedding.json")


def main() -> None:
    """Embed, average, and write the means."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    questions = [question for question in own_questions() if question.kind == "facts"]
    embeddings = LocalEmbeddings(Weights(WeightsSettings().model_dir).ensure("embedding"))
    vectors = np.array([embeddings.embed_query(question.text) for question in questions])
    languages = np.array([question.lang[:2] for question in questions])
    means = {
        name: [round(float(number), 5) for number in vectors[languages == lang].mean(axis=0)]
        for name, lang in (("cjk", "zh"), ("other", "en"))
    }
    TARGET.write_text(json.dumps({"embedding_model": embeddings.model_name, **means}) + "\n", "utf-8")
    print("wrote", TARGET, "from", len(questions), "questions")


if __name__ == "__main__":
    main()
