"""Measures who names the right route more often: a real model, shown what was measured, or the policy.

    python -m benchmarks.answers.agent_mode BASE_URL MODEL

It asks forty questions over the handbook in examples/, with `ROUTING=agent` and a model behind an OpenAI-compatible
server. The handbook holds the answer to 16 of them, 12 are
held-out small talk and questions about the bot, and 12 ask for what no document here says. No answer is written: only
the choice is measured. Without a tuned model the specialist cannot be chosen.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from statistics import median

from benchmarks.datasets.handbook_questions import IN_THE_HANDBOOK, NOWHERE
from benchmarks.datasets.rows import own_questions
from benchmarks.harness import results
from benchmarks.harness.summary_statistics import share
from bot.local.handbook import HANDBOOK
from bot.readiness import Loading
from bot.settings import load_settings
from bot.startup.loader import Loader
from chains.assistant import Assistant
from chains.types import Chosen, Decided, Language, ModelChoice, Question, Route, RouteDecision
from knowledge.types import EVERY_MEMBER, OWNER

GUILD = "benchmark"
HELD_OUT = {("en", "small_talk"): 3, ("en", "about_bot"): 3, ("zh", "small_talk"): 3, ("zh", "about_bot"): 3}


@dataclass(frozen=True)
class RoutedQuestion:
    """One question, its right route, and what the policy and the model chose."""

    text: str
    right: Route
    decision: RouteDecision
    choice: ModelChoice


def main() -> None:
    """Ask, compare, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_url")
    parser.add_argument("model")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ |= {
            "DATA_DIR": data_dir,
            "CHAT_MODEL": f"openai:{arguments.model}",
            "CHAT_BASE_URL": arguments.base_url,
            "ROUTING": "agent",
        }
        asked = asyncio.run(_ask_all())
    figures = _figures(asked)
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    print("wrote", results.write("agent_mode", figures))


async def _ask_all() -> list[RoutedQuestion]:
    loader = Loader(load_settings())
    encoders, library = await loader.load_documents(_silent)
    try:
        await library.register_guild(GUILD, GUILD)
        for page in sorted(HANDBOOK.glob("*.md")):
            await library.ingest_bytes(
                page.read_bytes(), name=page.name, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="terminal"
            )
        assistant = await loader.load_assistant(library, encoders, _silent)
        return [await _ask(assistant, text, right) for text, right in _questions()]
    finally:
        await loader.close()


def _questions() -> Iterator[tuple[str, Route]]:
    yield from ((text, Route.RETRIEVAL) for text in IN_THE_HANDBOOK)
    yield from ((text, Route.ABSTAIN) for text in NOWHERE)
    left = dict(HELD_OUT)
    families: set[str] = set()
    for row in own_questions():
        group = (row.lang, row.kind)
        if row.is_held_out and left.get(group) and row.family not in families:
            families.add(row.family)
            left[group] -= 1
            yield row.text, Route.DIRECT


async def _ask(assistant: Assistant, text: str, right: Route) -> RoutedQuestion:
    """The decision and the choice; the answer is not waited for."""
    decision: RouteDecision | None = None
    async with aclosing(assistant.stream(Question(text, GUILD, "terminal", OWNER, Language.of(text)))) as events:
        async for event in events:
            match event:
                case Decided():
                    decision = event.decision
                case Chosen() if decision is not None:
                    asked = RoutedQuestion(text, right, decision, event.choice)
                    print(_line(asked), flush=True)
                    return asked
                case _:
                    pass
    raise RuntimeError(f"no route was chosen for {text!r}")


def _line(asked: RoutedQuestion) -> str:
    fell_back = " (fell back)" if asked.choice.fell_back else ""
    return f"{asked.right:10} policy {asked.decision.route:10} model {asked.choice.route:10}{fell_back} {asked.text}"


def _figures(asked: Sequence[RoutedQuestion]) -> dict[str, object]:
    named = [each for each in asked if not each.choice.fell_back]
    return {
        "model": asked[0].choice.model,
        "questions": len(asked),
        # The policy's route, taken where the model named none, says nothing about the model.
        "model right": share([each in named and each.choice.route is each.right for each in asked]),
        "taken route right": share([each.choice.route is each.right for each in asked]),
        "policy right": share([each.decision.route is each.right for each in asked]),
        "agreed": share([each in named and each.choice.route is each.decision.route for each in asked]),
        "fell back": share([each.choice.fell_back for each in asked]),
        "median seconds of a choice": round(median(each.choice.seconds for each in asked), 2),
        "by right route": {
            right: {
                "questions": sum(each.right is right for each in asked),
                "model": dict(Counter(_chosen(each) for each in asked if each.right is right)),
                "policy": dict(Counter(each.decision.route for each in asked if each.right is right)),
            }
            for right in (Route.RETRIEVAL, Route.ABSTAIN, Route.DIRECT)
        },
        "asked": [
            {
                "question": each.text,
                "right": each.right,
                "policy": each.decision.route,
                "model": _chosen(each),
                "seconds": round(each.choice.seconds, 2),
            }
            for each in asked
        ],
    }


def _chosen(asked: RoutedQuestion) -> str:
    return "fell back" if asked.choice.fell_back else asked.choice.route


def _silent(_: Loading) -> None:
    pass


if __name__ == "__main__":
    main()
