"""Asks a real community's questions of the whole pipeline, with the default chat model.

    python -m benchmarks.answers.community FOLDER

FOLDER holds docs.jsonl and qa.jsonl. Every document is ingested, every question asked, and route, probability, rank of
the first gold document, answer and seconds are written. Whether an answer holds the fact is for a person to read, who
writes it into benchmarks/datasets/human_ratings/community.json.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.datasets.question_sets import Doc, read_docs
from benchmarks.datasets.rows import QuestionRow, read_rows
from benchmarks.harness import results
from benchmarks.harness.summary_statistics import share
from bot.readiness import Loading
from bot.settings import load_settings
from bot.startup.loader import Loader
from chains.assistant import Assistant
from chains.types import Language, Question
from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, OWNER

GUILD = "benchmark"


def main() -> None:
    """Ingest, ask, and write the answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ["DATA_DIR"] = data_dir
        figures = asyncio.run(_measure(folder))
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    print("wrote", results.write("community", figures))


async def _measure(folder: Path) -> dict[str, object]:
    loader = Loader(load_settings())
    embeddings, library = await loader.load_documents(_silent)
    try:
        docs = read_docs(folder)
        seconds, chunks = await _ingest(library, docs)
        assistant = await loader.load_assistant(library, embeddings, _silent)
        asked = [await _ask(assistant, library, row) for row in read_rows(folder / "qa.jsonl", QuestionRow)]
    finally:
        await loader.close()
    return {
        "documents": len(docs),
        "chunks": chunks,
        "seconds to ingest": round(seconds, 1),
        "questions": len(asked),
        "R@5": share(row["rank of gold"] is not None for row in asked),
        "routes": dict(Counter(str(row["route"]) for row in asked)),
        "asked": asked,
    }


async def _ingest(library: Library, docs: Sequence[Doc]) -> tuple[float, int]:
    await library.register_guild(GUILD, GUILD)
    started, chunks = time.monotonic(), 0
    for number, doc in enumerate(docs, start=1):
        report = await library.ingest_bytes(
            doc.markdown.encode(), name=_name(doc.id), guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="terminal"
        )
        chunks += report.chunk_count
        print(f"{number}/{len(docs)} {report.name} {report.outcome} {report.detail or ''}", flush=True)
    return time.monotonic() - started, chunks


async def _ask(assistant: Assistant, library: Library, row: QuestionRow) -> dict[str, object]:
    question = row.question.replace("``", "").replace("\\", "")
    gold = {_name(doc_id) for doc_id in row.doc_ids}
    names = dict.fromkeys(e.source.name for e in (await library.search(question, GUILD, OWNER, 40)).evidence)
    rank = next((at for at, name in enumerate(list(names)[:5], start=1) if name in gold), None)
    answer = await assistant.answer(Question(question, GUILD, "terminal", OWNER, Language.of(question)))
    holds = next(s.value for s in answer.decision.signals if s.name == "passages_hold_answer")
    print(f"{answer.decision.route:10} {rank or '-'} {question}\n    {answer.text}", flush=True)
    return {
        "question": question,
        "route": answer.decision.route,
        "passages hold the answer": None if holds is None else round(holds, 3),
        "rank of gold": rank,
        "gold was read": any(e.source.name in gold for e in answer.evidence),
        "answer": answer.text,
        "seconds": round(answer.timings.total_s, 1),
    }


def _name(doc_id: str) -> str:
    """A file name for a document; two ids that differ only in their punctuation stay apart by a hash."""
    digest = hashlib.sha256(doc_id.encode()).hexdigest()[:4]
    return re.sub(r"[^\w.]+", "-", doc_id).removesuffix(".md") + f"-{digest}.md"


def _silent(_: Loading) -> None:
    pass


if __name__ == "__main__":
    main()
