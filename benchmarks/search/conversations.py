"""Measures what a question of a conversation is best searched with: alone, or with what was said before.

    python -m benchmarks.search.conversations DATA [--set NAME] [--half chosen|reported] [--limit N] [--turns N]
        [--keep FOLDER] [--json]

DATA holds mtrag_subset (English; its turns are rich in words and change their topic) and kdconv_travel_zh (Chinese;
questions such as "and the ticket?", whose place was named turns ago). Conversations are dealt into two halves by the
hash of their first sentence; ways were compared on the half *chosen* alone. R@2: a gold document is among the first
two distinct ones; the chat model is given two passages. --keep leaves the ingested documents in FOLDER, and what was
found, so that a run that was cut off goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.datasets.question_sets import ingest, read_docs
from benchmarks.datasets.rows import ConversationRow, DocumentRow, QuestionRow, read_rows
from benchmarks.harness import results
from benchmarks.harness.scoring import first_gold
from benchmarks.harness.summary_statistics import Share, paired_difference, share
from chains.routing.confidence import Confidence, load_confidence
from chains.routing.router import follow_up_query
from chains.types import Turn
from knowledge.library import Library
from knowledge.models.local_embeddings import LocalEmbeddings
from knowledge.settings import KnowledgeSettings
from knowledge.types import OWNER
from weights.settings import WeightsSettings
from weights.store import Weights

SETS = ("mtrag_subset", "kdconv_travel_zh")
HALVES = ("chosen", "reported")
_ANSWER_CHARACTERS = 200
_TURN_CHARACTERS = 500
_GUILD = "g"
_SEED = 5
BEFORE, SHIPPED = "likelier of alone and behind the one before", "likelier of alone and behind all"


@dataclass(frozen=True)
class FollowUp:
    """A question with the turns before it."""

    text: str
    history: tuple[Turn, ...]
    gold: frozenset[str]
    half: str


Found = tuple[list[str], float]
"""The ids of the passages' documents, best first, and the probability that the passages hold the answer."""
Search = Callable[[str], Awaitable[Found]]


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--set", choices=SETS, help="one of them alone; the others' figures stay as they are")
    parser.add_argument("--half", choices=HALVES, default="reported")
    parser.add_argument("--limit", type=int, default=400, help="of each half's questions, first ones counted")
    parser.add_argument("--turns", type=int, default=3, help="before the question that are known; the bot reads three")
    parser.add_argument("--keep", type=Path, help="the folder in which the ingested documents stay")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    for name in (arguments.set,) if arguments.set else SETS:
        with tempfile.TemporaryDirectory() as temporary:
            place = (arguments.keep or Path(temporary)) / name
            measured = asyncio.run(
                _measure(arguments.data / name, arguments.half, arguments.limit, arguments.turns, place)
            )
        print(json.dumps(measured, indent=2, ensure_ascii=False) if arguments.json else measured)
        print("wrote", results.write(f"conversations_{name}_{arguments.half}", measured))


async def _measure(folder: Path, half: str, limit: int, turns: int, place: Path) -> dict[str, object]:
    read = _kdconv if folder.name.startswith("kdconv") else _mtrag
    asked = list(read(folder))
    random.Random(_SEED).shuffle(asked)
    asked = [each for each in asked if each.half == half][:limit]
    asked = [replace(each, history=each.history[-turns:]) for each in asked if each.history]
    embeddings = LocalEmbeddings(Weights(WeightsSettings().model_dir).ensure("embedding"))
    library = await Library.open(KnowledgeSettings(data_dir=place), embeddings)
    try:
        ids = await _ingested(library, folder)
        searches = _Searches(library, load_confidence(embeddings.model_name), ids, place / "searches.json")
        ranks: dict[str, list[int | None]] = {name: [] for name in _WAYS}
        for each in asked:
            for name, way in _WAYS.items():
                documents, _ = await way(searches.search, each)
                ranks[name].append(first_gold(documents, each.gold))
            searches.keep()
    finally:
        await library.close()
    within = {name: [float(rank is not None and rank <= 2) for rank in own] for name, own in ranks.items()}
    return {
        "questions": len(asked),
        "turns known": turns,
        "ways": {name: _shares(own) for name, own in ranks.items()},
        "shipped less before": _difference(within[SHIPPED], within[BEFORE]),
    }


def _difference(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, object]:
    found = paired_difference(ours, theirs)
    return {"R@2": found["difference"], "interval": found["interval"]}


def _shares(ranks: Sequence[int | None]) -> dict[str, Share]:
    return {f"R@{depth}": share(rank is not None and rank <= depth for rank in ranks) for depth in (1, 2, 5)}


class _Searches:
    """The product's search, each query once; what was found stays beside the documents for the next run."""

    def __init__(self, library: Library, confidence: Confidence, ids: dict[str, str], kept: Path) -> None:
        self._library = library
        self._confidence = confidence
        self._ids = ids
        self._kept = kept
        self._found: dict[str, Found] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}

    async def search(self, query: str) -> Found:
        if query not in self._found:
            found = await self._library.search(query, _GUILD, OWNER, 10)
            names = [self._ids[item.source.name] for item in found.evidence]
            self._found[query] = names, self._confidence.probability(found) or 0.0
        return self._found[query]

    def keep(self) -> None:
        self._kept.write_text(json.dumps(self._found, ensure_ascii=False), "utf-8")


async def _ingested(library: Library, folder: Path) -> dict[str, str]:
    """The documents' ids by the names of their sources; they are ingested unless they are there."""
    docs = read_docs(folder)
    names = {f"d{number}.md": doc.id for number, doc in enumerate(docs)}
    await library.register_guild(_GUILD, _GUILD)
    there = {source.name for source in await library.sources(_GUILD, OWNER)}
    return names if there == set(names) else await ingest(library, _GUILD, docs)


async def _alone(search: Search, each: FollowUp) -> Found:
    return await search(each.text)


async def _behind_one(search: Search, each: FollowUp) -> Found:
    return await search(follow_up_query(each.text, each.history, 1))


async def _behind_all(search: Search, each: FollowUp) -> Found:
    return await search(follow_up_query(each.text, each.history, len(each.history)))


async def _behind_answer(search: Search, each: FollowUp) -> Found:
    last = each.history[-1]
    return await search(f"{last.question} {last.answer[:_ANSWER_CHARACTERS]} {each.text}")


async def _behind_everything(search: Search, each: FollowUp) -> Found:
    said = " ".join(f"{turn.question} {turn.answer}" for turn in each.history)
    return await search(f"{said} {each.text}")


async def _likelier(search: Search, each: FollowUp, behind: int) -> Found:
    found = [await search(each.text), await search(follow_up_query(each.text, each.history, behind))]
    return max(found, key=lambda pair: pair[1])


async def _before(search: Search, each: FollowUp) -> Found:
    return await _likelier(search, each, 1)


async def _shipped(search: Search, each: FollowUp) -> Found:
    return await _likelier(search, each, len(each.history))


_WAYS: dict[str, Callable[[Search, FollowUp], Awaitable[Found]]] = {
    "alone": _alone,
    "behind the one before": _behind_one,
    "behind the one before and its answer": _behind_answer,
    "behind all": _behind_all,
    "behind all and their answers": _behind_everything,
    BEFORE: _before,
    SHIPPED: _shipped,
}


def _mtrag(folder: Path) -> Iterator[FollowUp]:
    for row in read_rows(folder / "qa.jsonl", QuestionRow):
        if row.doc_ids:
            said = [turn.text.strip() for turn in row.turns]
            yield _followed([*said, row.question.strip()], len(said), frozenset(row.doc_ids))


def _kdconv(folder: Path) -> Iterator[FollowUp]:
    """Each question whose answer rests on one place that has a page."""
    known = {row.id for row in read_rows(folder / "docs.jsonl", DocumentRow)}
    for part in ("dev", "test"):
        for row in read_rows(folder / f"{part}.jsonl", ConversationRow):
            said = [turn.text.strip() for turn in row.turns]
            for at, text in enumerate(said[:-1]):
                gold = {fact[0] for fact in row.turns[at + 1].kb} & known
                if text.endswith(("？", "?")) and len(gold) == 1:
                    yield _followed(said, at, frozenset(gold))


def _followed(said: Sequence[str], at: int, gold: frozenset[str]) -> FollowUp:
    """The sentence at `at`, behind those of the same speaker, each with the other's answer."""
    turns = [
        Turn(said[earlier][:_TURN_CHARACTERS], said[earlier + 1][:_TURN_CHARACTERS])
        for earlier in range(at % 2, at - 1, 2)
    ]
    half = HALVES[int(hashlib.sha256(said[0].encode()).hexdigest(), 16) % 2]
    return FollowUp(said[at], tuple(turns), gold, half)


if __name__ == "__main__":
    main()
