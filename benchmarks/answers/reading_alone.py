"""Compares the writers with quoting, each alone: given passages, no search and no decision.

    python -m benchmarks.answers.reading_alone XQUAD [--limit N] [--writers NAMES] [--again]

XQUAD is the folder of xquad_en_zh. Of N questions in each language the gold passage and one other of the same article,
which holds no gold string, are read: by each chat model with the bot's prompts, and by the reader that ships, whose
quotation is the answer. They are the questions and the prompts of benchmarks/service/writers.py.

Each answers all questions before the next one does, so that an interrupted run goes on where it stopped: compare times
there, not here. `--again` asks everything again. A trial of fewer questions or writers goes to a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.datasets.made_evidence import evidence_of
from benchmarks.datasets.question_sets import read_docs
from benchmarks.harness import results
from benchmarks.harness.answer_cache import AnswerCache, key_of
from benchmarks.harness.summary_statistics import paired_difference
from benchmarks.service.writers import WRITERS, Case, Written, cases, figures_of, is_right, load_writer, write
from chains.quoting import quote
from chains.types import Language
from knowledge.models.extractive_reader import ExtractiveReader, pinned_sha256
from knowledge.ports import PassageReader
from weights.settings import WeightsSettings
from weights.store import Weights

QUOTING = "quoting"
"""Stands among the writers for the reader."""
_QUESTIONS = 100


@dataclass(frozen=True)
class Given:
    """An answer as it is kept."""

    written: Written
    commit: str
    """What was checked out when the process that asked began."""


def main() -> None:
    """Ask what is missing, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("xquad", type=Path)
    parser.add_argument("--limit", type=int, default=_QUESTIONS, metavar="N", help="questions in each language")
    parser.add_argument("--writers", default=",".join(WRITERS), help="as CHAT_MODEL has them, joined by commas")
    parser.add_argument("--again", action="store_true", help="ask again what was answered before")
    arguments = parser.parse_args()
    writers = arguments.writers.split(",")
    docs = read_docs(arguments.xquad)
    asked = [case for lang in ("en", "zh") for case in cases(arguments.xquad, docs, lang, arguments.limit)]
    cache = AnswerCache("reading_alone", Given)
    given = {name: _answers(name, asked, cache, again=arguments.again) for name in (QUOTING, *writers)}
    cache.close()
    is_whole = set(writers) >= set(WRITERS) and arguments.limit >= _QUESTIONS
    found = table(asked, given)
    print(json.dumps(found, indent=2, ensure_ascii=False))
    target = results.RESULTS if is_whole else Path(tempfile.mkdtemp(prefix="trial-"))
    print("wrote", results.write("reading_alone", found, target))


def key(name: str, case: Case) -> str:
    """Return what a writer's answer, or the reader's quotation, depends on, except for the code, as a key."""
    reader = pinned_sha256() if name == QUOTING else None
    return key_of({"writer": name, "reader": reader, "question": case.question, "passages": list(case.passages)})


def table(asked: Sequence[Case], given: dict[str, list[Given]]) -> dict[str, object]:
    """Return the figures of each writer by language, beside quoting on the same questions."""
    counts = Counter(case.lang for case in asked)
    return {
        "questions in each language": dict(counts),
        "answers by commit": dict(Counter(each.commit for answers in given.values() for each in answers)),
        "alone": {
            name: {
                lang: _in_language(lang, asked, [each.written for each in answers], given[QUOTING]) for lang in counts
            }
            for name, answers in given.items()
        },
    }


def quoted(case: Case, reader: PassageReader) -> Written:
    """Return the quotation that answers; it is there at once, so the first word takes as long as the last."""
    began = time.perf_counter()
    evidence = evidence_of(case.docs)
    readings = reader.read(case.question, [(item.chunk.place.heading, item.chunk.text) for item in evidence])
    read = [replace(item, reading=reading) for item, reading in zip(evidence, readings, strict=True)]
    found = quote(case.question, read, Language(case.lang))
    seconds = time.perf_counter() - began
    return Written("" if found is None else found.text, seconds, seconds)


def _in_language(
    lang: str, asked: Sequence[Case], written: Sequence[Written], quotations: Sequence[Given]
) -> dict[str, object]:
    own = [
        (case, each, other.written)
        for case, each, other in zip(asked, written, quotations, strict=True)
        if case.lang == lang
    ]
    return figures_of([(case, each) for case, each, _ in own]) | {
        "contains the gold, less than quoting": paired_difference(
            [is_right(case, each) for case, each, _ in own], [is_right(case, other) for case, _, other in own]
        )
    }


def _answers(name: str, asked: Sequence[Case], cache: AnswerCache[Given], *, again: bool) -> list[Given]:
    """Return the answers in order; no model is loaded where all are known."""
    found: dict[int, Given] = {}
    if not again:
        found |= {number: kept for number, case in enumerate(asked) if (kept := cache.get(key(name, case))) is not None}
    missing = [number for number in range(len(asked)) if number not in found]
    commit = str(results.provenance()["commit"])
    if missing:
        with _answering(name) as answer:
            for number in missing:
                found[number] = Given(answer(asked[number]), commit)
                cache.put(key(name, asked[number]), found[number])
                print(f"{name}: {len(found)}/{len(asked)} {found[number].written.text[:80]!r}", flush=True)
    return [found[number] for number in range(len(asked))]


@contextmanager
def _answering(name: str) -> Iterator[Callable[[Case], Written]]:
    """Load the reader or a writer, and yield what answers a question."""
    if name == QUOTING:
        reader = ExtractiveReader(Weights(WeightsSettings().model_dir).ensure("embedding"))
        yield lambda case: quoted(case, reader)
        return
    model = load_writer(name)
    try:
        yield lambda case: write(model.model, case)
    finally:
        model.close()


if __name__ == "__main__":
    main()
