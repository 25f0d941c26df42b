"""Measures what each thing that the reader does is worth, over the checked questions on the handbook.

    python -m benchmarks.answers.ablation DATA [--arms NAMES] [--writers NAMES] [--split development|report|all]
        [--limit N] [--again]

The arms are those of benchmarks/answers/arms.py. Each is the whole pipeline, with each writer. DATA is the folder on
which benchmarks/fit/calibration.py fits: the arm in which nothing is read measures with a probability that is fitted on
the same searches without the reader's figures.

Answers are kept below the user's cache folder as soon as they are there, by all that they depend on except the code. So
a run can be interrupted, or split by `--arms` and `--writers`, and the next one asks only what is missing; `--again`
asks everything again. The result has the commits at which its answers were given. One of fewer arms, writers or
questions goes to a temporary folder.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from threading import Event

from pydantic import TypeAdapter

from benchmarks.answers.arms import ARMS, BY_NAME, Arm, confidence_of
from benchmarks.answers.handbook import HANDBOOK, Asked, ask, figures, ingest, of_split, outcome, spread
from benchmarks.answers.verdicts import judge
from benchmarks.datasets.rows import COMMUNITY_DEVELOPMENT, HANDBOOK_ANSWERS, CheckedQuestionRow, read_rows
from benchmarks.fit.calibration import fit_unread
from benchmarks.harness import results
from benchmarks.harness.answer_cache import CACHE, AnswerCache, digest_of, key_of
from benchmarks.harness.summary_statistics import paired_difference
from bot.settings import Settings, load_settings
from bot.startup.loader import Loader
from bot.startup.models import Encoders, build_encoders
from chains.assistant import Assistant
from chains.routing.confidence import Confidence, load_confidence
from chains.types import AnswerForm, Route
from knowledge.library import Library
from knowledge.models.extractive_reader import pinned_sha256
from weights.store import Weights

WRITERS = ("embedded-gguf", "embedded-large")
"""The two that CHAT_MODEL=auto chooses from, of half a billion and of one and a half billion parameters."""
_ENCODER = "embedding"
_FITTED_BY = (
    "benchmarks/fit/calibration.py",
    "benchmarks/datasets/answerability.py",
    "chains/routing/confidence.py",
    "knowledge/chunking",
    "knowledge/search",
    "text",
)
"""What the probability without a reader is made by; it is fitted anew where any of it changes."""
_IN_RESULT = (
    "questions",
    "right",
    "right by language",
    "right by kind",
    "contradictions",
    "refused though answerable",
    "answered though not there",
    "seconds",
    "contradicting answers",
)
_CONFIDENCE = TypeAdapter(Confidence)


@dataclass(frozen=True)
class Given:
    """An answer as it is kept; the verdict is not, since it depends on what the question's row says."""

    text: str
    route: Route
    probability: float | None
    gold_was_read: bool | None
    first_word_s: float | None
    total_s: float
    form: AnswerForm | None
    commit: str
    """What was checked out when the process that asked began."""


@dataclass(frozen=True)
class Cell:
    """One arm with one writer, and its key for each question."""

    arm: Arm
    writer: str
    confidence: Confidence
    reader: str
    """The hash of the reader that ships."""

    def key(self, row: CheckedQuestionRow) -> str:
        """Return what the answer to this question depends on, except for the code, as a key."""
        return key_of(
            {
                "arm": self.arm.name,
                "writer": self.writer,
                "reader": self.reader if self.arm.reads else None,
                "calibration": asdict(self.confidence),
                "documents": _handbook_digest(),
                "question": row.question,
                "before": [[turn.question, turn.answer] for turn in row.history],
            }
        )


def main() -> None:
    """Ask what is missing, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--arms", default=",".join(BY_NAME), help="joined by commas")
    parser.add_argument("--writers", default=",".join(WRITERS), help="as CHAT_MODEL has them, joined by commas")
    parser.add_argument("--split", choices=["development", "report", "all"], default="all")
    parser.add_argument("--limit", type=int, metavar="N", help="a trial of so many questions, spread over the set")
    parser.add_argument("--again", action="store_true", help="ask again what was answered before")
    arguments = parser.parse_args()
    names, writers = arguments.arms.split(","), arguments.writers.split(",")
    if unknown := set(names) - BY_NAME.keys():
        parser.error(f"no such arm: {', '.join(sorted(unknown))}; there are {', '.join(BY_NAME)}")
    rows = of_split(read_rows(HANDBOOK_ANSWERS, CheckedQuestionRow), arguments.split)
    if arguments.limit is not None:
        rows = spread(rows, arguments.limit)
    arms = [arm for arm in ARMS if arm.name in names]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = folder
        found = asyncio.run(_measure(arguments.data, rows, arms, writers, again=arguments.again))
    is_whole = arms == list(ARMS) and set(writers) >= set(WRITERS)
    is_whole &= arguments.split == "all" and arguments.limit is None
    print(json.dumps(found["arms"], ensure_ascii=False)[:2000])
    target = results.RESULTS if is_whole else Path(tempfile.mkdtemp(prefix="trial-"))
    print("wrote", results.write("ablation", found, target))


def table(cells: Sequence[tuple[Cell, Sequence[Asked]]]) -> dict[str, dict[str, dict[str, object]]]:
    """Return the figures by arm, writer and half, each beside those of the arm before it with the same writer."""
    found: dict[str, dict[str, dict[str, object]]] = {}
    before: dict[str, Sequence[Asked]] = {}
    for cell, asked in cells:
        halves = ["all", *sorted({each.row.split for each in asked})]
        earlier = before.get(cell.writer, [])
        found.setdefault(cell.arm.name, {})[cell.writer] = {
            half: cell_figures(_half(asked, half), _half(earlier, half)) for half in halves
        }
        before[cell.writer] = asked
    return found


def cell_figures(asked: Sequence[Asked], before: Sequence[Asked]) -> dict[str, object]:
    """Return the figures of one arm; `before` are the same questions in the arm before it, none in the first."""
    everything = figures(asked)
    forms = Counter("written unchecked" if each.form is None else each.form.value for each in asked if _is_read(each))
    rights = [[each.verdict.is_right for each in arm] for arm in (asked, before)]
    return {
        **{name: everything[name] for name in _IN_RESULT},
        "right, less than before": paired_difference(*rights) if len(before) == len(asked) else None,
        "from documents": dict(forms),
        "outcomes": {each.row.id: outcome(each.verdict) for each in asked},
    }


def given_of(asked: Asked, commit: str) -> Given | None:
    """Return what is kept of an answer; None where the model failed, so that it is asked again."""
    if asked.route is None:
        return None
    return Given(
        asked.text,
        asked.route,
        asked.probability,
        asked.gold_was_read,
        asked.first_word_s,
        asked.total_s,
        asked.form,
        commit,
    )


def asked_of(row: CheckedQuestionRow, given: Given) -> Asked:
    """Return the kept answer with the verdict on it."""
    return Asked(
        row=row,
        text=given.text,
        verdict=judge(row, given.text, abstained=given.route is Route.ABSTAIN),
        route=given.route,
        probability=given.probability,
        gold_was_read=given.gold_was_read,
        first_word_s=given.first_word_s,
        total_s=given.total_s,
        form=given.form,
    )


@cache
def _handbook_digest() -> str:
    return digest_of([HANDBOOK])


def _half(asked: Sequence[Asked], half: str) -> list[Asked]:
    return [each for each in asked if half in ("all", each.row.split)]


def _is_read(asked: Asked) -> bool:
    return asked.route in (Route.RETRIEVAL, Route.COMBINED)


async def _measure(
    data: Path, rows: Sequence[CheckedQuestionRow], arms: Sequence[Arm], writers: Sequence[str], *, again: bool
) -> dict[str, object]:
    settings = load_settings()
    encoders = await asyncio.to_thread(
        build_encoders, settings, Weights(settings.weights.model_dir), lambda _: None, Event()
    )
    shipped = load_confidence(encoders.documents.model_name, pinned=encoders.pinned)
    # The fit opens an event loop of its own.
    unread = shipped if all(arm.reads for arm in arms) else await asyncio.to_thread(_unread_confidence, data)
    commit = str(results.provenance()["commit"])
    cells = [
        Cell(arm, writer, confidence_of(arm, shipped, unread), pinned_sha256()) for writer in writers for arm in arms
    ]
    found: list[tuple[Cell, list[Asked]]] = []
    commits: Counter[str] = Counter()
    async with AsyncExitStack() as stack:
        pipelines, kept = _Pipelines(settings, encoders, stack), AnswerCache("ablation", Given)
        stack.callback(kept.close)
        for cell in cells:
            known = {row.id: given for row in rows if not again and (given := kept.get(cell.key(row))) is not None}
            asked = {row.id: asked_of(row, known[row.id]) for row in rows if row.id in known}
            commits.update(given.commit for given in known.values())
            async with aclosing(pipelines.answers(cell, [row for row in rows if row.id not in known])) as answers:
                async for each in answers:
                    asked[each.row.id] = each
                    commits[commit] += 1
                    if (new := given_of(each, commit)) is not None:
                        kept.put(cell.key(each.row), new)
                    name = f"{cell.arm.name}, {cell.writer}"
                    print(f"{name}: {len(asked)}/{len(rows)} {outcome(each.verdict)} {each.row.question}", flush=True)
            found.append((cell, [asked[row.id] for row in rows]))
    return {
        "reader": pinned_sha256()[:12],
        "answers by commit": dict(commits),
        "probability without the reader": None if unread is shipped else asdict(unread),
        "meanings": {arm.name: arm.meaning for arm in arms},
        "arms": table(found),
    }


class _Pipelines:
    """Builds the whole pipeline of an arm; the handbook is opened with and without a reader, each once."""

    def __init__(self, settings: Settings, encoders: Encoders, stack: AsyncExitStack) -> None:
        """Take the stack that closes what is opened for all arms."""
        self._settings = settings
        self._encoders = encoders
        self._stack = stack
        self._libraries: dict[bool, Library] = {}

    async def answers(self, cell: Cell, rows: Sequence[CheckedQuestionRow]) -> AsyncGenerator[Asked, None]:
        """Yield the answers to the questions, one after the other; nothing is loaded where there are none."""
        if not rows:
            return
        async with self._assistant(cell) as assistant:
            for row in rows:
                yield await ask(assistant, row)

    @asynccontextmanager
    async def _assistant(self, cell: Cell) -> AsyncIterator[Assistant]:
        """Build the assistant as the bot does, with the arm's writer, calibration and style of answers."""
        library = await self._library(reads=cell.arm.reads)
        folder = Path(tempfile.mkdtemp(dir=self._settings.chains.data_dir))
        chosen = replace(
            self._settings,
            chains=self._settings.chains.model_copy(update={"data_dir": folder, "answer_style": cell.arm.answer_style}),
            finetune=self._settings.finetune.model_copy(update={"data_dir": folder, "chat_model": cell.writer}),
        )
        loader = Loader(chosen)
        try:
            yield await loader.load_assistant(library, self._encoders, lambda _: None, cell.confidence)
        finally:
            await loader.close()

    async def _library(self, *, reads: bool) -> Library:
        if reads not in self._libraries:
            folder = self._settings.knowledge.data_dir / ("read" if reads else "unread")
            folder.mkdir()
            opened = await Library.open(
                self._settings.knowledge.model_copy(update={"data_dir": folder}),
                self._encoders.documents,
                self._encoders.reranker,
                self._encoders.reader if reads else None,
            )
            self._stack.push_async_callback(opened.close)
            await ingest(opened, HANDBOOK)
            self._libraries[reads] = opened
        return self._libraries[reads]


def _unread_confidence(data: Path) -> Confidence:
    """Return the probability without a reader, fitted once for each state of what it is made by."""
    made_by = digest_of([*(results.ROOT / each for each in _FITTED_BY), COMMUNITY_DEVELOPMENT])
    path = CACHE / f"unread-{_ENCODER}-{made_by[:16]}.json"
    if path.exists():
        return _CONFIDENCE.validate_json(path.read_text("utf-8"))
    fitted = fit_unread(_ENCODER, data)
    CACHE.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(fitted), indent=2), "utf-8")
    return fitted


if __name__ == "__main__":
    main()
