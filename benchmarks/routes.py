"""Whether questions of known kinds take the right route: 100 in each language, nothing is generated.

    python -m benchmarks.routes DATA [--json]

DATA holds xquad_en_zh and nq_open_dev. The passages of xquad are dealt into two guilds in each language, every other
one into each. Small talk, questions about the bot and wishes for creative text are the held-out ones of our own set;
so are the Chinese questions off the corpus (facts of an invented community), the English ones are of nq_open.
Creative text is right by `direct`, and by `retrieval` too, which the policy takes where passages hold what is needed.
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
from pathlib import Path

from benchmarks import results
from benchmarks.question_sets import Asked, read_docs, read_questions, take_in
from bot.app import Loader
from bot.settings import load_settings
from chains.assistant import Assistant
from chains.language import detect
from chains.types import Decided, Question, Route
from knowledge.library import Library
from knowledge.types import OWNER

_SEED = 13
_OWN = Path(__file__).parent / "question_kinds" / "questions.jsonl"
_GUILDS = ("even", "odd")


@dataclass(frozen=True)
class Known:
    """A question whose right routes are known."""

    kind: str
    text: str
    guild: str
    right: frozenset[Route]


def main() -> None:
    """Measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
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
        await take_in(library, f"{guild}-{lang}", docs[number::2])


def _questions(data: Path, lang: str) -> list[Known]:
    chance = random.Random(f"{_SEED} {lang}")
    docs = [doc.id for doc in read_docs(data / "xquad_en_zh") if doc.lang == lang]
    parallel = [each for each in read_questions(data / "xquad_en_zh") if each.lang == lang]
    off = _off_corpus(data) if lang == "en" else _own(lang, "facts")
    own = f"even-{lang}"
    return [
        *_of("small talk", chance.sample(_own(lang, "small_talk"), 20), own, Route.DIRECT),
        *_of("about the bot", chance.sample(_own(lang, "about_bot"), 10), own, Route.DIRECT),
        *_of("creative text", chance.sample(_own(lang, "creative"), 10), own, Route.DIRECT, Route.RETRIEVAL),
        *_of("off the corpus", chance.sample(off, 20), own, Route.ABSTAIN),
        *_dealt("held", chance.sample(parallel, 20), docs, lang, 0, Route.RETRIEVAL),
        *_dealt("left out", chance.sample(parallel, 20), docs, lang, 1, Route.ABSTAIN),
    ]


def _off_corpus(data: Path) -> list[str]:
    lines = (data / "nq_open_dev" / "qa.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def _own(lang: str, kind: str) -> list[str]:
    rows = map(json.loads, _OWN.read_text("utf-8").splitlines())
    return [
        row["text"]
        for row in rows
        if row["split"] == "held_out" and row["kind"] == kind and row["lang"].startswith(lang)
    ]


def _of(kind: str, texts: Sequence[str], guild: str, *right: Route) -> list[Known]:
    return [Known(kind, text, guild, frozenset(right)) for text in texts]


def _dealt(kind: str, asked: Sequence[Asked], docs: list[str], lang: str, other: int, right: Route) -> list[Known]:
    """Each in the guild that holds its gold document, or, where `other` is 1, in the other one."""
    place = {doc_id: number % 2 for number, doc_id in enumerate(docs)}
    guilds = [f"{_GUILDS[(place[next(iter(each.gold))] + other) % 2]}-{lang}" for each in asked]
    return [Known(kind, each.question, guild, frozenset({right})) for each, guild in zip(asked, guilds, strict=True)]


async def _routes(assistant: Assistant, known: Sequence[Known]) -> dict[str, object]:
    taken = [await _route(assistant, each) for each in known]
    right = [route in each.right for each, route in zip(known, taken, strict=True)]
    table: dict[str, Counter[str]] = {}
    for each, route in zip(known, taken, strict=True):
        table.setdefault(each.kind, Counter())[str(route)] += 1
    return {
        "questions": len(known),
        "right": {"share": round(sum(right) / len(right), 3), "interval": results.wilson(sum(right), len(right))},
        "routes taken": {kind: dict(counts) for kind, counts in table.items()},
        "wrong": [
            {"kind": each.kind, "question": each.text, "route": str(route)}
            for each, route, is_right in zip(known, taken, right, strict=True)
            if not is_right
        ],
    }


async def _route(assistant: Assistant, each: Known) -> Route:
    """The decided route; the writing is given up before it begins."""
    question = Question(each.text, each.guild, "benchmark", OWNER, detect(each.text))
    async with aclosing(assistant.stream(question)) as events:
        async for event in events:
            if isinstance(event, Decided):
                return event.decision.route
    raise RuntimeError("the assistant ended without a decision")


if __name__ == "__main__":
    main()
