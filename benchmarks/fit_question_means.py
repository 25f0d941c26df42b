"""Fit what questions of a language have in common: the mean vector of our own questions for facts.

`python -m benchmarks.fit_question_means` writes knowledge/search/question_means_embedding.json, for the encoder of both
languages.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from benchmarks.fit_question_kinds import QUESTIONS
from knowledge.models.local_embeddings import LocalEmbeddings
from weights.settings import WeightsSettings
from weights.store import Weights

TARGET = Path("knowledge/search/question_means_embedding.json")


def main() -> None:
    """Embed, average, write."""
    rows = [row for row in map(json.loads, QUESTIONS.read_text("utf-8").splitlines()) if row["kind"] == "facts"]
    embeddings = LocalEmbeddings(Weights(WeightsSettings().model_dir).ensure("embedding"))
    vectors = np.array([embeddings.embed_query(row["text"]) for row in rows])
    languages = np.array([row["lang"][:2] for row in rows])
    means = {
        name: [round(float(number), 5) for number in vectors[languages == lang].mean(axis=0)]
        for name, lang in (("cjk", "zh"), ("other", "en"))
    }
    TARGET.write_text(json.dumps({"embedding_model": embeddings.model_name, **means}) + "\n", "utf-8")
    print("wrote", TARGET, "from", len(rows), "questions")


if __name__ == "__main__":
    main()
