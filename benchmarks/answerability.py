"""Searches of which it is known whether the guild holds the answer, made by the product's own library.

The development sets are reading_en/squad_train_part and drcd_dev. Their documents are dealt into guilds of several
sizes, and a question is answerable in the guild that holds its document and not in its neighbour, which often holds the
rest of the same article. General questions (nq_open_dev) are answerable nowhere. Titles are split by hash.

Across languages the set is fastapi_docs_en_zh: a heading of a page is asked where the page lies in the other language,
and where it doesn't. General questions there are nq_open_dev's of Chinese pages, and drcd_dev's of English ones.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.question_sets import Doc
from benchmarks.remembered import RememberingEmbeddings
from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, OWNER, IngestFile, IngestOutcome, Retrieval

GUILD_SIZES = (8, 30, 120)
PASSAGES = {"fit": 360, "judge": 240}
"""About, in each language: whole articles."""
QUESTIONS = {"fit": 1500, "judge": 900}
"""In each language, shared among the sizes."""
MOST_GUILDS = 12
"""Of one size."""
SEED = 7
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.+?)(?: *\{ *#[^}]*\})? *$", re.MULTILINE)


@dataclass(frozen=True)
class Passage:
    """A document of a data set, and the questions on it."""

    doc: Doc
    """Of every other one the title is left out, as plain text has none."""
    article: str
    answered: tuple[str, ...]
    look_answered: tuple[str, ...] = ()
    """It is about what they ask, and does not say it."""


@dataclass(frozen=True)
class Asked:
    """A question that is asked in a guild of which it is known whether it holds the answer."""

    question: str
    guild: str
    answerable: bool
    origin: str
    """`gold`, `neighbour`, `left out`, `looks answered` or `off corpus`."""
    article: str
    """That it is asked about; of a general question the question itself."""


@dataclass(frozen=True)
class Searched:
    """What was found for it."""

    asked: Asked
    retrieval: Retrieval


@dataclass(frozen=True)
class Dealt:
    """Guilds with their documents, and what is asked in them."""

    guilds: dict[str, list[Doc]]
    asked: list[Asked]


def is_held_out(title: str) -> bool:
    """Three titles of ten, by hash."""
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 10 < 3


def development(data: Path, language: str, part: str) -> Dealt:
    """A `part`, `fit` or `judge`, of a language's set."""
    read = squad(data) if language == "en" else drcd(data)
    passages = _whole_articles(
        [each for each in read if is_held_out(each.article) == (part == "judge")], PASSAGES[part]
    )
    off_corpus = _off_corpus(data, part) if language == "en" else []
    dealt = Dealt({}, [])
    for size in GUILD_SIZES:
        _deal(dealt, passages, off_corpus, size, QUESTIONS[part] // len(GUILD_SIZES), f"{part}-{language}-{size}")
    return dealt


def across(data: Path, language: str, part: str) -> Dealt:
    """A `part`, `fit` or `judge`, of what is asked in a language of pages in the other one."""
    pages: dict[str, dict[str, dict[str, str]]] = {}
    for line in _lines(data / "fastapi_docs_en_zh" / "docs.jsonl"):
        row = json.loads(line)
        pages.setdefault(row["key"], {})[row["lang"]] = row
    other = "zh" if language == "en" else "en"
    both = {key: page for key, page in pages.items() if len(page) == 2}
    seen = Counter(heading for page in both.values() for heading in _headings(page[language]["text"]))
    passages = [
        Passage(
            Doc(page[other]["id"].replace("/", "-"), other, "", page[other]["text"]),
            key,
            tuple(heading for heading in _headings(page[language]["text"]) if seen[heading] == 1),
        )
        for key, page in both.items()
        if is_held_out(key) == (part == "judge")
    ]
    general = _off_corpus(data, part) if language == "en" else [q for p in drcd(data) for q in p.answered]
    dealt = Dealt({}, [])
    for size in GUILD_SIZES[:2]:
        _deal(dealt, passages, general, size, QUESTIONS[part] // 2, f"{part}-{language}-of-{other}-{size}")
    return dealt


def _headings(markdown: str) -> list[str]:
    """Without their anchors, code marks and what stands in code blocks."""
    return [found[1].replace("`", "").strip() for found in _HEADING.finditer(_FENCE.sub("", markdown))]


def _off_corpus(data: Path, part: str) -> list[str]:
    questions = [json.loads(line)["question"] for line in _lines(data / "nq_open_dev" / "qa.jsonl")]
    half = len(questions) // 2
    return questions[:half] if part == "fit" else questions[half:]


async def search(library: Library, embeddings: RememberingEmbeddings, dealt: Dealt) -> AsyncIterator[Searched]:
    """Ingest the documents into new guilds, and ask."""
    for guild, docs in dealt.guilds.items():
        await fill(library, guild, docs)
    embeddings.prepare(each.question for each in dealt.asked)
    for each in dealt.asked:
        yield Searched(each, await library.search(each.question, each.guild, OWNER))


async def fill(library: Library, guild_id: str, docs: Sequence[Doc]) -> None:
    """Ingest the documents into a new guild, those with a title under it. Raises RuntimeError: one could not be."""
    await library.register_guild(guild_id, guild_id)
    texts = [f"# {doc.title}\n\n{doc.text}" if doc.title else doc.text for doc in docs]
    files = [IngestFile(f"{doc.id}.md", len(text.encode()), text.encode) for doc, text in zip(docs, texts, strict=True)]
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
        _passage(f"squad-{number}", "en", title, text, answered, alike)
        for number, ((title, text), (answered, alike)) in enumerate(questions.items())
    ]


def drcd(data: Path) -> list[Passage]:
    """The Chinese development set."""
    asked: dict[str, list[str]] = {}
    for line in _lines(data / "drcd_dev" / "qa.jsonl"):
        row = json.loads(line)
        asked.setdefault(row["doc_ids"][0], []).append(row["question"].strip())
    rows = [json.loads(line) for line in _lines(data / "drcd_dev" / "docs.jsonl")]
    return [_passage(row["id"], "zh", row["title"], row["text"], asked.get(row["id"], [])) for row in rows]


def _passage(
    id_: str, lang: str, title: str, text: str, answered: Sequence[str], look_answered: Sequence[str] = ()
) -> Passage:
    is_plain = hashlib.sha256(id_.encode()).digest()[0] % 2 == 0
    shown = "" if is_plain else title.replace("_", " ")
    return Passage(Doc(id_, lang, shown, text), title, tuple(answered), tuple(look_answered))


def _whole_articles(passages: Sequence[Passage], count: int) -> list[Passage]:
    """At least `count` passages, if there are so many, of articles in the order of their hash."""
    chosen: list[Passage] = []
    for article in sorted(
        {each.article for each in passages}, key=lambda title: hashlib.sha256(title.encode()).digest()
    ):
        if len(chosen) < count:
            chosen += [each for each in passages if each.article == article]
    return chosen


def _deal(
    dealt: Dealt, passages: Sequence[Passage], off_corpus: Sequence[str], size: int, questions: int, name: str
) -> None:
    """Add guilds of `size` named `name`-NUMBER, and questions for them."""
    chance = random.Random(f"{SEED} {name}")
    # An article's passages go to neighbouring guilds in turn.
    ordered = sorted(passages, key=lambda passage: (passage.article, passage.doc.id))
    count = max(2, len(ordered) // size)
    guilds = [ordered[start::count] for start in range(count)][:MOST_GUILDS]
    each = questions // len(guilds)
    for number, guild in enumerate(guilds):
        own, neighbour = f"{name}-{number}", f"{name}-{(number + 1) % len(guilds)}"
        dealt.guilds[own] = [passage.doc for passage in guild]
        answered = [(question, passage.article) for passage in guild for question in passage.answered]
        for question, article in chance.sample(answered, min(each, len(answered))):
            dealt.asked.append(Asked(question, own, True, "gold", article))
            dealt.asked.append(Asked(question, neighbour, False, "neighbour", article))
        for question in chance.sample(off_corpus, min(each // 2, len(off_corpus))):
            dealt.asked.append(Asked(question, own, False, "off corpus", question))


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        yield from file
