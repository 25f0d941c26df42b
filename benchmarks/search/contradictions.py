"""Measures how often two sources are said to differ: where they don't (false alarms), and where they do.

    python -m benchmarks.search.contradictions DATA [--json]

DATA holds xquad_en_zh, fastapi_docs_en_zh, discord_community_docs and mtrag_subset. False alarms: every statement of a
set is compared with every one of its other documents, as if somebody had asked of what they share; nothing there
contradicts another, so each couple is counted as an alarm. A question's own passages are far fewer, and they must
also hold what it asks: so this is more than any search can bring up.

Found: xquad's questions whose answer holds one figure, asked of the passage and of a copy in which that figure is
another. Nothing was fitted on these sets.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.datasets.question_sets import Doc, GoldQuestion, read_docs, read_questions
from benchmarks.harness import results
from benchmarks.harness.summary_statistics import share
from knowledge.search.contradictions import contradict, find_contradictions
from knowledge.types import EVERY_MEMBER, Chunk, Evidence, Place, Source
from text.sentences import Sentence, declarative_sentences

_SETS = ("xquad_en_zh", "fastapi_docs_en_zh", "discord_community_docs", "mtrag_subset")
_RAREST = 0.4
"""Statements of which three quarters of the words are shared have one of these, the rarest words of either, in
common."""
_NUMBER = re.compile(r"(?<![\d.,])\d{1,4}(?![\d.,]*\d)")


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    figures = {
        "false alarms": {name: found for name in _SETS for name, found in _alarms(arguments.data / name)},
        "found": dict(_found(arguments.data / "xquad_en_zh")),
    }
    print(json.dumps(figures, indent=2, ensure_ascii=False) if arguments.json else figures)
    print("wrote", results.write("differing", figures))


def _alarms(folder: Path) -> Iterator[tuple[str, dict[str, object]]]:
    docs = read_docs(folder)
    for lang in sorted({doc.lang for doc in docs}):
        own = [doc for doc in docs if doc.lang == lang]
        told = list(_couples(own))
        for ours, theirs in told:
            print(f"{folder.name} {lang}: {ours!r} / {theirs!r}")
        yield (
            f"{folder.name}, {lang}",
            {
                "documents": len(own),
                "statements": sum(1 for doc in own for _ in declarative_sentences(doc.text)),
                "alarms": len(told),
            },
        )


def _couples(docs: Sequence[Doc]) -> Iterator[tuple[str, str]]:
    """The statements of different documents that would be told to differ, whatever was asked."""
    known = [(doc, statement) for doc in docs for statement in declarative_sentences(doc.text)]
    holding: dict[str, list[int]] = defaultdict(list)
    for number, (_, statement) in enumerate(known):
        for word in statement.words:
            holding[word].append(number)
    for number, (doc, statement) in enumerate(known):
        for other in sorted(_near(number, statement, holding)):
            their_doc, theirs = known[other]
            if their_doc.id != doc.id and contradict(statement, theirs, set()):
                yield doc.text[statement.start : statement.end], their_doc.text[theirs.start : theirs.end]


def _near(number: int, statement: Sentence, holding: dict[str, list[int]]) -> set[int]:
    rarest = sorted(statement.words, key=lambda word: len(holding[word]))
    wanted = rarest[: int(len(rarest) * _RAREST) + 1]
    return {other for word in wanted for other in holding[word] if other > number}


def _found(folder: Path) -> Iterator[tuple[str, dict[str, object]]]:
    docs = {doc.id: doc for doc in read_docs(folder)}
    questions = read_questions(folder)
    for lang in sorted({question.lang for question in questions}):
        held = [
            bool(find_contradictions(question.question, both))
            for question in questions
            if question.lang == lang and (both := _with_another_figure(question, docs))
        ]
        yield (
            lang,
            {
                "questions": len(held),
                "told": share(held),
            },
        )


def _with_another_figure(question: GoldQuestion, docs: dict[str, Doc]) -> list[Evidence]:
    """The gold passage, and a copy in which the answer's one figure is greater by three; empty where it has none."""
    [gold] = question.gold
    answer, text = question.answers[0], docs[gold].text
    numbers = _NUMBER.findall(answer)
    if len(numbers) != 1 or text.count(answer) != 1:
        return []
    other = text.replace(answer, _NUMBER.sub(lambda found: str(int(found[0]) + 3), answer))
    original = _evidence("one", docs[gold].title, text)
    return [original, _evidence("other", docs[gold].title, other)]


def _evidence(id_: str, title: str, text: str) -> Evidence:
    taken = datetime(2026, 1, 1, tzinfo=UTC)
    source = Source(id_, "g", f"{id_}.md", "md", id_, EVERY_MEMBER, 1, 1, taken, "benchmark")
    return Evidence(Chunk(id_, id_, 0, text, Place(heading=title)), source, None, None, None, None, 0.0, 0.0)


if __name__ == "__main__":
    main()
