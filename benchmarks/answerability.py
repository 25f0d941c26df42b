"""Searches of which it is known whether the guild holds the answer, made by the product's own library.

The development sets are reading_en/squad_train_part and drcd_dev. Their documents are dealt into guilds of several
sizes, and a question is answerable in the guild that holds its document and not in its neighbour, which often holds the
rest of the same article. General questions (nq_open_dev) are answerable nowhere. Titles are split by hash.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.question_sets import Doc
from benchmarks.remembered import RememberingEmbeddings
from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, OWNER, IngestFile, IngestOutcome, Retrieval

GUILD_SIZES = (8, 30, 120)
QUESTIONS = {"fit": 1500, "judge": 1000}
"""In each language, shared among the sizes."""
MOST_GUILDS = 12
"""Of one size."""
SEED = 7


@dataclass(frozen=True)
class Passage:
    """A document of a data set, and the questions on it."""

    doc: Doc
    answered: tuple[str, ...]
    look_answered: tuple[str, ...] = ()
    """It is about what they ask, and does not say it."""


@dataclass(frozen=True)
class Searched:
    """One search, and whether its guild held the answer."""

    retrieval: Retrieval
    answerable: bool
    origin: str
    """`gold`, `neighbour`, `looks answered` or `off corpus`."""
    language: str
    """Of the documents."""
    size: int
    """How many documents the guild has."""
    title: str
    """Of the article that is asked about; for a general question the question itself."""


def is_held_out(title: str) -> bool:
    """Three titles of ten, by hash."""
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 10 < 3


async def development(
    library: Library, embeddings: RememberingEmbeddings, data: Path, language: str, part: str
) -> AsyncIterator[Searched]:
    """Every search of a `part`, `fit` or `judge`."""
    read = squad(data) if language == "en" else drcd(data)
    passages = [passage for passage in read if is_held_out(passage.doc.title) == (part == "judge")]
    questions = [json.loads(line)["question"] for line in _lines(data / "nq_open_dev" / "qa.jsonl")]
    half = len(questions) // 2
    off_corpus = questions[:half] if part == "fit" else questions[half:]
    for size in GUILD_SIZES:
        async for searched in _dealt(library, embeddings, passages, off_corpus, language, size, part):
            yield searched


async def _dealt(
    library: Library,
    embeddings: RememberingEmbeddings,
    passages: Sequence[Passage],
    off_corpus: Sequence[str],
    language: str,
    size: int,
    part: str,
) -> AsyncIterator[Searched]:
    chance = random.Random(f"{SEED} {language} {size} {part}")
    # An article's passages go to neighbouring guilds in turn.
    ordered = sorted(passages, key=lambda passage: (passage.doc.title, passage.doc.id))
    count = max(2, len(ordered) // size)
    guilds = [ordered[start::count] for start in range(count)][:MOST_GUILDS]
    names = [f"{part}-{language}-{size}-{number}" for number in range(len(guilds))]
    asked: list[tuple[str, int, bool, str, str]] = []
    each = QUESTIONS[part] // len(GUILD_SIZES) // len(guilds) + 1
    for number, guild in enumerate(guilds):
        own = [(question, passage.doc.title) for passage in guild for question in passage.answered]
        for question, title in chance.sample(own, min(each, len(own))):
            asked.append((question, number, True, "gold", title))
            asked.append((question, (number + 1) % len(guilds), False, "neighbour", title))
        alike = [(question, passage.doc.title) for passage in guild for question in passage.look_answered]
        for question, title in chance.sample(alike, min(each, len(alike))):
            asked.append((question, number, False, "looks answered", title))
        if language == "en":
            for question in chance.sample(off_corpus, min(each // 2, len(off_corpus))):
                asked.append((question, number, False, "off corpus", question))
    for number, guild in enumerate(guilds):
        # Some guilds have documents with headings, as Markdown does, some have plain text.
        await fill(library, names[number], [passage.doc for passage in guild], titled=number // 2 % 2 == 0)
    embeddings.prepare(question for question, *_ in asked)
    for question, number, answerable, origin, title in asked:
        found = await library.search(question, names[number], OWNER)
        yield Searched(found, answerable, origin, language, len(guilds[number]), title)


async def fill(library: Library, guild_id: str, docs: Sequence[Doc], *, titled: bool = True) -> None:
    """Ingest the documents into a new guild. Raises RuntimeError: one could not be ingested."""
    await library.register_guild(guild_id, guild_id)
    texts = [f"# {doc.title}\n\n{doc.text}" if titled else doc.text for doc in docs]
    files = [IngestFile(f"d{number}.md", len(text.encode()), text.encode) for number, text in enumerate(texts)]
    report = await library.ingest_all(files, guild_id=guild_id, audience=EVERY_MEMBER, ingested_by="benchmark")
    if bad := report.of(IngestOutcome.FAILED):
        raise RuntimeError(f"{guild_id}: {bad[0].name} was not taken in: {bad[0].detail}")


def squad(data: Path) -> list[Passage]:
    """The English development set."""
    questions: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for line in _lines(data / "reading_en" / "squad_train_part" / "train.jsonl"):
        row = json.loads(line)
        answered, alike = questions.setdefault((row["title"], row["context"]), ([], []))
        (answered if row["answerable"] else alike).append(row["question"].strip())
    return [
        Passage(Doc(f"squad-{number}", "en", title.replace("_", " "), text), tuple(answered), tuple(alike))
        for number, ((title, text), (answered, alike)) in enumerate(questions.items())
    ]


def drcd(data: Path) -> list[Passage]:
    """The Chinese development set."""
    asked: dict[str, list[str]] = {}
    for line in _lines(data / "drcd_dev" / "qa.jsonl"):
        row = json.loads(line)
        asked.setdefault(row["doc_ids"][0], []).append(row["question"].strip())
    rows = [json.loads(line) for line in _lines(data / "drcd_dev" / "docs.jsonl")]
    return [Passage(Doc(row["id"], "zh", row["title"], row["text"]), tuple(asked.get(row["id"], ()))) for row in rows]


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        yield from file
