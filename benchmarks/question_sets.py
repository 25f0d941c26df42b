"""Public question sets in one format, docs.jsonl and qa.jsonl in a folder, taken in by the product's own library."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.scoring import contains
from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, IngestOutcome

_OWN_QUESTIONS = {"fastapi_docs_en_zh": Path(__file__).parent / "fastapi_questions" / "questions.jsonl"}
"""Of our own writing, for sets that come without."""


@dataclass(frozen=True)
class Doc:
    """One document."""

    id: str
    lang: str
    title: str
    text: str


@dataclass(frozen=True)
class Asked:
    """One question with its gold."""

    lang: str
    question: str
    answers: tuple[str, ...]
    gold: frozenset[str]
    """Ids of the documents that hold the answer; empty where none does."""
    turns: tuple[str, ...] = field(default=())
    """The user's earlier questions in the same conversation, oldest first."""


def read_docs(folder: Path) -> list[Doc]:
    """The folder's documents; a language is named by its first two letters."""
    return [Doc(row["id"], row["lang"][:2], row["title"], row["text"]) for row in _lines(folder / "docs.jsonl")]


def read_questions(folder: Path) -> list[Asked]:
    """The folder's questions, or ours where it has none; those without gold too."""
    return [
        Asked(
            lang=row["lang"][:2],
            question=row["question"].strip(),
            answers=tuple(row.get("answers") or ()),
            gold=frozenset(row["doc_ids"]),
            turns=tuple(turn["text"] for turn in row.get("turns", ()) if turn["role"] == "user"),
        )
        for row in _lines(_OWN_QUESTIONS.get(folder.name, folder / "qa.jsonl"))
    ]


def is_only_in_gold(asked: Asked, docs: Sequence[Doc]) -> bool:
    """Whether no other document of the same title holds a gold string, so that nothing answers without the gold."""
    titles = {doc.title for doc in docs if doc.id in asked.gold}
    others = (doc for doc in docs if doc.title in titles and doc.id not in asked.gold)
    return not any(contains(doc.text, asked.answers, asked.lang) for doc in others)


async def take_in(library: Library, guild_id: str, docs: Sequence[Doc]) -> dict[str, str]:
    """Ingest the documents into a guild; returns their ids by the names under which the library lists them.

    Raises RuntimeError: a document could not be ingested, so that figures would be of another set.
    """
    await library.register_guild(guild_id, guild_id)
    ids: dict[str, str] = {}
    for number, doc in enumerate(docs):
        name = f"d{number}.md"
        text = f"# {doc.title}\n\n{doc.text}" if doc.title else doc.text
        report = await library.ingest_bytes(
            text.encode(), name=name, guild_id=guild_id, audience=EVERY_MEMBER, ingested_by="benchmark"
        )
        if report.outcome is IngestOutcome.FAILED:
            raise RuntimeError(f"{doc.id} was not taken in: {report.detail}")
        ids[name] = doc.id
        if number % 100 == 99:
            print(f"{guild_id}: {number + 1} of {len(docs)} documents", flush=True)
    return ids


def _lines(path: Path) -> Iterable[dict[str, object]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
