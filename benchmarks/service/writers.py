"""Compares the pinned chat models as writers: how often they are right, how fast, and what they take.

    python -m benchmarks.service.writers FOLDER [--limit N] [--writers NAMES] [--json]

FOLDER is in the format of benchmarks/datasets/question_sets.py. Each writer reads the same prompts: those of the bot,
with the gold passage and one other of the same article, which holds no gold string, in random order. An answer is cut
off where the bot would cut it off. Each writer runs in a process of its own, and all answer a question, one after the
other, before the next one is asked: so other work on the machine slows all of them alike. Seconds are compared with
those of the first writer on the same question. Memory is the most that the process and its children have ever held,
loading included. Disk is what the prepared model takes. A question that warms up the models is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from benchmarks.datasets.question_sets import Doc, read_docs, read_questions
from benchmarks.harness import results
from benchmarks.harness.scoring import contains
from benchmarks.harness.summary_statistics import paired_difference, percentile, share
from bot.settings import load_settings
from bot.startup.models import ChatModel, build_chat_model
from chains import prompts
from chains.output_guard import OutputGuard
from chains.types import Language, Question
from finetune.serving.generation import Busy
from knowledge.types import OWNER
from storage.sizes import MEGABYTE, size_of
from weights.catalog import CHAT_MODELS
from weights.store import Weights

_SEED = 11
WRITERS = ("embedded", "embedded-gguf", "embedded-large")


@dataclass(frozen=True)
class Case:
    """One question with what is read for it."""

    lang: str
    question: str
    golds: tuple[str, ...]
    docs: tuple[Doc, ...]
    """The gold one and another."""

    @property
    def passages(self) -> tuple[str, ...]:
        """What a writer reads."""
        return tuple(doc.markdown for doc in self.docs)


@dataclass(frozen=True)
class Written:
    """One answer."""

    text: str
    first_word_s: float
    whole_s: float


_WARM_UP = Case("en", "Where is the harbour?", (), (Doc("harbour", "en", "", "The harbour is behind the church."),))


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=100, help="questions in each language")
    parser.add_argument("--writers", default=",".join(WRITERS), help="as CHAT_MODEL has them, joined by commas")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    writers = arguments.writers.split(",")
    figures = _measure(arguments.folder, arguments.limit, writers)
    if arguments.json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    print("wrote", results.write(f"writers_{arguments.folder.name}", figures))


def _measure(folder: Path, limit: int, writers: Sequence[str]) -> dict[str, object]:
    docs = read_docs(folder)
    by_language = {lang: list(cases(folder, docs, lang, limit)) for lang in ("en", "zh")}
    answers: dict[str, list[Written]] = {writer: [] for writer in writers}
    asked = [case for each in by_language.values() for case in each]
    with ExitStack() as stack:
        processes = {writer: stack.enter_context(_running(writer)) for writer in writers}
        for process in processes.values():
            process.ask(_WARM_UP)
        for number, case in enumerate(asked, start=1):
            for writer, process in processes.items():
                answers[writer].append(process.ask(case))
                print(f"{number}/{len(asked)} {writer}: {answers[writer][-1].text[:80]!r}", flush=True)
        memory = {writer: process.peak_memory_mb() for writer, process in processes.items()}
    weights = Weights(load_settings().weights.model_dir)
    figures: dict[str, object] = {}
    for writer in writers:
        pairs = list(zip(asked, answers[writer], strict=True))
        figures[writer] = {
            **{lang: figures_of([pair for pair in pairs if pair[0].lang == lang]) for lang in by_language},
            "against the first": _against(asked, answers[writers[0]], answers[writer]),
            "peak memory in MB": memory[writer],
            "disk in MB": size_of(weights.folder(CHAT_MODELS[writer])) // MEGABYTE if writer in CHAT_MODELS else None,
        }
    return {"questions in each language": {lang: len(each) for lang, each in by_language.items()}, "writers": figures}


def cases(folder: Path, docs: Sequence[Doc], lang: str, limit: int) -> Iterator[Case]:
    """Yield as many questions whose article has a passage without a gold string."""
    chosen = random.Random(_SEED)
    by_id = {doc.id: doc for doc in docs}
    asked = [each for each in read_questions(folder) if each.lang == lang and each.gold and each.answers]
    chosen.shuffle(asked)
    for each in asked:
        gold = by_id[min(each.gold)]
        others = [
            doc
            for doc in docs
            if (doc.lang, doc.title) == (lang, gold.title)
            and doc.id not in each.gold
            and not contains(doc.text, each.answers, lang)
        ]
        if not others:
            continue
        if limit == 0:
            return
        limit -= 1
        read = [gold, chosen.choice(others)]
        chosen.shuffle(read)
        yield Case(lang, each.question, each.answers, tuple(read))


class _Process:
    """A writer in a process of its own."""

    def __init__(self, connection: Connection, pid: int) -> None:
        self._connection = connection
        self._process = psutil.Process(pid)

    def ask(self, case: Case) -> Written:
        """Return its answer."""
        self._connection.send(case)
        answer: Written = self._connection.recv()
        return answer

    def peak_memory_mb(self) -> int:
        """Return the most that the process and its children have held, each for itself."""
        return sum(_peak_bytes(each.pid) for each in (self._process, *self._process.children())) // MEGABYTE

    def end(self) -> None:
        """Have it end."""
        self._connection.send(None)


def _peak_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])


@contextmanager
def _running(name: str) -> Iterator[_Process]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_serve, args=(name, theirs))
    child.start()
    theirs.close()
    writer = _Process(ours, ours.recv())
    try:
        yield writer
    finally:
        writer.end()
        child.join()


def load_writer(name: str) -> ChatModel:
    """Load a chat model, named as in CHAT_MODEL; whoever calls it closes it."""
    settings = load_settings()
    finetune = settings.finetune.model_copy(update={"chat_model": name})
    return build_chat_model(
        replace(settings, finetune=finetune),
        Weights(settings.weights.model_dir),
        lambda _: None,
        lambda: None,
        threading.Event(),
        Busy(),
    )


def _serve(name: str, connection: Connection) -> None:
    """Load a writer, send the process's id, and answer until None comes."""
    model = load_writer(name)
    try:
        connection.send(os.getpid())
        while (case := connection.recv()) is not None:
            connection.send(write(model.model, case))
    finally:
        model.close()


def write(model: BaseChatModel, case: Case) -> Written:
    """Answer as the bot does once it has found the passages."""
    guard = OutputGuard(case.passages)
    began, first = time.perf_counter(), None
    for chunk in model.stream(_messages(case)):
        if chunk.text:
            first = first or time.perf_counter()
            guard.push(chunk.text)
        if guard.is_done:
            break
    ended = time.perf_counter()
    return Written(guard.text.strip(), (first or ended) - began, ended - began)


def _messages(case: Case) -> list[BaseMessage]:
    language = Language(case.lang)
    numbered = "\n\n".join(f"[{number}] {passage}" for number, passage in enumerate(case.passages, start=1))
    question = Question(case.question, "benchmark", "benchmark", OWNER, language)
    return [
        SystemMessage(prompts.system_prompt(language, with_passages=True)),
        HumanMessage(prompts.reading_prompt(question, numbered)),
    ]


def figures_of(pairs: Sequence[tuple[Case, Written]]) -> dict[str, object]:
    """Return how often the answers hold the gold, how fast they were there, and how long they are."""
    return {
        "contains the gold": share(is_right(case, written) for case, written in pairs),
        "first word, seconds": _seconds([written.first_word_s for _, written in pairs]),
        "whole answer, seconds": _seconds([written.whole_s for _, written in pairs]),
        "median length in characters": statistics.median(len(written.text) for _, written in pairs),
    }


def _against(asked: Sequence[Case], first: Sequence[Written], own: Sequence[Written]) -> dict[str, object]:
    """Compare a writer with the first one, question by question."""
    return {
        "contains the gold": paired_difference(
            [is_right(case, written) for case, written in zip(asked, own, strict=True)],
            [is_right(case, written) for case, written in zip(asked, first, strict=True)],
        ),
        "first word, times as long": _ratio([each.first_word_s for each in own], [each.first_word_s for each in first]),
        "whole answer, times as long": _ratio([each.whole_s for each in own], [each.whole_s for each in first]),
    }


def is_right(case: Case, written: Written) -> bool:
    """Return whether the answer holds a gold string."""
    return contains(written.text, case.golds, case.lang)


def _seconds(values: Sequence[float]) -> dict[str, float]:
    return {"p50": round(percentile(values, 50), 2), "p95": round(percentile(values, 95), 2)}


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios, each of one question."""
    return round(statistics.median(own / other for own, other in zip(ours, theirs, strict=True)), 2)


if __name__ == "__main__":
    main()
