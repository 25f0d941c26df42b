"""Measures how long the bot's event loop is blocked while documents are ingested and questions answered.

    python -m benchmarks.service.event_loop FOLDER

FOLDER holds docs.jsonl and qa.jsonl. Three times, after the models have loaded: an idle control, then every document
is ingested while members ask; a task in the same loop wants to be woken every 5 ms and notes how late it is. The
simulated Discord works in that loop too, so the bot is charged with it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import Awaitable, Sequence
from pathlib import Path

from benchmarks.datasets.question_sets import Doc, read_docs
from benchmarks.datasets.rows import QuestionRow, read_rows
from benchmarks.harness import results
from benchmarks.service.simulated_discord import Heartbeat, Server, server
from knowledge.types import EVERY_MEMBER

_RUNS = 3
_IDLE_S = 20.0
_ASKED = 4


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    runs = [asyncio.run(_run(folder)) for _ in range(_RUNS)]
    medians = {
        phase: {figure: statistics.median(run[phase][figure] for run in runs) for figure in runs[0][phase]}
        for phase in ("idle", "busy")
    }
    figures = {"median of three": medians, "runs": runs}
    print(json.dumps(figures, indent=2))
    print("wrote", results.write("event_loop", figures))


async def _run(folder: Path) -> dict[str, dict[str, float]]:
    docs = read_docs(folder)
    questions = [row.question for row in read_rows(folder / "qa.jsonl", QuestionRow)]
    with tempfile.TemporaryDirectory() as data_dir:
        async with server(Path(data_dir)) as discord:
            # What the first document and the first answer load once is not what is measured.
            await _ingest(discord, docs[:1])
            await discord.ask(discord.member("first"), discord.channel("first"), questions[0])
            await discord.rest()
            idle = await _watched(asyncio.sleep(_IDLE_S))
            busy = await _watched(_work(discord, docs[1:], questions[1 : 1 + _ASKED]))
    return {"idle": idle, "busy": busy}


async def _watched(work: Awaitable[None]) -> dict[str, float]:
    heart = Heartbeat()
    beating = asyncio.create_task(heart.beat())
    began = asyncio.get_running_loop().time()
    await work
    seconds = asyncio.get_running_loop().time() - began
    beating.cancel()
    return {"seconds": round(seconds, 1), **heart.figures()}


async def _work(discord: Server, docs: Sequence[Doc], questions: Sequence[str]) -> None:
    ingesting = asyncio.create_task(_ingest(discord, docs))
    channel = discord.channel("crew")
    for number, question in enumerate(questions):
        await discord.ask(discord.member(f"member{number}"), channel, question)
    await discord.rest()
    await ingesting


async def _ingest(discord: Server, docs: Sequence[Doc]) -> None:
    for number, doc in enumerate(docs):
        await discord.library.ingest_bytes(
            doc.markdown.encode(),
            name=f"{number}-{doc.id[:40].replace(':', '-')}.md",
            guild_id=discord.guild_id,
            audience=EVERY_MEMBER,
            ingested_by="benchmark",
        )


if __name__ == "__main__":
    main()
