"""Measures how good the answers are, end to end, with the default models.

    python -m benchmarks.answers.answer_quality FOLDER [--lang en|zh] [--limit N] [--chat-model NAME] [--json]

FOLDER is in the format of benchmarks/datasets/question_sets.py. The documents of one language are dealt into two
guilds, every other one into each. A question is asked in the guild that holds its gold document, and once more in the
other, from which the gold document is left out though the same article's other passages are there. Where one of those
holds a gold string, an answer may be right all the same, so the refusals are also counted without such questions.

An answer contains the gold where one of its strings stands in it, F1 is SQuAD's, and a citation is right where a cited
passage is of a gold document. Every answer is appended to a temporary file of JSON lines as soon as it is there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.datasets.question_sets import GoldQuestion, ingest, is_only_in_gold, read_docs, read_questions
from benchmarks.harness import results
from benchmarks.harness.scoring import contains, token_f1
from benchmarks.harness.summary_statistics import percentile, share
from bot.settings import load_settings
from bot.startup.loader import Loader
from chains.assistant import Assistant
from chains.types import Answer, Language, Question, Route
from knowledge.types import OWNER

_SEED = 11
_GUILDS = ("even", "odd")
_REFUSAL = re.compile(
    r"(passages?|documents?|text) (do|does|did) not|not (mentioned|specified|stated|provided)|cannot be determined"
    r"|没有(提到|提及|说明|给出|写)|未(提到|提及|说明)|无法(回答|确定)",
    re.IGNORECASE,
)
"""A refusal in the model's own words."""
_CITED = re.compile(r"\[(\d{1,2})\]")


@dataclass(frozen=True)
class Scored:
    """One answer with its scores."""

    route: Route
    text: str
    contained: bool
    f1: float
    was_read: bool
    """A gold document was among the passages that the model was given."""
    cited_gold: bool | None
    """None: nothing was cited."""
    refused: bool
    seconds: float


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lang", choices=["en", "zh"], default="en")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--chat-model", metavar="NAME", help="as CHAT_MODEL has it; the result then bears its name")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    name = f"answers_{arguments.folder.name}_{arguments.lang}"
    if arguments.chat_model is not None:
        os.environ["CHAT_MODEL"] = arguments.chat_model
        name += "_" + re.sub(r"[^\w.]+", "-", arguments.chat_model)
    kept = Path(tempfile.mkdtemp(prefix="answers-")) / f"{name}.jsonl"
    print("each answer goes to", kept, flush=True)
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ["DATA_DIR"] = data_dir
        figures = asyncio.run(_measure(arguments.folder, arguments.lang, arguments.limit, kept))
    if arguments.json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        for label, figure in figures.items():
            print(f"{label}: {figure}")
    print("wrote", results.write(name, figures))


async def _measure(folder: Path, lang: str, limit: int, kept: Path) -> dict[str, object]:
    docs = [doc for doc in read_docs(folder) if doc.lang == lang]
    guild_of = {doc.id: number % 2 for number, doc in enumerate(docs)}
    asked = [each for each in read_questions(folder) if each.lang == lang and each.gold and each.answers]
    asked = random.Random(_SEED).sample(asked, min(limit, len(asked)))
    loader = Loader(load_settings())
    encoders, library = await loader.load_documents(lambda _: None)
    try:
        ids: dict[str, dict[str, str]] = {}
        for number, guild in enumerate(_GUILDS):
            ids[guild] = await ingest(library, guild, docs[number::2])
        assistant = await loader.load_assistant(library, encoders, lambda _: None)
        held, left_out = [], []
        for number, each in enumerate(asked, start=1):
            own = guild_of[next(iter(each.gold))]
            held.append(await _ask(assistant, each, _GUILDS[own], ids))
            left_out.append(await _ask(assistant, each, _GUILDS[1 - own], ids))
            _keep(kept, each, held[-1], left_out[-1])
            print(f"{number}/{len(asked)} {held[-1].route} {held[-1].contained} | {held[-1].text[:100]!r}", flush=True)
    finally:
        await loader.close()
    return _figures(held, left_out, [is_only_in_gold(each, docs) for each in asked])


def _keep(kept: Path, each: GoldQuestion, held: Scored, left_out: Scored) -> None:
    row = {"question": each.question, "gold": each.answers, "held": asdict(held), "left out": asdict(left_out)}
    with kept.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


async def _ask(assistant: Assistant, each: GoldQuestion, guild: str, ids: dict[str, dict[str, str]]) -> Scored:
    answer = await assistant.answer(Question(each.question, guild, "benchmark", OWNER, Language.of(each.question)))
    sources = [ids[guild][item.source.name] in each.gold for item in answer.evidence]
    cited = [int(number) for number in _CITED.findall(answer.text)]
    text = _CITED.sub("", answer.text).strip()
    return Scored(
        route=answer.decision.route,
        text=text,
        contained=_answered(answer) and contains(text, each.answers, each.lang),
        f1=token_f1(text, each.answers, each.lang) if _answered(answer) else 0.0,
        was_read=any(sources),
        cited_gold=any(sources[number - 1] for number in cited) if cited else None,
        refused=not _answered(answer) or _REFUSAL.search(text) is not None,
        seconds=answer.timings.total_s,
    )


def _answered(answer: Answer) -> bool:
    return answer.decision.route is not Route.ABSTAIN


def _figures(held: Sequence[Scored], left_out: Sequence[Scored], only_in_gold: Sequence[bool]) -> dict[str, object]:
    written = [each for each in held if each.route is not Route.ABSTAIN]
    cited = [each.cited_gold for each in written if each.cited_gold is not None]
    seconds = [each.seconds for each in written]
    refusals = [each.seconds for each in (*held, *left_out) if each.route is Route.ABSTAIN]
    unanswerable = [each for each, is_only in zip(left_out, only_in_gold, strict=True) if is_only]
    return {
        "questions": len(held),
        "routes": dict(Counter(str(each.route) for each in held)),
        "gold contained": share([each.contained for each in held]),
        "gold contained, where it was read": share([each.contained for each in written if each.was_read]),
        "token F1": round(statistics.mean(each.f1 for each in held), 3),
        "gold was read": share([each.was_read for each in held]),
        "citation right": share([bool(each) for each in cited]),
        "wrongly refused": share([each.refused for each in held]),
        "wrongly refused before writing": share([each.route is Route.ABSTAIN for each in held]),
        "refused, gold left out": share([each.refused for each in left_out]),
        "refused before writing, gold left out": share([each.route is Route.ABSTAIN for each in left_out]),
        "refused, gold left out and in no other passage": share([each.refused for each in unanswerable]),
        "median length in characters": statistics.median(len(each.text) for each in written),
        "seconds": {
            "median": round(statistics.median(seconds), 1),
            "p95": round(percentile(seconds, 95), 1),
        },
        "seconds to refuse": round(statistics.median(refusals), 2) if refusals else None,
    }


if __name__ == "__main__":
    main()
