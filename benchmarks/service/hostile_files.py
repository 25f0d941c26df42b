"""Measures what becomes of each hostile or broken file of the tests, and how soon.

    python -m benchmarks.service.hostile_files

Each is read and cut as an upload is, with the product's own limits of memory, time and size; one that takes all the
time it gets, with less of it.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import asdict, dataclass

from benchmarks.harness import results
from knowledge.parsing.loader import READER_LIMITS
from tests.knowledge.parsing.hostile.file import HostileFile, take_in
from tests.knowledge.parsing.hostile.files import HOSTILE_FILES


@dataclass(frozen=True, slots=True)
class _Row:
    what: str
    format: str
    size_bytes: int
    endings: dict[str, int]
    is_expected: bool
    sentence: str | None
    seconds: float


def main() -> None:
    """Read every file, and write what became of it."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    rows = [_row(file) for file in HOSTILE_FILES]
    slowest = max(rows, key=lambda row: row.seconds)
    figures = {
        "files": len(rows),
        "limit in seconds": READER_LIMITS.seconds,
        "ended as expected": sum(row.is_expected for row in rows),
        "ended otherwise": [row.what for row in rows if not row.is_expected],
        "seconds in all": round(sum(row.seconds for row in rows), 1),
        "slowest": {"what": slowest.what, "seconds": slowest.seconds},
        "formats": {
            name: _of_format([row for row in rows if row.format == name])
            for name in dict.fromkeys(r.format for r in rows)
        },
        "each": [asdict(row) for row in rows],
    }
    print("wrote", results.write("hostile-files", figures))


def _row(file: HostileFile) -> _Row:
    data = file.make()
    began = time.perf_counter()
    ending = take_in(file, data, file.within(READER_LIMITS))
    seconds = round(time.perf_counter() - began, 2)
    endings = dict(Counter(ending.reasons))
    print(f"{seconds:6.2f} s  {file.name}: {file.what}: {', '.join(endings)}", flush=True)
    sentence = ending.sentences[0] if ending.sentences else None
    is_expected = ending.reasons == file.ends_in
    return _Row(file.what, file.name.rpartition(".")[2], len(data), endings, is_expected, sentence, seconds)


def _of_format(rows: list[_Row]) -> dict[str, object]:
    return {
        "files": len(rows),
        "endings": dict(Counter(ending for row in rows for ending in row.endings)),
        "slowest, seconds": max(row.seconds for row in rows),
    }


if __name__ == "__main__":
    main()
