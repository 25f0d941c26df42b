"""Asks twenty questions at once in five channels, with the default chat model: ten members ask two each.

    python -m benchmarks.service.concurrent_questions

The documents are the example handbook. Measured at the simulated Discord: when each question was acknowledged, when
its answer stood there whole, and whether each member's answers came in the order of the questions.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.harness import results
from benchmarks.service.simulated_discord import Server, server

_CHANNELS = 5
_MEMBERS = 10
_QUESTIONS = (
    "How long can I borrow a tool?",
    "Who keeps the tools?",
    "When is the workshop open?",
    "What does the membership cost a year?",
    "Are dogs allowed in the workshop?",
    "How do I become a moderator?",
    "中文工坊日是什么时候？",
    "What is the wind limit for sailing?",
    "Good morning, how are you?",
    "What happens after three warnings?",
    "How do I book a boat?",
    "When are the voice nights?",
    "Is there parking at the club?",
    "What is the Blue Card?",
    "Who may use the machines?",
    "How do I leave the club?",
    "借的工具晚还一天要交多少钱？",
    "What is the capital of Mongolia?",
    "How much is the deposit for a power tool?",
    "Which channel is for questions about sailing?",
)


def main() -> None:
    """Measure, and write the figures."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    figures = asyncio.run(_measure())
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    print("wrote", results.write("crowd", figures))


async def _measure() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as data_dir:
        async with server(Path(data_dir)) as discord:
            await discord.ingest_handbook()
            return await _ask_all(discord)


async def _ask_all(discord: Server) -> dict[str, object]:
    channels = [discord.channel(f"channel{number}") for number in range(_CHANNELS)]
    members = [discord.member(f"member{number}") for number in range(_MEMBERS)]
    sent: dict[int, float] = {}
    asked: list[list[int]] = [[] for _ in members]

    began = time.monotonic()
    # The simulator takes one message after the other, each as soon as the bot has taken up the one before.
    for number, question in enumerate(_QUESTIONS):
        now = time.monotonic()
        message_id = await discord.ask(members[number % _MEMBERS], channels[number % _CHANNELS], question)
        sent[message_id] = now
        asked[number % _MEMBERS].append(message_id)
    asking_s = time.monotonic() - began
    await discord.rest()
    replies = discord.replies
    acknowledged = [replies[each].acknowledged - sent[each] for each in sent]
    in_order = [
        sorted(ids, key=lambda each: replies[each].ended) == sorted(ids, key=lambda each: sent[each]) for ids in asked
    ]
    routes = Counter(replies[each].route for each in sent)
    return {
        "questions": len(sent),
        "answered": sum(count for route, count in routes.items() if route is not None),
        "routes": {str(route): count for route, count in routes.items()},
        "acknowledged, seconds": {
            "median": round(statistics.median(acknowledged), 3),
            "slowest": round(max(acknowledged), 3),
        },
        "conversations in order": f"{sum(in_order)} of {len(in_order)}",
        "seconds until all were asked": round(asking_s, 2),
        "seconds to the last answer": round(max(replies[each].ended for each in sent) - began, 1),
    }


if __name__ == "__main__":
    main()
