"""Counts how many of the cases that users of such tools reported come out right, by kind.

    python -m benchmarks.service.reported_cases FOLDER

FOLDER holds cases.json and a folder of files for each case. What is right of each is said in
benchmarks/datasets/reported_cases.py. Questions are searched for in the case's documents with the default models. Cases
without a file, and the further inputs of our own, are tests; these run as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree

from pydantic import BaseModel, TypeAdapter

from benchmarks.datasets.reported_cases import BEFORE, FILES, OWN_INPUTS, QUESTIONS, TESTS, Asked, Expected, OwnInputs
from benchmarks.harness import results
from benchmarks.harness.embedding_cache import CachedEmbeddings
from benchmarks.harness.summary_statistics import share
from chains.routing.confidence import load_confidence
from finetune.data.dataset import load_dataset
from finetune.errors import DatasetError
from knowledge.chunking.splitter import split_document
from knowledge.errors import DocumentError
from knowledge.faq.import_file import read_qa_pairs
from knowledge.library import Library
from knowledge.parsing.archive import unpack
from knowledge.parsing.loader import load_document
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER
from storage.sizes import MEGABYTE

MAX_BYTES = 25 * MEGABYTE
_GUILD = "1"


class ReportedCase(BaseModel):
    """Holds what cases.json says of a case."""

    id: str
    kind: str
    folder: str
    right: str
    got: str


def main() -> None:
    """Check every case, and write the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    cases = TypeAdapter(list[ReportedCase]).validate_json((folder / "cases.json").read_bytes())
    folders = {case.id: folder / case.folder for case in cases}
    checks: dict[str, list[bool]] = {case.id: [] for case in cases}
    for expected in FILES:
        checks[expected.case].append(is_right(expected, folders[expected.case] / expected.file))
    for asked, found in asyncio.run(_ask(folders[QUESTIONS[0].case])).items():
        checks[asked.case].append(found)
    for tested, tests in TESTS.items():
        passed, count = run_tests((tests,))
        checks[tested].append(passed == count > 0)
    right = {checked: all(found) for checked, found in checks.items() if found}
    for case in cases:
        print("right" if right.get(case.id) else "wrong", case.id, case.kind, flush=True)
    print("wrote", results.write("reported_cases", _figures(cases, right, [_own(inputs) for inputs in OWN_INPUTS])))


def is_right(expected: Expected, path: Path) -> bool:
    """Return whether the product reads a file as expected."""
    try:
        passages, left_out = _read(expected.case, path)
    except (DocumentError, DatasetError) as error:
        if expected.refused is not None:
            return isinstance(error, DocumentError) and error.reason == expected.refused
        passages, left_out = [("", str(error))], frozenset()
    if expected.refused is not None:
        return False
    text = "\n\n".join(f"{heading}\n{words}" for heading, words in passages)
    return (
        all(part in text for part in expected.holds)
        and not any(part in text for part in expected.lacks)
        and all(
            any(part in words and _is_below(heading, place) for place, words in passages)
            for part, heading in expected.below
        )
        and all(words.startswith(expected.begins) for _, words in passages if expected.begins_if in words)
        and (not expected.begins_if or expected.begins_if in text)
        and (expected.left_out is None or expected.left_out in left_out)
    )


def _is_below(heading: str, place: str) -> bool:
    return place == heading or place.startswith(f"{heading} ")


def _read(case: str, path: Path) -> tuple[list[tuple[str, str]], frozenset[str]]:
    """Return the passages of a file, each with its heading, and what of it is told to be left out."""
    data = path.read_bytes()
    if path.suffix == ".zip":
        return [("", member.name) for member in unpack(data, path.name, MAX_BYTES)], frozenset()
    if case == "56":
        return [("", repr(pair)) for pair in read_qa_pairs(data, path.name).pairs], frozenset()
    if case in {"48a", "48c", "49b"}:
        return [("", repr(example)) for example in load_dataset(data, path.name).examples], frozenset()
    document = load_document(data, path.name, MAX_BYTES)
    chunks = split_document(document, "s")
    left_out = frozenset(str(part.kind) for part in document.left_out)
    return [(chunk.place.heading or "", chunk.text) for chunk in chunks], left_out


async def _ask(folder: Path) -> dict[Asked, bool]:
    """Return for each question whether its passage is first, and likely to hold the answer."""
    embeddings = CachedEmbeddings("embedding")
    confidence = load_confidence(embeddings.model_name)
    with tempfile.TemporaryDirectory() as data_dir:
        library = await Library.open(KnowledgeSettings(data_dir=Path(data_dir)), embeddings)
        try:
            await library.register_guild(_GUILD, "club")
            for file in sorted(folder.glob("*.md")):
                await library.ingest(file, guild_id=_GUILD, audience=EVERY_MEMBER, ingested_by="benchmark")
            found = {}
            for asked in QUESTIONS:
                retrieval = await library.search(asked.question, _GUILD, OWNER)
                first = retrieval.evidence[0] if retrieval.evidence else None
                found[asked] = (
                    first is not None
                    and first.source.name == asked.file
                    and asked.says in f"{first.chunk.place.heading} {first.chunk.text}"
                    and (confidence.probability(retrieval) or 0.0) >= confidence.threshold
                )
                print("right" if found[asked] else "wrong", asked.case, asked.question, flush=True)
        finally:
            await library.close()
    return found


def run_tests(tests: Iterable[str]) -> tuple[int, int]:
    """Return how many of these tests pass, and how many there are."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests]
        subprocess.run(command, cwd=results.ROOT, stdout=subprocess.DEVNULL, check=False)
        cases = list(ElementTree.parse(report).iter("testcase"))
    return sum(case.find("failure") is None and case.find("error") is None for case in cases), len(cases)


def _own(inputs: OwnInputs) -> dict[str, object]:
    passed, count = run_tests(inputs.tests)
    return {
        "kind": inputs.kind,
        "inputs before the mending": inputs.inputs,
        "right before": inputs.right_before,
        "tests": count,
        "tests that pass": passed,
    }


def _figures(cases: list[ReportedCase], right: Mapping[str, bool], own: list[dict[str, object]]) -> dict[str, object]:
    kinds: dict[str, list[bool]] = {}
    for case in cases:
        kinds.setdefault(case.kind.partition(":")[0], []).append(right.get(case.id, False))
    return {
        "cases": len(cases),
        "commit before": BEFORE,
        "right before": 0,
        "right": share(right.get(case.id, False) for case in cases),
        "kinds": {kind: {"cases": len(found), "right before": 0, "right": sum(found)} for kind, found in kinds.items()},
        "wrong": [f"{case.id} {case.kind}" for case in cases if not right.get(case.id)],
        "own inputs": own,
        "each": [json.loads(case.model_dump_json()) | {"is right": right.get(case.id, False)} for case in cases],
    }


if __name__ == "__main__":
    main()
