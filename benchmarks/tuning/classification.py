"""Measures what tuning gives on a label task, beside what costs less, and how fast it trains beside other trainers.

    pip install trl
    python -m benchmarks.tuning.classification FOLDER [--base embedded-small|embedded] [--limit N] [--json]

FOLDER holds train_10shot.jsonl and test.jsonl, each line a `question` with its `label`. The adapter is trained as a
user's run is: examined, prepared, trained in the child process, registered, and then loaded as the bot loads it. On the
same seeded test questions it stands against its untuned base, the base that is shown the most similar examples, and
logistic regression on sentence embeddings, each from the examples that the adapter was trained on; as one in five is
held out, logistic regression is also fitted on all of them. No way can answer anything but one of the labels.
Then the run's examples are trained on for some steps by ours, by transformers' Trainer and by TRL
(benchmarks/tuning/training_speed.py).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from benchmarks.datasets.rows import LabelledRow, read_rows
from benchmarks.harness import results
from benchmarks.tuning.classifiers import SHOTS, Classifier, by_model, by_regression, classify_all, gain, with_examples
from benchmarks.tuning.training_speed import compare, require_trl
from finetune.bases import Bases
from finetune.data.dataset import from_jsonl
from finetune.registry import Registry
from finetune.serving.generation import Busy
from finetune.serving.local_model import LocalChatModel
from finetune.serving.specialists import LocalSpecialists
from finetune.training.runner import Runner
from finetune.training.tuner import Tuner
from finetune.types import Card, Dataset, Example, Outcome, TrainingProgress, TrainingRequest
from knowledge.models.local_embeddings import LocalEmbeddings
from weights.settings import WeightsSettings
from weights.store import Weights

_SEED = 11
_GUILD = "benchmark"
_STEPS = 40
_ROUNDS = 2
_SAID_EVERY = 20
_TUNED = "tuned"


class _Everyone:
    """A member who can read what every member can."""

    def may_read_key(self, audience_key: str) -> bool:
        return audience_key == "guild"


@dataclass(frozen=True)
class TrainedSkill:
    """What a run left behind."""

    dataset: Dataset
    part: tuple[Example, ...]
    """What it was trained on."""
    outcome: Outcome
    speed: dict[str, object]


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", metavar="NAME", default="embedded-small", help="as TUNING_BASE has it")
    parser.add_argument("--limit", type=int, default=500, help="of test questions")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    require_trl()
    with tempfile.TemporaryDirectory() as data_dir:
        figures = _measure(arguments.folder, arguments.base, arguments.limit, Path(data_dir))
    if arguments.json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        for label, figure in figures.items():
            print(f"{label}: {figure}")
    name = f"tuning_{arguments.folder.name}_{re.sub(r'[^0-9A-Za-z.]+', '-', arguments.base)}"
    print("wrote", results.write(name, figures), file=sys.stderr)


def _measure(folder: Path, base: str, limit: int, data_dir: Path) -> dict[str, object]:
    weights = Weights(WeightsSettings().model_dir)
    bases, registry = Bases(weights), Registry(data_dir)
    tuner = Tuner(data_dir, bases, registry, Runner(Busy()))
    trained = asyncio.run(_train(folder / "train_10shot.jsonl", base, tuner, data_dir / "runs"))
    card = trained.outcome.card
    if not trained.outcome.promoted:
        registry.promote(_GUILD, card.adapter_sha256)
    questions = _questions(folder / "test.jsonl", limit)
    given, elsewhere_cores = classify_all(_classifiers(trained, weights, bases, registry), questions)
    return {
        "base": bases.ensure(base).title,
        "test questions": len(questions),
        "labels": len(card.labels),
        "examples trained on": card.example_count,
        "examples held out": card.evaluation.held_out_count,
        "lines left out": len(trained.dataset.problems),
        "right labels": {name: each.figures() for name, each in given.items()},
        "tuned less the other": {name: gain(given[_TUNED], each) for name, each in given.items() if name != _TUNED},
        "cores used by other processes while asked": round(elsewhere_cores, 2),
        "the run": _run(card, promoted=trained.outcome.promoted),
        "speed": trained.speed,
    }


async def _train(file: Path, base: str, tuner: Tuner, runs: Path) -> TrainedSkill:
    dataset = await tuner.examine(file.read_bytes(), file.name)
    preview = await tuner.prepare(dataset, TrainingRequest(_GUILD, file.stem, "guild", base))
    _say(f"{preview.example_count} examples, {preview.steps} steps, about {preview.minutes:.0f} minutes")
    folder = runs / preview.run_id
    try:
        await tuner.run(preview.run_id, _progress())
        outcome = await tuner.finish(preview.run_id)
        part = from_jsonl((folder / "train.jsonl").read_bytes())
        return TrainedSkill(dataset, part, outcome, await asyncio.to_thread(compare, folder, _STEPS, _ROUNDS))
    finally:
        await tuner.discard(preview.run_id)


def _progress() -> Callable[[TrainingProgress], None]:
    told = [-_SAID_EVERY]

    def tell(progress: TrainingProgress) -> None:
        now = progress.step + progress.done
        if now - told[0] >= _SAID_EVERY:
            told[0] = now
            _say(f"{progress.stage}: step {progress.step}/{progress.total_steps}, measured {progress.done}")

    return tell


def _questions(file: Path, limit: int) -> list[tuple[str, str]]:
    rows = list(read_rows(file, LabelledRow))
    chosen = random.Random(_SEED).sample(rows, min(limit, len(rows)))
    return [(row.question, row.label) for row in chosen]


def _classifiers(trained: TrainedSkill, weights: Weights, bases: Bases, registry: Registry) -> dict[str, Classifier]:
    """What is compared. Each has its own encoder, since one remembers the questions that it was asked."""
    card = trained.outcome.card
    part, everything = trained.part, trained.dataset.examples
    base = bases.ensure(card.base)
    untuned = LocalChatModel(folder=base.folder, shown_as=base.title, labels=card.labels)

    def encoder(name: str) -> LocalEmbeddings:
        return LocalEmbeddings(weights.ensure(name))

    return {
        "untuned": by_model(untuned),
        f"untuned, {SHOTS} similar examples": with_examples(untuned, encoder("embedding"), part),
        _TUNED: by_model(asyncio.run(_as_the_bot_loads_it(registry, bases))),
        "e5 and logistic regression": by_regression(encoder("embedding"), part),
        "MiniLM and logistic regression": by_regression(encoder("embedding-en"), part),
        "e5 and logistic regression, all examples": by_regression(encoder("embedding"), everything),
        "MiniLM and logistic regression, all examples": by_regression(encoder("embedding-en"), everything),
    }


async def _as_the_bot_loads_it(registry: Registry, bases: Bases) -> BaseChatModel:
    specialists = LocalSpecialists(registry, bases, Busy(), max_new_tokens=384, loaded={})
    (champion,) = await specialists.champions(_GUILD, _Everyone())
    return await specialists.model(champion)


def _run(card: Card, *, promoted: bool) -> dict[str, object]:
    """What the pipeline itself measured."""
    evaluation = card.evaluation
    return {
        "steps": card.steps,
        "minutes": round(card.training_seconds / 60, 1),
        "tokens a second": round(card.tokens_per_s),
        "peak memory in MB": card.peak_memory_mb,
        "held out, tuned": round(evaluation.tuned_score, 3),
        "held out, untuned": round(evaluation.base_score, 3),
        "gain": {
            "difference": round(evaluation.gain.mean, 3),
            "interval": (round(evaluation.gain.low, 3), round(evaluation.gain.high, 3)),
        },
        "promoted": promoted,
    }


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
