"""Measures whether questions of known kinds take the right route: 100 in each language, nothing is generated.

    python -m benchmarks.answers.routes DATA [--json]

DATA holds xquad_en_zh, nq_open_dev and banking77. The passages of xquad are dealt into two guilds in each language,
every other one into each. Small talk, questions about the bot and wishes for creative text are the held-out ones of our
own set; so are the Chinese questions off the corpus, those for facts; the English ones are of nq_open.

Nothing here answers what is asked off the corpus or where its gold passage is left out: a question of nq_open is not
drawn where a gold string of it stands anywhere in xquad, nor one of xquad where another passage of its article has one.
Creative text is right by `direct`, and by `retrieval` where the policy's own gate says that it is creative text whose
passages are good enough; a wish for it that was taken for a question is wrong.

Then every guild gets a tuned model for banking77, and the same questions are asked once more, with 100 of its test
questions. Routing reads of a tuned model its training questions and what was measured of it: these are the ones of
benchmarks/tuning/classification.py (ten a label, one in five held out, and its result on the small base). In place of
the weights, which nothing here loads, stands an empty file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks.datasets.question_sets import Doc, GoldQuestion, ingest, is_only_in_gold, read_docs, read_questions
from benchmarks.datasets.rows import QuestionRow, own_questions, read_rows
from benchmarks.harness import results
from benchmarks.harness.scoring import contains
from benchmarks.harness.summary_statistics import share, wilson
from bot.settings import load_settings
from bot.startup.loader import Loader
from chains.assistant import Assistant
from chains.types import Decided, Language, Question, Route, RouteDecision
from finetune.data.dataset import load_dataset, split_dataset, to_jsonl
from finetune.registry import Registry, adapter_sha256
from finetune.types import Card, Evaluation, Interval
from knowledge.library import Library
from knowledge.types import OWNER

_SEED = 13
_GUILDS = ("even", "odd")
_LANGUAGES = ("en", "zh")
_CREATIVE = "creative text"
_SKILL = "banking77"
_OWN_KIND = 100
_MEASURED = "tuning_banking77_embedded-small"


@dataclass(frozen=True)
class Known:
    """A question whose right route is known."""

    kind: str
    text: str
    guild: str
    right: Route

    def is_right(self, decision: RouteDecision) -> bool:
        """Return whether the decision took that route, or wrote creative text from passages, knowing it for such."""
        if self.kind == _CREATIVE and decision.route is Route.RETRIEVAL:
            return any(gate.name == "creative_with_passages" for gate in decision.gates)
        return decision.route is self.right


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ["DATA_DIR"] = data_dir
        figures = asyncio.run(_measure(arguments.data))
    print(json.dumps(figures, indent=2 if arguments.json else None, ensure_ascii=False))
    print("wrote", results.write("routes", figures))


async def _measure(data: Path) -> dict[str, object]:
    loader = Loader(load_settings())
    encoders, library = await loader.load_documents(lambda _: None)
    try:
        for lang in _LANGUAGES:
            await _take_in(library, data, lang)
        assistant = await loader.load_assistant(library, encoders, lambda _: None)
        plain = {lang: await _routes(assistant, _questions(data, lang)) for lang in _LANGUAGES}
        await asyncio.to_thread(_promote, loader.registry, data)
        tuned = {lang: await _routes(assistant, _questions(data, lang)) for lang in _LANGUAGES}
        own = await _routes(assistant, _own_kind(data))
        return {**plain, "with a tuned model": _with_tuned(tuned, own)}
    finally:
        await loader.close()


async def _take_in(library: Library, data: Path, lang: str) -> None:
    docs = [doc for doc in read_docs(data / "xquad_en_zh") if doc.lang == lang]
    for number, guild in enumerate(_GUILDS):
        await ingest(library, f"{guild}-{lang}", docs[number::2])


def _questions(data: Path, lang: str) -> list[Known]:
    chance = random.Random(f"{_SEED} {lang}")
    docs = [doc for doc in read_docs(data / "xquad_en_zh") if doc.lang == lang]
    asked = [each for each in read_questions(data / "xquad_en_zh") if each.lang == lang]
    only_in_gold = [each for each in asked if is_only_in_gold(each, docs)]
    own = f"even-{lang}"
    off = _off_corpus(data, docs, chance, 20) if lang == "en" else chance.sample(_own(lang, "facts"), 20)
    return [
        *_of("small talk", chance.sample(_own(lang, "small_talk"), 20), own, Route.DIRECT),
        *_of("about the bot", chance.sample(_own(lang, "about_bot"), 10), own, Route.DIRECT),
        *_of(_CREATIVE, chance.sample(_own(lang, "creative"), 10), own, Route.DIRECT),
        *_of("off the corpus", off, own, Route.ABSTAIN),
        *_dealt("held", chance.sample(asked, 20), docs, lang, 0, Route.RETRIEVAL),
        *_dealt("left out", chance.sample(only_in_gold, 20), docs, lang, 1, Route.ABSTAIN),
    ]


def _off_corpus(data: Path, docs: Sequence[Doc], chance: random.Random, count: int) -> list[str]:
    rows = list(read_rows(data / "nq_open_dev" / "qa.jsonl", QuestionRow))
    corpus = " ".join(doc.text for doc in docs)
    drawn = (row for row in chance.sample(rows, len(rows)) if not contains(corpus, row.answers or (), "en"))
    return [row.question for row in islice(drawn, count)]


def _own(lang: str, kind: str) -> list[str]:
    return [row.text for row in own_questions() if row.is_held_out and row.kind == kind and row.lang.startswith(lang)]


def _own_kind(data: Path) -> list[Known]:
    rows = [json.loads(line) for line in (data / _SKILL / "test.jsonl").read_text("utf-8").splitlines()]
    chosen = random.Random(f"{_SEED} {_SKILL}").sample(rows, _OWN_KIND)
    return _of("its own kind", [row["question"] for row in chosen], "even-en", Route.SPECIALIST)


def _promote(registry: Registry, data: Path) -> None:
    """Make a tuned model for banking77 champion in every guild."""
    file = data / _SKILL / "train_10shot.jsonl"
    dataset = load_dataset(file.read_bytes(), file.name)
    parts = split_dataset(dataset)
    measured = json.loads((results.RESULTS / f"{_MEASURED}.json").read_text("utf-8"))["figures"]
    run, seconds = measured["the run"], measured["right labels"]["tuned"]["seconds"]
    gain = run["gain"]
    evaluation = Evaluation(
        held_out_count=len(parts.held_out),
        tuned_score=run["held out, tuned"],
        base_score=run["held out, untuned"],
        gain=Interval(gain["difference"], *gain["interval"]),
        general_loss_tuned=0.0,
        general_loss_base=0.0,
        answer_seconds_p50=seconds["p50"],
        answer_seconds_p95=seconds["p95"],
    )
    with tempfile.TemporaryDirectory() as folder:
        trained = Path(folder)
        for name in ("adapter_config.json", "adapter_model.safetensors"):
            (trained / name).touch()
        for guild_id in (f"{guild}-{lang}" for guild in _GUILDS for lang in _LANGUAGES):
            card = Card(
                adapter_sha256=adapter_sha256(trained),
                guild_id=guild_id,
                skill=_SKILL,
                kind=dataset.kind,
                base="embedded-small",
                audience_key="guild",
                dataset_sha256=dataset.sha256,
                example_count=len(parts.train),
                labels=dataset.labels,
                label_help=(),
                evaluation=evaluation,
                steps=run["steps"],
                training_seconds=60 * run["minutes"],
                tokens_per_s=run["tokens a second"],
                peak_memory_mb=run["peak memory in MB"],
                created_at=datetime.now(UTC).isoformat(),
            )
            registry.register(card, trained, to_jsonl(parts.train), to_jsonl(parts.held_out))
            registry.promote(guild_id, card.adapter_sha256)


def _with_tuned(tuned: Mapping[str, Mapping[str, object]], own: Mapping[str, object]) -> dict[str, object]:
    """The routes of every question, and the share of each side that went to the tuned model."""
    others = sum(_given(found) for found in tuned.values())
    asked = sum(_asked(found) for found in tuned.values())
    return {
        **tuned,
        "its own kind": own,
        "given to the tuned model": {
            "of its own kind": _share(_given(own), _asked(own)),
            "of the other questions": _share(others, asked),
        },
    }


def _given(found: Mapping[str, object]) -> int:
    return sum(int(counts.get(str(Route.SPECIALIST), 0)) for counts in _counts(found))


def _asked(found: Mapping[str, object]) -> int:
    return sum(sum(counts.values()) for counts in _counts(found))


def _counts(found: Mapping[str, object]) -> list[dict[str, int]]:
    table = found["routes taken"]
    assert isinstance(table, dict)
    return list(table.values())


def _share(hits: int, of: int) -> dict[str, object]:
    return {"questions": of, "share": round(hits / of, 3), "interval": wilson(hits, of)}


def _of(kind: str, texts: Sequence[str], guild: str, right: Route) -> list[Known]:
    return [Known(kind, text, guild, right) for text in texts]


def _dealt(
    kind: str, asked: Sequence[GoldQuestion], docs: Sequence[Doc], lang: str, other: int, right: Route
) -> list[Known]:
    """Each in the guild that holds its gold document, or, where `other` is 1, in the other one."""
    place = {doc.id: number % 2 for number, doc in enumerate(docs)}
    guilds = [f"{_GUILDS[(place[next(iter(each.gold))] + other) % 2]}-{lang}" for each in asked]
    return [Known(kind, each.question, guild, right) for each, guild in zip(asked, guilds, strict=True)]


async def _routes(assistant: Assistant, known: Sequence[Known]) -> dict[str, object]:
    decisions = [await _decide(assistant, each) for each in known]
    right = [each.is_right(decision) for each, decision in zip(known, decisions, strict=True)]
    table: dict[str, Counter[str]] = {}
    for each, decision in zip(known, decisions, strict=True):
        table.setdefault(each.kind, Counter())[str(decision.route)] += 1
    return {
        "questions": len(known),
        "right": share(right),
        "routes taken": {kind: dict(counts) for kind, counts in table.items()},
        "wrong": [
            {"kind": each.kind, "question": each.text, "route": str(decision.route)}
            for each, decision, is_right in zip(known, decisions, right, strict=True)
            if not is_right
        ],
    }


async def _decide(assistant: Assistant, each: Known) -> RouteDecision:
    """The decision; the writing is given up before it begins."""
    question = Question(each.text, each.guild, "benchmark", OWNER, Language.of(each.text))
    async with aclosing(assistant.stream(question)) as events:
        async for event in events:
            if isinstance(event, Decided):
                return event.decision
    raise RuntimeError("the assistant ended without a decision")


if __name__ == "__main__":
    main()
