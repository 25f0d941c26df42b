"""Compares teaching a small model facts, in four ways, with retrieving them, and with teaching it a skill.

    python -m benchmarks.tuning.facts_and_skill [--json]

The restart codes of thirty made-up devices (benchmarks/datasets/synthetic_tasks) are trained into `embedded-small` in
one phrasing for few and for many epochs, and in four phrasings with and without general answers replayed; each time
they are asked in words that were trained and in words that were not, and general questions beside them. The same
questions are then asked of the default chat model, which reads the two best passages of the product's own search over
documents that state the codes. The skill: sixty messages with who sees to them, sorted by the untuned model, by the
same with similar examples in its prompt, by the tuned model and by logistic regression, on fifty others. Answers are
greedy.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from langchain_core.messages import HumanMessage, SystemMessage
from peft import PeftModel

from benchmarks.datasets.question_sets import ingest
from benchmarks.datasets.synthetic_tasks import (
    NEVER_TRAINED_WORDS,
    OTHER_TRAINED_WORDS,
    TRAINED_WORDS,
    Fact,
    facts,
    general,
    messages,
    taught,
)
from benchmarks.harness import results
from benchmarks.harness.scoring import contains
from benchmarks.harness.summary_statistics import share
from benchmarks.tuning.classifiers import SHOTS, by_model, by_regression, classify_all, gain, with_examples
from chains import prompts
from chains.types import Language, Question
from finetune.bases import Base, Bases
from finetune.data.encoding import ChatTokenizer
from finetune.data.replay import general_examples, replayed_for
from finetune.serving.generation import AdapterFiles
from finetune.serving.local_model import LocalChatModel
from finetune.training.lora import collate, completion_losses, load_base, multiplies_in_bf16, train, with_adapter
from finetune.training.promotion_gate import MOST_FORGOTTEN
from finetune.training.run_folder import Plan, RunFolder
from finetune.types import Example, Recipe, TaskKind
from knowledge.library import Library
from knowledge.models.local_embeddings import LocalEmbeddings
from knowledge.settings import KnowledgeSettings
from knowledge.types import OWNER
from weights.settings import WeightsSettings
from weights.store import Weights

_FACTS = 30
_BASE = "embedded-small"
_READER = "embedded"
_PASSAGES = 2
_GUILD = "benchmark"
_RATE = 2e-3
_BATCH = 8
_THREADS = 2
_LONGEST = 32
"""Tokens of an answer: one that is learnt has about twenty."""
_ALL_WORDS = (TRAINED_WORDS, *OTHER_TRAINED_WORDS)

Ask = Callable[[str], str]


@dataclass(frozen=True)
class RecallTrial:
    """One way to teach the facts."""

    name: str
    phrasings: Sequence[str]
    epochs: int
    replays: bool


_TRIALS = (
    RecallTrial("one phrasing, few epochs", (TRAINED_WORDS,), 5, replays=False),
    RecallTrial("one phrasing, many epochs", (TRAINED_WORDS,), 25, replays=False),
    RecallTrial("four phrasings, with replay", _ALL_WORDS, 8, replays=True),
    RecallTrial("four phrasings, without replay", _ALL_WORDS, 8, replays=False),
)


@dataclass(frozen=True)
class TrainedAdapter:
    """A new adapter, and what its training took."""

    files: AdapterFiles
    steps: int
    seconds: float
    general_loss_rise: float
    """The loss of the tuned model less that of the untuned one."""


class AdapterTrainer:
    """Tunes the base, and answers with it as the bot does."""

    def __init__(self, base: Base, folder: Path) -> None:
        self._base = base
        self._folder = folder
        self._encoder = ChatTokenizer.of(base.folder, base.title)
        self.untuned = LocalChatModel(folder=base.folder, shown_as=base.title, max_new_tokens=_LONGEST)

    def train(
        self, name: str, kind: TaskKind, examples: Sequence[Example], recipe: Recipe, *, replays: bool
    ) -> TrainedAdapter:
        """Train a new adapter on the examples."""
        replayed = replayed_for(len(examples), english_only=True) if replays else ()
        encoded = [self._encoder.encode(example, kind) for example in examples]
        encoded += [self._encoder.encode(example, TaskKind.TEXT) for example in replayed]
        folder = RunFolder(self._folder / name.replace(" ", "-"))
        folder.path.mkdir()
        plan = self._plan(name, kind, len(examples), recipe, math.ceil(len(encoded) / recipe.batch_size))
        model = with_adapter(load_base(self._base.folder, _THREADS), recipe)
        trained = train(model, encoded, plan, folder, int(self._encoder.tokenizer.pad_token_id or 0), _Silent())
        losses = [self._general_loss(model, untuned=untuned) for untuned in (True, False)]
        model.save_pretrained(str(folder.adapter))
        return TrainedAdapter(AdapterFiles(name, folder.adapter), trained.steps, trained.seconds, losses[1] - losses[0])

    def _plan(self, name: str, kind: TaskKind, count: int, recipe: Recipe, steps_an_epoch: int) -> Plan:
        base = self._base
        return Plan(
            id=name,
            guild_id=_GUILD,
            skill=name,
            kind=kind,
            base=base.name,
            base_folder=str(base.folder),
            audience_key="guild",
            dataset_sha256="",
            labels=(),
            label_help=(),
            example_count=count,
            held_out_count=0,
            english_only=base.english_only,
            recipe=recipe,
            total_steps=steps_an_epoch * recipe.epochs,
            base_mb=base.weights_mb,
            threads=_THREADS,
        )

    @torch.inference_mode()
    def _general_loss(self, model: PeftModel, *, untuned: bool) -> float:
        """Mean loss a token on the general answers that are never trained on, as the pipeline's gate has it."""
        _, measured = general_examples(english_only=True)
        encoded = [self._encoder.encode(example, TaskKind.TEXT) for example in measured]
        model.eval()
        with (
            model.disable_adapter() if untuned else nullcontext(),
            torch.autocast("cpu", torch.bfloat16, enabled=multiplies_in_bf16(_THREADS)),
        ):
            sums = completion_losses(model, collate(encoded, 0)).sum(-1)
        return sum(float(total) / len(each.completion) for total, each in zip(sums, encoded, strict=True)) / len(
            encoded
        )


class _Silent:
    """Fulfils `finetune.training.lora.Listener`."""

    def step(self, step: int, loss: float, tokens_per_s: float, seconds_left: float) -> None:
        if step % 20 == 0:
            _say(f"step {step}, loss {loss:.3f}, {seconds_left:.0f} s left")

    def wait(self) -> float:
        return 0.0


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    as_json: bool = parser.parse_args().json
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        figures = _measure(Path(folder))
    figures["minutes"] = round((time.monotonic() - began) / 60, 1)
    if as_json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        for label, figure in figures.items():
            print(f"{label}: {figure}")
    print("wrote", results.write("facts_and_skill", figures), file=sys.stderr)


def _measure(folder: Path) -> dict[str, object]:
    weights = Weights(WeightsSettings().model_dir)
    bases = Bases(weights)
    trainer = AdapterTrainer(bases.ensure(_BASE), folder)
    known = facts(_FACTS)
    rows: dict[str, object] = {"untuned": _asked("untuned", _asking(trainer.untuned), known, asks_general=True)}
    for trial in _TRIALS:
        taught_facts = trainer.train(
            trial.name,
            TaskKind.TEXT,
            taught(known, trial.phrasings),
            Recipe(trial.epochs, _BATCH, _RATE),
            replays=trial.replays,
        )
        model = trainer.untuned.tuned(taught_facts.files, ())
        rows[trial.name] = {
            "epochs": trial.epochs,
            "steps": taught_facts.steps,
            "seconds to train": round(taught_facts.seconds),
            **_asked(trial.name, _asking(model), known, asks_general=True),
            "rise of the loss on general answers": round(taught_facts.general_loss_rise, 2),
            "would pass the gate": taught_facts.general_loss_rise <= MOST_FORGOTTEN,
        }
    skill = _skill(trainer, bases, weights)
    trainer.untuned.close()
    rows["retrieval"] = asyncio.run(_retrieval(folder, weights, bases.ensure(_READER), known))
    return {
        "base": trainer.untuned.title,
        "facts": len(known),
        "general questions": len(general()),
        "taught facts": rows,
        "a skill": skill,
    }


def _asking(model: LocalChatModel) -> Ask:
    return lambda question: model.invoke([HumanMessage(question)]).text


def _asked(name: str, ask: Ask, known: Sequence[Fact], *, asks_general: bool) -> dict[str, object]:
    """The shares of right answers, and the seconds of one."""
    began = time.perf_counter()
    trained = [_is_right(name, ask, TRAINED_WORDS, fact) for fact in known]
    other = [
        _is_right(name, ask, NEVER_TRAINED_WORDS[number % len(NEVER_TRAINED_WORDS)], fact)
        for number, fact in enumerate(known)
    ]
    seconds = (time.perf_counter() - began) / (2 * len(known))
    found: dict[str, object] = {
        "trained words": share(trained),
        "other words": share(other),
        "seconds an answer": round(seconds, 2),
    }
    if asks_general:
        found["general"] = share([_held(name, ask(question), golds) for question, golds in general()])
    return found


def _is_right(name: str, ask: Ask, words: str, fact: Fact) -> bool:
    return _held(name, ask(words.format(device=fact.device)), (fact.code,))


def _held(name: str, answer: str, golds: Sequence[str]) -> bool:
    right = contains(answer, golds, "en")
    _say(f"{name}: {'right' if right else 'wrong'}, wanted {golds[0]} | {answer[:100]!r}")
    return right


async def _retrieval(folder: Path, weights: Weights, reader: Base, known: Sequence[Fact]) -> dict[str, object]:
    """The product's search over documents that state the facts, and the default chat model reading the best two."""
    embeddings = LocalEmbeddings(weights.ensure("embedding"))
    library = await Library.open(KnowledgeSettings(data_dir=folder / "library"), embeddings)
    model = LocalChatModel(folder=reader.folder, shown_as=reader.title, max_new_tokens=2 * _LONGEST)
    loop = asyncio.get_running_loop()
    try:
        began = time.monotonic()
        await ingest(library, _GUILD, [fact.document(number) for number, fact in enumerate(known)])
        seconds = time.monotonic() - began

        def ask(question: str) -> str:
            search = library.search(question, _GUILD, OWNER, _PASSAGES)
            found = asyncio.run_coroutine_threadsafe(search, loop).result()
            asked = Question(question, _GUILD, "benchmark", OWNER, Language.EN)
            system = prompts.system_prompt(Language.EN, with_passages=True)
            reading = prompts.reading_prompt(asked, prompts.passages(found.evidence))
            return model.invoke([SystemMessage(system), HumanMessage(reading)]).text

        await asyncio.to_thread(ask, known[0].device)
        found = await asyncio.to_thread(_asked, "retrieval", ask, known, asks_general=False)
        return {"chat model": reader.title, "seconds to take the documents in": round(seconds), **found}
    finally:
        model.close()
        await library.close()


def _skill(trainer: AdapterTrainer, bases: Bases, weights: Weights) -> dict[str, object]:
    examples, asked = messages("train"), [(each.question, each.completion) for each in messages("test")]
    labels = tuple(sorted({each.completion for each in examples}))
    recipe = bases.ensure(_BASE).recipe(TaskKind.LABEL, len(examples))
    learnt = trainer.train("skill", TaskKind.LABEL, examples, recipe, replays=True)
    untuned = trainer.untuned.model_copy(update={"labels": labels})

    def encoder() -> LocalEmbeddings:
        return LocalEmbeddings(weights.ensure("embedding"))

    ways = {
        "untuned": by_model(untuned),
        f"untuned, {SHOTS} similar examples": with_examples(untuned, encoder(), examples),
        "tuned": by_model(trainer.untuned.tuned(learnt.files, labels)),
        "e5 and logistic regression": by_regression(encoder(), examples),
    }
    given, _ = classify_all(ways, asked)
    return {
        "examples": len(examples),
        "labels": len(labels),
        "questions": len(asked),
        "steps": learnt.steps,
        "seconds to train": round(learnt.seconds),
        "right labels": {name: each.figures() for name, each in given.items()},
        "tuned less the other": {name: gain(given["tuned"], each) for name, each in given.items() if name != "tuned"},
    }


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
