"""Feeds random and damaged inputs of every kind to the bot, and counts what is not handled.

    python -m benchmarks.service.hostile_inputs [--count N] [--seed N]

Of N inputs, three in ten are questions, which are searched for, two in ten training sets, two in ten answers, which are
shown, two in ten ids of pressed buttons, and the rest files, made by damaging good ones of each format. Everything runs
where the bot runs it: in its event loop, in a thread or in a contained child. A task in the same loop wants to be woken
every 5 ms and notes how late it is. Embeddings are hashed bags of words: no model is attacked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from benchmarks.harness import results
from benchmarks.service.simulated_discord import Heartbeat
from bot.discord_io.conversation import readable_text
from bot.locales import load_texts
from bot.messages.buttons import DYNAMIC_ITEMS
from bot.render.answers import answer_pages
from bot.render.message_text import MESSAGE_LIMIT, quote_question
from chains.types import Answer, Language, Route, RouteDecision, Timings
from finetune.data.dataset import load_dataset
from finetune.errors import DatasetError
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER, IngestFile, IngestOutcome
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.fakes.scripted_assistant import passage
from tests.knowledge import office_files
from tests.knowledge.parsing.readers.epub_files import epub_book, page
from tests.knowledge.parsing.readers.odt_files import h, listed, odt_file, p
from tests.knowledge.pdfs import pdf
from text.question_text import asked_text

GUILD = "benchmark"
SHARES = {"question": 0.3, "training set": 0.2, "answer": 0.2, "button": 0.2, "file": 0.1}
LONGEST_PAUSE_MS = 250
_NOW = datetime(2026, 3, 1, tzinfo=UTC)
_PIECES = (
    *"`*_~|<>[]()#@:\\\"'{}\n\t ,.;?!-+/%$^&=",
    *(
        "\u200b",
        "\u202e",
        "\u0301",
        "\ufeff",
        "\x00",
        "\x1b",
        "\u2028",
        "\U0001f600",
        "\ud800",
        "漢",
        "字",
        "吗",
        "？",
        "한",
        "ا",
        "é",
    ),
    *("```", "<@1>", "<@&2>", "<#3>", "<:x:4>", "<t:5:R>", "https://", "](", "| --- |", "-# ", "> ", "a OR b", "NEAR("),
    *(
        "when",
        "is",
        "the",
        "workshop",
        "open",
        "E-4017",
        "2.10",
        "什么时候",
        "开门",
        "and what about",
        "0" * 40,
        "A" * 300,
    ),
)
_TEXT = (
    "# Handbook\n\nThe workshop is open on Tuesday. A tool may be kept for seven days.\n\n- one\n- two\n\n"
    "| Day | Opens |\n| --- | --- |\n| Monday | 9:00 |\n\n```python\nprint(1)\n```\n\n## 规则\n\n工坊每周二开门。\n"
)
_ROWS = "\n".join(json.dumps({"question": f"What about {n}?", "label": f"kind {n % 3}"}) for n in range(40))
_IDS = (
    "why:en:abc123",
    "passage:zh:3:abc123",
    "correct:en:1234567890",
    "stop:en:abc",
    "guild:42:1",
    "tune:start:en:abc",
    "ingest:cancel:zh:abc",
)


@dataclass
class Tally:
    """What became of the inputs of each kind."""

    endings: dict[str, Counter[str]] = field(default_factory=dict)
    unhandled: list[str] = field(default_factory=list)
    slowest_s: dict[str, float] = field(default_factory=dict)


def main() -> None:
    """Feed everything, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=15)
    arguments = parser.parse_args()
    figures = asyncio.run(_run(arguments.count, random.Random(arguments.seed)))
    print(json.dumps({**figures, "unhandled": len(cast("list[str]", figures["unhandled"]))}, indent=2))
    print("wrote", results.write("hostile_inputs", {"inputs": arguments.count, "seed": arguments.seed, **figures}))


async def _run(count: int, chance: random.Random) -> dict[str, object]:
    tally, heart = Tally(), Heartbeat()
    beating = asyncio.create_task(heart.beat())
    with tempfile.TemporaryDirectory() as folder:
        library = await Library.open(KnowledgeSettings(data_dir=Path(folder)), HashingEmbeddings())
        try:
            await library.register_guild(GUILD, GUILD)
            await _ingest(library, "handbook.md", _TEXT.encode())
            feeds: dict[str, Callable[[], Awaitable[str]]] = {
                "question": lambda: _question(library, chance),
                "training set": lambda: _training_set(chance),
                "answer": lambda: _answer(chance),
                "button": lambda: _button(chance),
                "file": lambda: _file(library, chance),
            }
            for kind, share in SHARES.items():
                for _ in range(round(count * share)):
                    await _feed(kind, feeds[kind], tally)
                print(kind, dict(tally.endings[kind]), flush=True)
        finally:
            await library.close()
    beating.cancel()
    return {
        "endings": {kind: dict(found) for kind, found in tally.endings.items()},
        "unhandled": tally.unhandled,
        "slowest, seconds": {kind: round(seconds, 2) for kind, seconds in tally.slowest_s.items()},
        "event loop": heart.figures(),
        "pauses above the limit": sum(lag * 1000 > LONGEST_PAUSE_MS for lag in heart.lags_s),
        "peak memory, MB": {
            "bot": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000,
            "largest child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1000,
        },
    }


async def _feed(kind: str, feed: Callable[[], Awaitable[str]], tally: Tally) -> None:
    began = time.perf_counter()
    try:
        ending = await feed()
    except Exception as error:  # noqa: BLE001 - whatever it is, that is what is counted
        ending = "unhandled"
        tally.unhandled.append(f"{kind}: {type(error).__name__}: {str(error)[:200]}")
    tally.endings.setdefault(kind, Counter())[ending] += 1
    tally.slowest_s[kind] = max(tally.slowest_s.get(kind, 0.0), time.perf_counter() - began)


async def _question(library: Library, chance: random.Random) -> str:
    text = readable_text(random_text(chance, 4000), None)
    quote_question(text, Language.of(text), load_texts())
    asked_text(text)
    found = await library.search(text, GUILD, OWNER)
    return "found" if found.evidence else "nothing found"


async def _training_set(chance: random.Random) -> str:
    name = chance.choice(("set.jsonl", "set.csv", "set.json"))
    seed = _ROWS.encode() if name != "set.csv" else b"question,label\n" + b"\n".join(b"what,kind" for _ in range(40))
    data = damaged(seed, chance)
    try:
        await asyncio.to_thread(load_dataset, data, name)
    except DatasetError as error:
        return error.code
    return "read"


async def _answer(chance: random.Random) -> str:
    text = random_text(chance, 6000)
    found = passage(random_text(chance, 200) or "x", random_text(chance, 400))
    decision = RouteDecision(Route.RETRIEVAL, (), (), (), (), None, "benchmark")
    answer = Answer("d", text, Language.of(text), decision, (found,), (), "m", Timings(0, 0, 0, 0, None, 0.1))
    pages = answer_pages(answer, random_text(chance, 200), load_texts(), _NOW)
    if any(not 0 < len(page) <= MESSAGE_LIMIT for page in pages):
        raise ValueError(f"a message of {max(map(len, pages))} characters")
    return "shown"


async def _button(chance: random.Random) -> str:
    pressed = list(chance.choice(_IDS))
    for _ in range(chance.randint(0, 4)):
        pressed[chance.randrange(len(pressed))] = chance.choice(_PIECES)
    custom_id = "".join(pressed)[:100]
    for item in DYNAMIC_ITEMS:
        template = cast("Any", item).__discord_ui_compiled_template__
        if (match := template.fullmatch(custom_id)) is not None:
            await cast("Any", item).from_custom_id(SimpleNamespace(), SimpleNamespace(options=[]), match)
            return "pressed"
    return "no button of the bot"


async def _file(library: Library, chance: random.Random) -> str:
    name, good = chance.choice(list(_good_files()))
    data = damaged(good, chance) if chance.random() < 0.9 else random_text(chance, 60_000).encode("utf-8", "replace")
    return await _ingest(library, name, data)


async def _ingest(library: Library, name: str, data: bytes) -> str:
    file = IngestFile(name, len(data), lambda: data)
    report = await library.ingest_all([file], guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="benchmark")
    [one] = report.reports
    return str(one.reason) if one.outcome is IngestOutcome.FAILED else str(one.outcome)


def _good_files() -> Iterator[tuple[str, bytes]]:
    yield "a.md", _TEXT.encode()
    yield "a.txt", "工坊每周二开门。".encode("gb18030") * 20
    yield "a.csv", b"Day;Opens\nMonday;9:00\nTuesday;10:00\n"
    yield "a.html", b"<html><body><main><h1>Hours</h1><table><tr><td>Monday<td>9:00</table></main></body></html>"
    yield "a.json", json.dumps({"rules": [{"name": "gate", "text": "Lock it."}] * 5}).encode()
    yield "a.rst", b"Hours\n=====\n\n.. note:: Closed on Sunday.\n\n* one\n* two\n"
    yield (
        "a.org",
        b"* Hours\n:PROPERTIES:\n:CUSTOM_ID: x\n:END:\n| a | b |\n|---+---|\n| 1 | 2 |\n[fn:1] Closed on /Sunday/.\n",
    )
    yield "a.tsv", b"Day\tOpens\nMonday\t9:00, 10:00\n"
    yield (
        "a.vtt",
        b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ada>We open at nine.\n\n00:02.000 --> 00:04.000\n<v Ben>Good.\n",
    )
    yield "a.eml", b"Subject: =?utf-8?B?5bel5Z2K?=\nFrom: a@b.example\n\nOpen daily.\n-- \nAda\n> Closed?\n"
    yield "a.rtf", rb"{\rtf1\ansi\ansicpg936{\fonttbl{\f0 A;}}\trowd a\cell b\cell\row\pard\'b9\'a4\u22346?\par{\v x}}"
    yield "a.odt", _cached("odt", lambda: odt_file(h("Hours") + listed(p("Open daily.")) + p("Closed on Sunday.")))
    yield "a.epub", _cached("epub", lambda: epub_book({"a.xhtml": page("<h1>Hours</h1><p>Open daily.</p>")}))
    yield "a.py", b"class A:\n    def b(self):\n        return 1\n"
    yield "a.docx", _cached("docx", office_files.word_handbook)
    yield "a.xlsx", _cached("xlsx", office_files.budget)
    yield "a.pptx", _cached("pptx", office_files.slide_deck)
    yield "a.ipynb", _cached("ipynb", office_files.notebook)
    yield "a.pdf", _cached("pdf", lambda: pdf(["The workshop opens at nine.", "Closed on Sunday."]))


_CACHE: dict[str, bytes] = {}


def _cached(name: str, make: Callable[[], bytes]) -> bytes:
    if name not in _CACHE:
        _CACHE[name] = make()
    return _CACHE[name]


def random_text(chance: random.Random, longest: int) -> str:
    """Return a text of up to so many characters, of signs that mean something somewhere, or of any at all."""
    pieces: list[str] = []
    length = chance.randint(0, longest if chance.random() < 0.2 else longest // 20)
    while sum(map(len, pieces)) < length:
        if chance.random() < 0.7:
            pieces.append(chance.choice(_PIECES) * (chance.randint(1, 200) if chance.random() < 0.05 else 1))
        else:
            pieces.append(chr(chance.randrange(0x110000)))
    return "".join(pieces)[:longest]


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return the bytes with a few of them exchanged, cut out, doubled or put in."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(5):
            case 0 if at < len(made):
                made[at] = chance.randrange(256)
            case 1:
                del made[at : at + chance.randint(1, max(1, len(made) // 4))]
            case 2:
                made[at:at] = made[at : at + chance.randint(1, 2000)] * chance.randint(1, 20)
            case 3:
                made[at:at] = random_text(chance, 200).encode("utf-8", "replace")
            case _:
                made[at:at] = chance.randbytes(chance.randint(1, 40))
    return bytes(made)


if __name__ == "__main__":
    main()
