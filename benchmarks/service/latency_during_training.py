"""Measures how long answers take by retrieval and by the tuned model, alone and during a training.

    python -m benchmarks.service.latency_during_training

All goes through a simulated Discord, with the default models: an admin tunes a skill
(benchmarks/datasets/synthetic_tasks) on the small base, and members ask about it and about the example handbook, each
time a while after the last answer. Then the admin starts a training of examples/training/help-desk.jsonl on the larger
base, the same is asked again in the middle of it, and the admin cancels it. The clock runs from the question to the
last edit of its answer. What the explanation states is read after the first asking. The lag of the event loop is
measured as in benchmarks/service/event_loop.py.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import discord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle

from benchmarks.datasets.synthetic_tasks import messages
from benchmarks.harness import results
from benchmarks.harness.summary_statistics import percentile
from benchmarks.service.simulated_discord import Heartbeat, Server, server
from chains.types import Route

_SEED = 11
_ASKED = 15
_PAUSE_S = (1.0, 6.0)
"""Between an answer and the next question: the training goes on, and is met anywhere in a step."""
_LIMIT_S = 1800.0
_TRAINING_SET = results.ROOT / "examples" / "training" / "help-desk.jsonl"
_OF_HANDBOOK = (
    "How long can I borrow a tool?",
    "Who keeps the tools?",
    "When is the workshop open?",
    "What does the membership cost a year?",
    "Are dogs allowed in the workshop?",
    "How do I become a moderator?",
    "What is the wind limit for sailing?",
    "What happens after three warnings?",
    "How do I book a boat?",
    "When are the voice nights?",
    "What is the Blue Card?",
    "Who may use the machines?",
    "How do I leave the club?",
    "How much is the deposit for a power tool?",
    "Which channel is for questions about sailing?",
)


def main() -> None:
    """Measure, and write the figures."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    figures = asyncio.run(_measure())
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    print("wrote", results.write("while_training", figures))


async def _measure() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as data_dir:
        async with server(Path(data_dir)) as made:
            await made.ingest_handbook()
            return await _ask_both(made)


async def _ask_both(made: Server) -> dict[str, object]:
    channel = made.channel("crew")
    admin = made.guild.add_member(
        made.env.create_user("admin"),
        roles=[made.guild.create_role("Admin", permissions=discord.Permissions(manage_guild=True))],
    )
    skill = [{"question": each.question, "label": each.completion} for each in messages("train")]
    await _start(made, admin, channel, "garden", "\n".join(map(json.dumps, skill)).encode())
    await _until_last_says(made, channel, "is trained")
    questions = [*(each.question for each in messages("test")[:_ASKED]), *_OF_HANDBOOK[:_ASKED]]
    random.Random(_SEED).shuffle(questions)
    # The first answer of each route loads what later ones need not.
    await _ask_all(made, [messages("test")[-1].question, _OF_HANDBOOK[-1]])

    alone = await _ask_all(made, questions)
    stated = {
        route: await made.decisions.latency(made.guild_id, route) for route in (Route.RETRIEVAL, Route.SPECIALIST)
    }
    await _start(made, admin, channel, "help-desk", _TRAINING_SET.read_bytes())
    await _until_last_says(made, channel, "step [1-9]")
    heart = Heartbeat()
    beating = asyncio.create_task(heart.beat())
    during = await _ask_all(made, questions)
    beating.cancel()
    progress = _last(channel).content
    await admin.slash(channel, "finetune cancel")
    await _until_last_says(made, channel, "cancelled")
    await made.rest()
    return {
        "questions": len(questions),
        "alone": {route: _summary(seconds) for route, seconds in alone.items()},
        "as the explanation states it": {
            route: None if found is None else {"p50": round(found.p50, 2), "p95": round(found.p95, 2)}
            for route, found in stated.items()
        },
        "during a training": {route: _summary(seconds) for route, seconds in during.items()},
        "times as long, at the median": {
            route: round(statistics.median(during[route]) / statistics.median(alone[route]), 2)
            for route in alone
            if route in during
        },
        "event loop during it": heart.figures(),
        "the training then stood at": progress,
    }


async def _start(made: Server, admin: MemberActor, channel: ChannelHandle, skill: str, data: bytes) -> None:
    """From the upload to the press of the button."""
    await admin.slash(channel, "finetune start", file=(f"{skill}.jsonl", data), skill=skill)
    await _until_last_says(made, channel, "ready to train")
    await admin.click(_last(channel), label="Start")


async def _until_last_says(made: Server, channel: ChannelHandle, words: str) -> None:
    def says() -> bool:
        last = channel.last_message
        return last is not None and re.search(words, last.content) is not None

    await made.until(says, _LIMIT_S)
    _say(_last(channel).content.splitlines()[0])


def _last(channel: ChannelHandle) -> discord.Message:
    """The last message. Raises RuntimeError: there is none."""
    last = channel.last_message
    if last is None:
        raise RuntimeError(f"nothing was said in #{channel.name}")
    return last


async def _ask_all(made: Server, questions: Sequence[str]) -> Mapping[str, Sequence[float]]:
    """The seconds of each answer, by the route that it names."""
    chance, channel = random.Random(_SEED), made.channel("members")
    member = made.member(f"member{len(made.replies)}")
    found: dict[str, list[float]] = defaultdict(list)
    for question in questions:
        await asyncio.sleep(chance.uniform(*_PAUSE_S))
        began = time.monotonic()
        asked = await made.ask(member, channel, question)
        reply = await made.answer_to(asked, _LIMIT_S)
        found[str(reply.route)].append(reply.ended - began)
        _say(f"{reply.ended - began:.2f} s, {reply.route}: {question}")
    return found


def _summary(seconds: Sequence[float]) -> dict[str, float]:
    return {
        "answers": len(seconds),
        "p50": round(percentile(seconds, 50), 2),
        "p95": round(percentile(seconds, 95), 2),
    }


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
