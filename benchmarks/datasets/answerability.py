"""Deals data sets into guilds of which it is known whether they hold the answer to a question, and searches them.

The development sets are reading_en/squad_train_part and drcd_dev. Their documents are dealt into guilds of several
sizes, and a question is answerable in the guild that holds its document and not in its neighbour, which often holds the
rest of the same article. General questions (nq_open_dev) are answerable nowhere. Titles are split by hash.

Across languages the set is fastapi_docs_en_zh: a heading of a page is asked where the page lies in the other language,
and where it doesn't. General questions there are nq_open_dev's of Chinese pages, and drcd_dev's of English ones.

Communities ask otherwise than people who write questions on an encyclopedia. Four invented ones of our own, with pages
in both languages, are asked with all of their pages, and without those that answer.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datasets.question_sets import Doc
from benchmarks.datasets.rows import (
    COMMUNITY_DEVELOPMENT,
    CommunityQuestionRow,
    DocumentRow,
    QuestionRow,
    ReadingRow,
    read_rows,
)
from benchmarks.harness.embedding_cache import CachedEmbeddings
from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, OWNER, IngestFile, IngestOutcome, Retrieval
from text.third_language import shares_language

GUILD_SIZES = (8, 30, 120)
PASSAGES = {"fit": 360, "judge": 240}
"""At most about, in each language: whole articles."""
COMMUNITIES = ("a", "b", "m", "n")
"""The invented ones."""
QUESTIONS = {"fit": 240, "judge": 150}
"""In each language, shared among the sizes."""
MOST_GUILDS = 12
"""Of one size."""
CALIBRATION_ARTICLES = frozenset(
    {
        "antibiotics",
        "genocide",
        "montana",
        "solar energy",
        "spectre (2015 film)",
        "the legend of zelda: twilight princess",
        "to kill a mockingbird",
        "university of notre dame",
    }
)
"""Articles of squad_train_part that the reader is not trained on: what its figures mean is fitted on them."""
SEED = 7
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} +(.+?)(?: *\{ *#[^}]*\})? *$", re.MULTILINE)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a data set, and the questions on it."""

    doc: Doc
    """Of every other one the title is left out, as plain text has none."""
    article: str
    answered: tuple[str, ...]
    look_answered: tuple[str, ...] = ()
    """Questions that it is about, and does not answer."""


@dataclass(frozen=True)
class KnownQuestion:
    """A question that is asked in a guild of which it is known whether it holds the answer."""

    question: str
    guild: str
    answerable: bool
    origin: str
    """`gold`, `neighbour`, `left out`, `looks answered` or `off corpus`."""
    article: str
    """That it is asked about; of a general question the question itself."""
    in_own_language: bool | None = None
    """Whether a page in the question's language answers it, in a guild with pages in several; None: all are in one."""
    in_another: bool | None = None
    """The same of pages in another language."""


@dataclass(frozen=True)
class Searched:
    """A question, and what was found for it."""

    asked: KnownQuestion
    retrieval: Retrieval


@dataclass(frozen=True)
class Scenario:
    """Guilds with their documents, and the questions that are asked in them."""

    guilds: dict[str, list[Doc]]
    asked: list[KnownQuestion]


def is_held_out(title: str) -> bool:
    """Return whether a title is one of the three in ten, by hash, that nothing is fitted on."""
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 10 < 3


def development(data: Path, language: str, part: str) -> Scenario:
    """Return a `part`, `fit` or `judge`, of a language's set."""
    read = squad(data) if language == "en" else drcd(data)
    passages = _whole_articles(
        [each for each in read if is_held_out(each.article) == (part == "judge")], PASSAGES[part]
    )
    off_corpus = _off_corpus(data, part) if language == "en" else []
    scenario = Scenario({}, [])
    for size in GUILD_SIZES:
        _deal(scenario, passages, off_corpus, size, QUESTIONS[part] // len(GUILD_SIZES), f"{part}-{language}-{size}")
    return scenario


def across(data: Path, language: str, part: str) -> Scenario:
    """Return a `part`, `fit` or `judge`, of what is asked in a language of pages in the other one."""
    pages: dict[str, dict[str, DocumentRow]] = {}
    for row in read_rows(data / "fastapi_docs_en_zh" / "docs.jsonl", DocumentRow):
        pages.setdefault(row.key, {})[row.lang] = row
    other = "zh" if language == "en" else "en"
    both = {key: page for key, page in pages.items() if len(page) == 2}
    seen = Counter(heading for page in both.values() for heading in _headings(page[language].text))
    passages = [
        Paragraph(
            Doc(page[other].id.replace("/", "-"), other, "", page[other].text),
            key,
            tuple(heading for heading in _headings(page[language].text) if seen[heading] == 1),
        )
        for key, page in both.items()
        if is_held_out(key) == (part == "judge")
    ]
    general = _off_corpus(data, part) if language == "en" else [q for p in drcd(data) for q in p.answered]
    scenario = Scenario({}, [])
    for size in GUILD_SIZES[:2]:
        _deal(scenario, passages, general, size, QUESTIONS[part] // 4, f"{part}-{language}-of-{other}-{size}")
    return scenario


def community(name: str) -> Scenario:
    """Return what is asked in an invented community with all of its pages, and what without those that answer it."""
    folder = COMMUNITY_DEVELOPMENT / name
    pages = {path.name: Doc(path.stem, "", "", path.read_text("utf-8")) for path in sorted(folder.glob("documents/*"))}
    whole = f"community-{name}"
    scenario = Scenario({whole: list(pages.values())}, [])
    for row in read_rows(folder / "questions.jsonl", CommunityQuestionRow):
        origin = "gold" if row.answerable else {"close": "looks answered"}.get(row.kind, "off corpus")
        own = any(shares_language(row.question, place.text) for place in row.gold)
        another = any(not shares_language(row.question, place.text) for place in row.gold)
        scenario.asked.append(KnownQuestion(row.question, whole, row.answerable, origin, row.id, own, another))
        if row.answerable:
            left_out = sorted({place.file for place in row.gold})
            without = f"{whole}-without-" + "-".join(str(list(pages).index(name)) for name in left_out)
            scenario.guilds.setdefault(without, [page for name, page in pages.items() if name not in left_out])
            scenario.asked.append(KnownQuestion(row.question, without, False, "left out", row.id, False, False))
    return scenario


def _headings(markdown: str) -> list[str]:
    """Without their anchors, code marks and what stands in code blocks."""
    return [found[1].replace("`", "").strip() for found in _HEADING.finditer(_FENCE.sub("", markdown))]


def _off_corpus(data: Path, part: str) -> list[str]:
    questions = [row.question for row in read_rows(data / "nq_open_dev" / "qa.jsonl", QuestionRow)]
    half = len(questions) // 2
    return questions[:half] if part == "fit" else questions[half:]


async def search(library: Library, embeddings: CachedEmbeddings, scenario: Scenario) -> AsyncIterator[Searched]:
    """Ingest the documents into new guilds, ask, and yield what was found for each question."""
    for guild, docs in scenario.guilds.items():
        await fill(library, guild, docs)
    embeddings.prepare(each.question for each in scenario.asked)
    for each in scenario.asked:
        yield Searched(each, await library.search(each.question, each.guild, OWNER))


async def fill(library: Library, guild_id: str, docs: Sequence[Doc]) -> None:
    """Ingest the documents into a new guild as one batch. Raises RuntimeError: one could not be ingested."""
    await library.register_guild(guild_id, guild_id)
    files = [IngestFile(f"{doc.id}.md", len(doc.markdown.encode()), doc.markdown.encode) for doc in docs]
    report = await library.ingest_all(files, guild_id=guild_id, audience=EVERY_MEMBER, ingested_by="benchmark")
    if bad := report.of(IngestOutcome.FAILED):
        raise RuntimeError(f"{guild_id}: {bad[0].name} was not ingested: {bad[0].detail}")


def squad(data: Path) -> list[Paragraph]:
    """Return the English development set: the articles that the reader was not trained on."""
    questions: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for row in read_rows(data / "reading_en" / "squad_train_part" / "train.jsonl", ReadingRow):
        if row.title.replace("_", " ").casefold() not in CALIBRATION_ARTICLES:
            continue
        answered, alike = questions.setdefault((row.title, row.context), ([], []))
        (answered if row.answerable else alike).append(row.question.strip())
    return [
        _paragraph(f"squad-{number}", "en", title, text, answered, alike)
        for number, ((title, text), (answered, alike)) in enumerate(questions.items())
    ]


def drcd(data: Path) -> list[Paragraph]:
    """Return the Chinese development set."""
    asked: dict[str, list[str]] = {}
    for row in read_rows(data / "drcd_dev" / "qa.jsonl", QuestionRow):
        asked.setdefault(row.doc_ids[0], []).append(row.question.strip())
    docs = read_rows(data / "drcd_dev" / "docs.jsonl", DocumentRow)
    return [_paragraph(doc.id, "zh", doc.title, doc.text, asked.get(doc.id, [])) for doc in docs]


def _paragraph(
    id_: str, lang: str, title: str, text: str, answered: Sequence[str], look_answered: Sequence[str] = ()
) -> Paragraph:
    is_plain = hashlib.sha256(id_.encode()).digest()[0] % 2 == 0
    shown = "" if is_plain else title.replace("_", " ")
    return Paragraph(Doc(id_, lang, shown, text), title, tuple(answered), tuple(look_answered))


def _whole_articles(passages: Sequence[Paragraph], count: int) -> list[Paragraph]:
    """At least `count` passages, if there are so many, of articles in the order of their hash."""
    chosen: list[Paragraph] = []
    for article in sorted(
        {each.article for each in passages}, key=lambda title: hashlib.sha256(title.encode()).digest()
    ):
        if len(chosen) < count:
            chosen += [each for each in passages if each.article == article]
    return chosen


def _deal(
    scenario: Scenario, passages: Sequence[Paragraph], off_corpus: Sequence[str], size: int, questions: int, name: str
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
        scenario.guilds[own] = [passage.doc for passage in guild]
        answered = [(question, passage.article) for passage in guild for question in passage.answered]
        for question, article in chance.sample(answered, min(each, len(answered))):
            scenario.asked.append(KnownQuestion(question, own, True, "gold", article))
            scenario.asked.append(KnownQuestion(question, neighbour, False, "neighbour", article))
        for question in chance.sample(off_corpus, min(each // 2, len(off_corpus))):
            scenario.asked.append(KnownQuestion(question, own, False, "off corpus", question))
