"""Reads public question sets, docs.jsonl and qa.jsonl in a folder, and ingests their documents into the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datasets.rows import FASTAPI_QUESTIONS, DocumentRow, QuestionRow, read_rows
from benchmarks.harness.scoring import contains
from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, IngestOutcome

_OWN_QUESTIONS = {"fastapi_docs_en_zh": FASTAPI_QUESTIONS}
"""Questions of our own writing, for sets that come without."""


@dataclass(frozen=True)
class Doc:
    """A document of a question set."""

    id: str
    lang: str
    title: str
    text: str

    @property
    def markdown(self) -> str:
        """The text under its title, as it is ingested; the text alone where there is no title."""
        return f"# {self.title}\n\n{self.text}" if self.title else self.text


@dataclass(frozen=True)
class GoldQuestion:
    """A question with its gold answers and documents."""

    lang: str
    question: str
    answers: tuple[str, ...]
    gold: frozenset[str]
    """Ids of the documents that hold the answer; empty where none does."""


def read_docs(folder: Path) -> list[Doc]:
    """Return the folder's documents; a language is named by its first two letters."""
    return [Doc(row.id, row.lang[:2], row.title, row.text) for row in read_rows(folder / "docs.jsonl", DocumentRow)]


def read_questions(folder: Path) -> list[GoldQuestion]:
    """Return the folder's questions, or ours where it has none; those without gold too."""
    return [
        GoldQuestion(
            lang=row.lang[:2],
            question=row.question.strip(),
            answers=row.answers or (),
            gold=frozenset(row.doc_ids),
        )
        for row in read_rows(_OWN_QUESTIONS.get(folder.name, folder / "qa.jsonl"), QuestionRow)
    ]


def is_only_in_gold(asked: GoldQuestion, docs: Sequence[Doc]) -> bool:
    """Return whether no other document of the same title holds a gold string, so that nothing answers without the gold.

    The documents are those of the question's language.
    """
    titles = {doc.title for doc in docs if doc.id in asked.gold}
    others = (doc for doc in docs if doc.title in titles and doc.id not in asked.gold)
    return not any(contains(doc.text, asked.answers, asked.lang) for doc in others)


async def ingest(library: Library, guild_id: str, docs: Sequence[Doc]) -> dict[str, str]:
    """Ingest the documents into a guild; returns their ids by the names under which the library lists them.

    Raises RuntimeError: a document could not be ingested, so that figures would be of another set.
    """
    await library.register_guild(guild_id, guild_id)
    ids: dict[str, str] = {}
    for number, doc in enumerate(docs):
        name = f"d{number}.md"
        report = await library.ingest_bytes(
            doc.markdown.encode(), name=name, guild_id=guild_id, audience=EVERY_MEMBER, ingested_by="benchmark"
        )
        if report.outcome is IngestOutcome.FAILED:
            raise RuntimeError(f"{doc.id} was not ingested: {report.detail}")
        ids[name] = doc.id
        if number % 100 == 99:
            print(f"{guild_id}: {number + 1} of {len(docs)} documents", flush=True)
    return ids
