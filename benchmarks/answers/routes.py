"""Measures whether questions of known kinds take the right route: 100 in each language, nothing is generated.

    python -m benchmarks.answers.routes DATA [--json]

DATA holds xquad_en_zh and nq_open_dev. The passages of xquad are dealt into two guilds in each language, every other
one into each. Small talk, questions about the bot and wishes for creative text are the held-out ones of our own set;
so are the Chinese questions off the corpus, those for facts; the English ones are of nq_open.

Nothing here answers what is asked off the corpus or where its gold passage is left out: a question of nq_open is not
drawn where a gold string of it stands anywhere in xquad, nor one of xquad where another passage of its article has one.
Creative text is right by `direct`, and by `retrieval` where the policy's own gate says that it is creative text whose
passages are good enough; a wish for it that was taken for a question is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.datasets.question_sets import Doc, GoldQuestion, ingest, is_only_in_gold, read_docs, read_questions
from benchmarks.datasets.rows import QuestionRow, own_questions, read_rows
from benchmarks.harness import results
from benchmarks.harness.scoring import contains
from benchmarks.harness.summary_statistics import share
from bot.settings import load_settings
from bot.startup.loader import Loader
from chains.assistant import Assistant
from chains.language import detect
from chains.types import Decided, Question, Route, RouteDecision
from knowledge.library import Library
from knowledge.types import OWNER

_SEED = 13
_GUILDS = ("even", "odd")
_CREATIVE = "creative text"


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
        for lang in ("en", "zh"):
            await _take_in(library, data, lang)
        assistant = await loader.load_assistant(library, encoders, lambda _: None)
        return {lang: await _routes(assistant, _questions(data, lang)) for lang in ("en", "zh")}
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
    question = Question(each.text, each.guild, "benchmark", OWNER, detect(each.text))
    async with aclosing(assistant.stream(question)) as events:
        async for event in events:
            if isinstance(event, Decided):
                return event.decision
    raise RuntimeError("the assistant ended without a decision")


if __name__ == "__main__":
    main()
