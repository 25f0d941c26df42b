"""Measures how long a search takes without its embedding, and what a removal costs, as a guild grows.

    python -m benchmarks.search.index_size [--sizes N [N …]] [--large] [--folder FOLDER]

One made-up guild (benchmarks/search/synthetic_index.py) grows to each size in turn; with --large to 1,000,000 chunks,
which takes half an hour and has a file of its own. At each, the same questions are asked on behalf of the owner, who
may read all, and of members who may read half of the chunks and 2 %. Times are of the product's own search, with its
vectors given. Processor time, of this process and of the Chroma server, stands beside them, since it does not depend on
what else the machine does. --folder keeps the guild for later.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.harness import results
from benchmarks.harness.background_load import BackgroundLoad
from benchmarks.harness.summary_statistics import percentile
from benchmarks.search.synthetic_index import GUILD, SyntheticData, SyntheticIndex
from knowledge.store.database import Database
from knowledge.types import OWNER, Reader

SIZES = (10_000, 100_000)
LARGE = 1_000_000
_READERS = {"all": OWNER, "half": Reader(frozenset({"1"})), "2 %": Reader(frozenset())}
_QUESTIONS = 200
_WARMING = 20
_WORDS = 10
_REMOVED = 3
_MB = 1e6


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    sizes = [LARGE] if arguments.large else sorted(arguments.sizes)
    with tempfile.TemporaryDirectory() as passing:
        figures = _measure(arguments.folder or Path(passing), sizes)
    print(json.dumps(figures, indent=2))
    print("wrote", results.write("index_size_large" if arguments.large else "index_size", figures))


def _measure(folder: Path, sizes: Sequence[int]) -> dict[str, object]:
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, object] = {}
    grown: list[tuple[int, dict[str, float]]] = []
    large = SyntheticIndex(folder)
    try:
        for size in sizes:
            others = BackgroundLoad()
            filling_s = _fill(large, size)
            searches = {name: _searches(large, reader) for name, reader in _READERS.items()}
            space = _space(large, folder)
            grown.append((size, space))
            found[f"{size:,} chunks"] = {
                "searches": searches,
                "removal": _removal(large),
                "space": space,
                "seconds to fill": filling_s,
                "cores that others used": round(others.cores(), 2),
            }
        if len(grown) > 1:
            found["growth a chunk, in kB"] = _growth(grown)
    finally:
        large.close()
    return found


def _fill(large: SyntheticIndex, size: int) -> float | None:
    """None: some of it was there before."""
    have, began = large.catalog.chunk_count(GUILD), time.perf_counter()
    for groups, count in enumerate(large.fill(SyntheticData(have), size - have, have), start=1):
        if groups % 10 == 0:
            print(f"{count:,} chunks after {time.perf_counter() - began:.0f} s", flush=True)
    return round(time.perf_counter() - began, 1) if have == 0 else None


def _searches(large: SyntheticIndex, reader: Reader) -> dict[str, float]:
    data = SyntheticData(-1 % 2**32)
    server = psutil.Process(large.server.pid)
    seconds: list[float] = []
    own_cpu = server_cpu = 0.0
    for number in range(_WARMING + _QUESTIONS):
        if number == _WARMING:
            own_cpu, server_cpu = time.process_time(), _cpu_s(server)
            seconds.clear()
        large.embeddings.next = data.vectors(1)[0].tolist()
        seconds.append(large.retriever.search(data.text(_WORDS), GUILD, reader, 8).seconds)
    return {
        "p50 ms": round(1000 * percentile(seconds, 50), 1),
        "p95 ms": round(1000 * percentile(seconds, 95), 1),
        "processor ms, here": round(1000 * (time.process_time() - own_cpu) / _QUESTIONS, 1),
        "processor ms, server": round(1000 * (_cpu_s(server) - server_cpu) / _QUESTIONS, 1),
    }


def _removal(large: SyntheticIndex) -> dict[str, float]:
    """The medians over a few documents; the server's part is left out."""
    sources = large.catalog.sources(GUILD, OWNER)[:_REMOVED]
    removed, cleansed, waits = [], [], []
    for source in sources:
        began = time.perf_counter()
        large.catalog.remove(source)
        removed.append(time.perf_counter() - began)
        with _Writer(large.database_path) as writer:
            began = time.perf_counter()
            large.catalog.purge(GUILD)
            cleansed.append(time.perf_counter() - began)
        waits.append(writer.longest_s)
        large.index.delete_sources(GUILD, [source.id])
    return {
        "ms until it is found no more": round(1000 * statistics.median(removed), 1),
        "s until it is gone from the file": round(statistics.median(cleansed), 2),
        "ms that another writer waits meanwhile, at most": round(1000 * max(waits), 1),
    }


class _Writer:
    """Wants to write all the time, and notes how long it waits for its turn."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.longest_s = 0.0

    def __enter__(self) -> _Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._database.close()

    def _write(self) -> None:
        while not self._ended.wait(0.005):
            began = time.perf_counter()
            with self._database.write():
                self.longest_s = max(self.longest_s, time.perf_counter() - began)


def _space(large: SyntheticIndex, folder: Path) -> dict[str, float]:
    server = psutil.Process(large.server.pid)
    chroma = sum(path.stat().st_size for path in (folder / "chroma").rglob("*") if path.is_file())
    database = sum(path.stat().st_size for path in folder.glob("knowledge.db*"))
    return {
        "memory of this process, MB": round(psutil.Process().memory_info().rss / _MB, 1),
        "memory of the server, MB": round(server.memory_info().rss / _MB, 1),
        "Chroma's files, MB": round(chroma / _MB, 1),
        "knowledge.db, MB": round(database / _MB, 1),
    }


def _growth(grown: Sequence[tuple[int, dict[str, float]]]) -> dict[str, float]:
    """Between the smallest and the largest size."""
    (least, before), (most, after) = grown[0], grown[-1]
    return {name: round(1000 * (after[name] - before[name]) / (most - least), 2) for name in before}


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
