"""Asks a set of checked questions of the whole pipeline, and says how many answers are right.

    python -m benchmarks.answers.handbook [--set FILE --documents FOLDER] [--split development|report|all]
        [--chat NAME] [--limit N]

Without arguments, the questions are those of benchmarks/datasets/handbook_answers, over examples/handbook. FILE has the
same format (its README describes it), and FOLDER holds the documents that its `gold` names. They are ingested once, and
each question is asked with its earlier turns. `--chat` names a chat model as CHAT_MODEL has it.

An answer is right if it holds what its question says it must, and nothing that only a wrong one holds. Every answer's
text is written as well, for a person to read. `--limit` asks only that many questions, spread over the set, as a trial:
its result goes to a temporary folder.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.answers.verdicts import Verdict, judge
from benchmarks.datasets.rows import HANDBOOK_ANSWERS, CheckedQuestionRow, read_rows
from benchmarks.harness import results
from benchmarks.harness.background_load import BackgroundLoad
from benchmarks.harness.summary_statistics import Share, percentile, share
from bot.settings import load_settings
from bot.startup.loader import Loader
from chains.assistant import Assistant
from chains.errors import GenerationFailed
from chains.types import AnswerForm, Language, Question, Route, SignalName, Turn
from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, OWNER, IngestOutcome

_GUILD = "benchmark"
HANDBOOK = results.ROOT / "examples" / "handbook"


@dataclass(frozen=True)
class Asked:
    """A question with its answer and the verdict on it."""

    row: CheckedQuestionRow
    text: str
    verdict: Verdict
    route: Route | None
    """None: the chat model failed, so there is no answer."""
    probability: float | None
    """That the passages hold the answer; None: it was not measured."""
    gold_was_read: bool | None
    """Whether a passage of a gold document was given to the model; None: no document holds it, or the model failed."""
    first_word_s: float | None
    """None: nothing was written."""
    total_s: float
    form: AnswerForm | None = None
    """How it came by its words; None: not from documents, or nothing was read that it could be checked by."""


def main() -> None:
    """Ingest, ask, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, metavar="FILE", help="questions of another set")
    parser.add_argument("--documents", type=Path, metavar="FOLDER", help="the documents of that set")
    parser.add_argument("--split", choices=["development", "report", "all"], default="all")
    parser.add_argument("--chat", metavar="NAME", help="as CHAT_MODEL has it; the result then bears its name")
    parser.add_argument("--limit", type=int, metavar="N", help="a trial of so many questions")
    arguments = parser.parse_args()
    if (arguments.set is None) is not (arguments.documents is None):
        parser.error("--set and --documents belong together: give both, or neither")
    questions = of_split(read_rows(arguments.set or HANDBOOK_ANSWERS, CheckedQuestionRow), arguments.split)
    if arguments.limit is not None:
        questions = spread(questions, arguments.limit)
    if arguments.chat is not None:
        os.environ["CHAT_MODEL"] = arguments.chat
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ["DATA_DIR"] = data_dir
        found = asyncio.run(_measure(arguments.documents or HANDBOOK, questions))
    for figure in ("right", "contradictions", "refused though answerable", "seconds"):
        print(f"{figure}: {json.dumps(found[figure], ensure_ascii=False)}")
    name = _result_name(arguments.set, arguments.split, arguments.chat)
    folder = results.RESULTS if arguments.limit is None else Path(tempfile.mkdtemp(prefix="trial-"))
    print("wrote", results.write(name, found, folder))


def spread(questions: Sequence[CheckedQuestionRow], limit: int) -> list[CheckedQuestionRow]:
    """Return that many questions at equal distances, so that every part of the set is in the trial."""
    count = min(limit, len(questions))
    return [questions[number * len(questions) // count] for number in range(count)]


def figures(asked: Sequence[Asked]) -> dict[str, object]:
    """Return how many answers are right, over all and by kind and language, what is wrong in the others, and times."""
    answerable = [each for each in asked if each.row.answerable is not False]
    wrong = [each for each in asked if not each.verdict.is_right and not each.verdict.is_refusal]
    seconds = [each.total_s for each in asked]
    first_words = [each.first_word_s for each in asked if each.first_word_s is not None]
    return {
        "questions": len(asked),
        "right": share(each.verdict.is_right for each in asked),
        "right by split": _right_by(asked, lambda each: each.row.split),
        "right by language": _right_by(asked, lambda each: each.row.lang),
        "right by kind": _right_by(asked, lambda each: each.row.kind),
        "right by kind and language": _right_by(asked, lambda each: f"{each.row.kind}, {each.row.lang}"),
        "contradictions": share(bool(each.verdict.contradictions) for each in asked),
        "refused though answerable": share(each.verdict.is_refusal for each in answerable),
        "answered though not there": share(not each.verdict.is_right for each in asked if each.row.answerable is False),
        "gold was read": share(each.gold_was_read for each in asked if each.gold_was_read is not None),
        "seconds": {
            "p50": round(percentile(seconds, 50), 2),
            "p95": round(percentile(seconds, 95), 2),
            "first word p50": round(percentile(first_words, 50), 2) if first_words else None,
        },
        "contradicting answers": [_shown(each) for each in asked if each.verdict.contradictions],
        "wrong answers": [_shown(each) for each in sorted(wrong, key=lambda each: -(each.probability or 0.0))],
        "asked": [_shown(each) for each in asked],
    }


def _right_by(asked: Sequence[Asked], key: Callable[[Asked], str]) -> dict[str, Share]:
    return {
        group: share(each.verdict.is_right for each in asked if key(each) == group)
        for group in dict.fromkeys(map(key, asked))
    }


def _shown(each: Asked) -> dict[str, object]:
    row, verdict = each.row, each.verdict
    return {
        "id": row.id,
        "before": [f"{turn.question} {turn.answer}" for turn in row.history],
        "question": row.question,
        "outcome": outcome(verdict),
        "route": each.route,
        "passages hold the answer": None if each.probability is None else round(each.probability, 3),
        "answer": each.text,
        "contradicts by": verdict.contradictions,
        "lacks one of": verdict.lacking,
        "seconds": round(each.total_s, 2),
    }


def outcome(verdict: Verdict) -> str:
    """Return the verdict in a word."""
    return "right" if verdict.is_right else "refused" if verdict.is_refusal else "wrong"


def of_split(rows: Iterable[CheckedQuestionRow], split: str) -> list[CheckedQuestionRow]:
    """Return the questions of a split, or `all`."""
    return [row for row in rows if split in ("all", row.split)]


def _result_name(questions: Path | None, split: str, chat: str | None) -> str:
    """Return a name that keeps another set, split and chat model apart from the set of our own with the default."""
    parts = [
        "handbook_answers",
        *([questions.parent.name, questions.stem] if questions is not None else []),
        *([split] if split != "all" else []),
        *([chat] if chat is not None else []),
    ]
    return "_".join(re.sub(r"[^\w.]+", "-", part) for part in parts)


async def _measure(documents: Path, questions: Sequence[CheckedQuestionRow]) -> dict[str, object]:
    settings = load_settings()
    loader = Loader(settings)
    embeddings, library = await loader.load_documents(lambda _: None)
    try:
        count = await ingest(library, documents)
        assistant = await loader.load_assistant(library, embeddings, lambda _: None)
        load, asked = BackgroundLoad(), []
        for number, row in enumerate(questions, start=1):
            asked.append(await ask(assistant, row))
            shown = _shown(asked[-1])
            print(
                f"{number}/{len(questions)} {shown['outcome']} {row.id} {row.question}\n    {asked[-1].text}",
                flush=True,
            )
        cores = load.cores()
    finally:
        await loader.close()
    described = {
        "chat model": settings.finetune.chat_model,
        "documents": count,
        "cores that others used": round(cores, 1),
    }
    return described | figures(asked)


async def ingest(library: Library, folder: Path) -> int:
    """Ingest each file of the folder under its name, and return how many there are.

    Raises RuntimeError: there is none, or one could not be ingested, so that figures would be of another set.
    """
    await library.register_guild(_GUILD, _GUILD)
    paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not paths:
        raise RuntimeError(f"{folder} holds no documents")
    for path in paths:
        report = await library.ingest_bytes(
            path.read_bytes(), name=path.name, guild_id=_GUILD, audience=EVERY_MEMBER, ingested_by="benchmark"
        )
        if report.outcome is IngestOutcome.FAILED:
            raise RuntimeError(f"{path.name} was not ingested: {report.detail}")
    return len(paths)


async def ask(assistant: Assistant, row: CheckedQuestionRow) -> Asked:
    """Ask a question after its earlier turns, and judge the answer."""
    before = tuple(Turn(turn.question, turn.answer) for turn in row.history)
    question = Question(row.question, _GUILD, "benchmark", OWNER, Language.of(row.question), history=before)
    started = time.monotonic()
    try:
        answer = await assistant.answer(question)
    except GenerationFailed:
        return Asked(row, "", judge(row, "", abstained=False), None, None, None, None, time.monotonic() - started)
    signals = {signal.name: signal.value for signal in answer.decision.signals}
    gold = {place.file for place in row.gold}
    return Asked(
        row=row,
        text=answer.text,
        verdict=judge(row, answer.text, abstained=answer.route is Route.ABSTAIN),
        route=answer.route,
        probability=signals.get(SignalName.PASSAGES_HOLD_ANSWER),
        gold_was_read=any(item.source.name in gold for item in answer.evidence) if gold else None,
        first_word_s=answer.timings.first_word_s,
        total_s=answer.timings.total_s,
        form=None if answer.composition is None else answer.composition.form,
    )


if __name__ == "__main__":
    main()
