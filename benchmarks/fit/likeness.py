"""Fits the likeness to a tuned model's training questions from which on a question may go to it.

    python -m benchmarks.fit.likeness DATA [--embedding embedding | embedding-en]...

It writes chains/routing/artifacts/likeness_*.json. DATA is the folder that holds banking77, medquad_nih,
reading_en/squad_train_part, drcd_dev and mt_bench; without a choice both are fitted.

Three skills are learnt as the product learns them (finetune/serving/domain_classifier.py): the requests of
examples/training, ten of each of banking77's labels, and questions on health. Each is asked its own questions that it
was not trained on, and what is not its kind: questions on Wikipedia's articles, chat, the other skills' questions and,
of the requests, what the handbook of the same community answers. No question on which benchmarks/answers/routes.py
reports is read: of banking77 only its training questions are.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.datasets.handbook_questions import IN_THE_HANDBOOK
from benchmarks.harness import results
from benchmarks.harness.embedding_cache import CachedEmbeddings
from benchmarks.harness.summary_statistics import wilson
from chains.types import Language
from finetune.data.dataset import load_dataset, split_dataset
from finetune.serving.domain_classifier import DomainClassifier, fit_domain_classifier, out_of_domain_questions

TARGET = Path("chains/routing/artifacts")
LANGUAGES = {"embedding": (Language.EN, Language.ZH), "embedding-en": (Language.EN,)}
"""What each embedding model can read."""
HELP_DESK = Path("examples/training/help-desk.jsonl")
KEPT = 0.95
"""The share of a skill's own questions, in the mean of the skills, that has to be given to it."""
_SAMPLE = 300
_SEED = 17


@dataclass(frozen=True)
class Skill:
    """What a tuned model was trained on, and what it is asked."""

    name: str
    training: tuple[str, ...]
    own: tuple[str, ...]
    """Questions of its kind that it was not trained on."""


@dataclass(frozen=True)
class Likenesses:
    """Of one skill."""

    own: np.ndarray
    others: Mapping[str, np.ndarray]
    """By where they come from."""


def main() -> None:
    """Fit, judge, and write the calibration and its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--embedding", choices=LANGUAGES, action="append")
    arguments = parser.parse_args()
    for name in arguments.embedding or LANGUAGES:
        _calibrate(name, arguments.data)


def _calibrate(name: str, data: Path) -> None:
    embeddings = CachedEmbeddings(name)
    measured = dict(_measured(embeddings, data, LANGUAGES[name]))
    threshold = _threshold(list(measured.values()))
    written = {
        "embedding_model": embeddings.model_name,
        "threshold": threshold,
        "provenance": {
            "data": "examples/training, banking77, medquad_nih, squad_train_part, drcd_dev, mt_bench",
            **results.provenance(),
        },
    }
    target = TARGET / f"likeness_{name}.json"
    target.write_text(json.dumps(written, indent=2) + "\n", "utf-8")
    figures = {"threshold": threshold, **{skill: _figures(found, threshold) for skill, found in measured.items()}}
    print(json.dumps(figures, indent=2))
    print("wrote", target, "and", results.write(f"likeness_{name}", figures))


def _measured(
    embeddings: CachedEmbeddings, data: Path, languages: Sequence[Language]
) -> Iterable[tuple[str, Likenesses]]:
    skills = list(_skills(data, languages))
    off = dict(_others(data, languages))
    everything = [skill.training + skill.own for skill in skills] + list(off.values())
    embeddings.prepare(question for questions in everything for question in questions)
    general = _vectors(embeddings, out_of_domain_questions())
    for skill in skills:
        classifier = fit_domain_classifier(_vectors(embeddings, skill.training), general)
        others = {**off, **{other.name: other.own for other in skills if other is not skill}}
        if skill.name == HELP_DESK.stem:
            others["what the handbook answers"] = _readable(IN_THE_HANDBOOK, languages)
        yield (
            skill.name,
            Likenesses(
                _likeness(classifier, embeddings, skill.own),
                {source: _likeness(classifier, embeddings, questions) for source, questions in others.items()},
            ),
        )


def _skills(data: Path, languages: Sequence[Language]) -> Iterable[Skill]:
    chance = random.Random(_SEED)
    parts = split_dataset(load_dataset(HELP_DESK.read_bytes(), HELP_DESK.name))
    yield Skill(
        HELP_DESK.stem,
        _readable([each.question for each in parts.train], languages),
        _readable([each.question for each in parts.held_out], languages),
    )
    file = data / "banking77" / "train_10shot.jsonl"
    shots = load_dataset(file.read_bytes(), file.name)
    shown = {each.question for each in shots.examples}
    rest = [question for question in _asked(data / "banking77" / "train.jsonl") if question not in shown]
    yield Skill("banking77", tuple(e.question for e in split_dataset(shots).train), tuple(chance.sample(rest, _SAMPLE)))
    health = chance.sample(sorted(set(_asked(data / "medquad_nih" / "qa.jsonl"))), 2 * _SAMPLE)
    yield Skill("medquad_nih", tuple(health[:_SAMPLE]), tuple(health[_SAMPLE:]))


def _others(data: Path, languages: Sequence[Language]) -> Iterable[tuple[str, tuple[str, ...]]]:
    chance = random.Random(_SEED)
    yield "squad", tuple(chance.sample(_asked(data / "reading_en" / "squad_train_part" / "train.jsonl"), _SAMPLE))
    if Language.ZH in languages:
        yield "drcd", tuple(chance.sample(_asked(data / "drcd_dev" / "qa.jsonl"), _SAMPLE))
    yield "mt_bench", tuple(row["turns"][0] for row in _rows(data / "mt_bench" / "chat.jsonl"))


def _asked(path: Path) -> list[str]:
    return [row["question"] for row in _rows(path)]


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _readable(questions: Sequence[str], languages: Sequence[Language]) -> tuple[str, ...]:
    return tuple(question for question in questions if Language.of(question) in languages)


def _vectors(embeddings: CachedEmbeddings, questions: Sequence[str]) -> np.ndarray:
    embeddings.prepare(questions)
    return np.asarray([embeddings.embed_query(question) for question in questions], dtype=np.float32)


def _likeness(classifier: DomainClassifier, embeddings: CachedEmbeddings, questions: Sequence[str]) -> np.ndarray:
    return np.asarray([classifier.likeness(vector) for vector in _vectors(embeddings, questions)])


def _threshold(measured: Sequence[Likenesses]) -> float:
    """The highest at which enough of the skills' own questions are given to them: it keeps out as much as that allows.

    Below one half a likeness would speak against the tuned model that it opens.
    """
    cuts = np.arange(0.5, 0.96, 0.01).round(2)
    kept = [float(c) for c in cuts if statistics.mean(float((m.own >= c).mean()) for m in measured) >= KEPT]
    return max(kept, default=float(cuts[0]))


def _figures(found: Likenesses, threshold: float) -> dict[str, object]:
    return {
        "own kind": _taken(found.own, threshold),
        "others": {source: _taken(likeness, threshold) for source, likeness in found.others.items()},
    }


def _taken(likeness: np.ndarray, threshold: float) -> dict[str, object]:
    taken = int((likeness >= threshold).sum())
    return {
        "questions": len(likeness),
        "taken": {"share": round(taken / len(likeness), 3), "interval": wilson(taken, len(likeness))},
    }


if __name__ == "__main__":
    main()
