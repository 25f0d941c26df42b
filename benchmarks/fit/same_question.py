"""Measures how well two questions that say the same are told from two that only look alike.

    python -m benchmarks.fit.same_question DATA

The thresholds in chains/routing/same_question.toml were read off its figures. It reads our own wordings
(benchmarks/datasets/same_questions) and, of DATA, the questions of banking77, medquad_nih and xquad_en_zh, where
another label, text or answer makes another question.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.rows import SAME_QUESTIONS, LabelledRow, QuestionRow, RowT, SameQuestionRow, read_rows
from benchmarks.harness import results
from benchmarks.harness.summary_statistics import share
from chains.routing.same_question import SameQuestion, load_same_question
from knowledge.models.local_embeddings import LocalEmbeddings
from weights.settings import WeightsSettings
from weights.store import Weights

_SAMPLE = 800
_SEED = 7
_THRESHOLDS = (0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)


@dataclass(frozen=True, slots=True)
class QuestionPair:
    """Two questions, and whether the second asks the same."""

    one: str
    other: str
    same: bool


class Vectors:
    """The vectors of questions, each made once."""

    def __init__(self, embeddings: LocalEmbeddings) -> None:
        self._embeddings = embeddings
        self._known: dict[str, NDArray[np.float64]] = {}

    def of(self, question: str) -> NDArray[np.float64]:
        """Return the question's vector, of length 1."""
        if question not in self._known:
            self._known[question] = np.asarray(self._embeddings.embed_query(question))
        return self._known[question]


def own(language: str) -> list[QuestionPair]:
    """Return our own wordings: each question with some that say the same, and some that miss it by a word."""
    return [
        QuestionPair(group.asked, other, is_same)
        for group in read_rows(SAME_QUESTIONS, SameQuestionRow)
        if group.lang == language
        for others, is_same in ((group.same, True), (group.other, False))
        for other in others
    ]


def nearest(questions: Sequence[str], marks: Sequence[str], vectors: Vectors) -> list[QuestionPair]:
    """Return each question with the nearest one of another mark: what would be taken for the same if anything was."""
    rows = np.asarray([vectors.of(question) for question in questions])
    cosines = rows @ rows.T
    words = np.asarray(["".join(char for char in question.casefold() if char.isalnum()) for question in questions])
    different = (np.asarray(marks)[:, None] != np.asarray(marks)[None]) & (words[:, None] != words[None])
    best = np.where(different, cosines, -1.0).argmax(axis=1)
    return [QuestionPair(question, questions[at], same=False) for question, at in zip(questions, best, strict=True)]


def figures(couples: Sequence[QuestionPair], rule: SameQuestion, vectors: Vectors) -> dict[str, object]:
    """Return the shares of the pairs that pass: by the cosine alone, and by words and cosine."""
    cosines = [float(vectors.of(c.one) @ vectors.of(c.other)) for c in couples]
    told = [rule.has_same_content(couple.one, couple.other) for couple in couples]
    return {
        "couples": len(couples),
        "cosine alone": {str(t): share(c >= t for c in cosines) for t in _THRESHOLDS},
        "words and cosine": {
            str(t): share(c >= t and ok for c, ok in zip(cosines, told, strict=True)) for t in _THRESHOLDS
        },
        "shipped": share(c >= rule.threshold and ok for c, ok in zip(cosines, told, strict=True)),
        "passed": [
            [couple.one, couple.other, round(c, 3)]
            for couple, c, ok in zip(couples, cosines, told, strict=True)
            if c >= rule.threshold and ok and not couple.same
        ][:20],
    }


def main() -> None:
    """Measure, print, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    data: Path = parser.parse_args().data
    weights = Weights(WeightsSettings().model_dir)
    result: dict[str, object] = {}
    for name in ("embedding", "embedding-en"):
        embeddings = LocalEmbeddings(weights.ensure(name))
        vectors = Vectors(embeddings)
        rule = load_same_question(embeddings.model_name)
        measured: dict[str, object] = {"threshold": rule.threshold}
        for language in ("en", "zh") if name == "embedding" else ("en",):
            couples = own(language)
            measured[f"own {language}, the same"] = figures([c for c in couples if c.same], rule, vectors)
            measured[f"own {language}, near misses"] = figures([c for c in couples if not c.same], rule, vectors)
        for title, questions, marks in _others(data, with_chinese=name == "embedding"):
            measured[title] = figures(nearest(questions, marks, vectors), rule, vectors)
        result[embeddings.model_name] = measured
        print(json.dumps(measured, ensure_ascii=False, indent=1), flush=True)
    print("wrote", results.write("same_question", result))


def _others(data: Path, *, with_chinese: bool) -> Iterable[tuple[str, list[str], list[str]]]:
    """Questions of which no two of different marks ask the same."""
    chance = random.Random(_SEED)
    banking = _sample(data / "banking77" / "test.jsonl", LabelledRow, chance)
    yield "banking77, another label", [row.question for row in banking], [row.label for row in banking]
    medical = _sample(data / "medquad_nih" / "qa.jsonl", QuestionRow, chance)
    yield "medquad, another question", [row.question for row in medical], [row.question.casefold() for row in medical]
    for language in ("en", "zh") if with_chinese else ("en",):
        rows = read_rows(data / "xquad_en_zh" / "qa.jsonl", QuestionRow)
        asked = [row for row in rows if row.lang == language][:_SAMPLE]
        yield f"xquad {language}, another answer", [row.question for row in asked], [str(row.answers) for row in asked]


def _sample(path: Path, row: type[RowT], chance: random.Random) -> list[RowT]:
    rows = list(read_rows(path, row))
    return chance.sample(rows, min(_SAMPLE, len(rows)))


if __name__ == "__main__":
    main()
