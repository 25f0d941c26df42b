"""Ask a real community's questions of the whole pipeline, with the default chat model.

`python -m benchmarks.community FOLDER` with FOLDER in the format docs.jsonl and qa.jsonl. Ingests every document,
asks every question, and writes route, probability, rank of the first gold document, answer and seconds; whether an
answer holds the fact is for a person to read.
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
from pathlib import Path

from benchmarks import results
from bot.readiness import Loading
from bot.settings import load_settings
from bot.startup.loader import Loader
from chains.assistant import Assistant
from chains.language import detect
from chains.types import Question
from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, OWNER

GUILD = "benchmark"


def main() -> None:
    """Ingest, ask, write."""
    parser = argparse.ArgumentParser(description=__doc__)
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
        seconds, chunks = await _ingest(library, _lines(folder / "docs.jsonl"))
        assistant = await loader.load_assistant(library, embeddings, _silent)
        asked = [await _ask(assistant, library, row) for row in _lines(folder / "qa.jsonl")]
    finally:
        await loader.close()
    found = [row for row in asked if row["rank of gold"] is not None]
    return {
        "documents": len(_lines(folder / "docs.jsonl")),
        "chunks": chunks,
        "seconds to ingest": round(seconds, 1),
        "questions": len(asked),
        "R@5": {"share": round(len(found) / len(asked), 3), "interval": results.wilson(len(found), len(asked))},
        "routes": dict(Counter(row["route"] for row in asked)),
        "asked": asked,
    }


async def _ingest(library: Library, rows: list[dict[str, str]]) -> tuple[float, int]:
    await library.register_guild(GUILD, GUILD)
    started, chunks = time.monotonic(), 0
    for number, row in enumerate(rows, start=1):
        text = f"# {row['title']}\n\n{row['text']}" if row["title"] else row["text"]
        report = await library.ingest_bytes(
            text.encode(), name=_name(row["id"]), guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="terminal"
        )
        chunks += report.chunk_count
        print(f"{number}/{len(rows)} {report.name} {report.outcome} {report.detail or ''}", flush=True)
    return time.monotonic() - started, chunks


async def _ask(assistant: Assistant, library: Library, row: dict[str, str]) -> dict[str, object]:
    question = row["question"].replace("``", "").replace("\\", "")
    gold = {_name(doc_id) for doc_id in row["doc_ids"]}
    names = dict.fromkeys(e.source.name for e in (await library.search(question, GUILD, OWNER, 40)).evidence)
    rank = next((at for at, name in enumerate(list(names)[:5], start=1) if name in gold), None)
    answer = await assistant.answer(Question(question, GUILD, "terminal", OWNER, detect(question)))
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


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _silent(_: Loading) -> None:
    pass


if __name__ == "__main__":
    main()
