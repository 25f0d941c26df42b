"""Measures what it costs to erase deleted vectors from Chroma's files, and who has to wait for it.

    python -m benchmarks.service.vector_erasure [--sizes 1000 10000 100000] [--json]

For each size: a guild with so many vectors of 384 dimensions, drawn by chance, and two documents more, one of which is
removed. Then everything owed is erased while another guild searches without a pause. Seconds are those of the whole
erasure, on a machine that does nothing else if the figures are to say something about the machine.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks.harness import results
from benchmarks.harness.summary_statistics import percentile
from knowledge.store.database import Database
from knowledge.store.vector_generations import VectorGenerations
from knowledge.vectors.chroma_server import ChromaServer
from knowledge.vectors.vector_eraser import VectorEraser
from knowledge.vectors.vector_index import VectorIndex
from storage.sizes import MEGABYTE, size_of

_DIMENSION = 384
_REMOVED = 20
_OTHERS = 1000
_SIZES = (1000, 10_000, 100_000)


class _Embeddings:
    """Stands in for an encoder: what a text says doesn't matter here, only how many vectors there are."""

    model_name = "drawn"
    dimension = _DIMENSION

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        drawn: list[float] = np.random.default_rng(len(text)).standard_normal(_DIMENSION).tolist()
        return drawn


def measure(size: int) -> dict[str, object]:
    """Return the figures for a guild that keeps `size` vectors."""
    random = np.random.default_rng(size)
    with tempfile.TemporaryDirectory() as name, ExitStack() as closing:
        folder = Path(name)
        server = ChromaServer(folder / "chroma")
        closing.callback(server.stop)
        database = Database(folder / "knowledge.db")
        closing.callback(database.close)
        generations = VectorGenerations(database, folder / "vector-locks")
        index = VectorIndex(server, _Embeddings(), generations)
        closing.callback(index.close)
        vectors = random.normal(size=(size + _REMOVED, _DIMENSION)).astype(np.float32)
        _fill(index, "100", vectors)
        _fill(index, "200", vectors[:_OTHERS])
        before = size_of(folder / "chroma")
        idle = [_search_s(index, vectors[n]) for n in range(200)]
        index.delete_sources("100", ["removed"])
        erasing = threading.Thread(target=VectorEraser(server, generations).erase)
        began = time.perf_counter()
        erasing.start()
        meanwhile: list[float] = []
        while erasing.is_alive():
            meanwhile.append(_search_s(index, vectors[len(meanwhile) % size]))
        seconds = time.perf_counter() - began
        return {
            "vectors": size,
            "seconds": round(seconds, 1),
            "is_erased": generations.owed() == {} and index.count("100") == size,
            "another_guilds_search_ms": {"idle": _milliseconds(idle), "meanwhile": _milliseconds(meanwhile)},
            "disk_mb": {"before": before // MEGABYTE, "after": size_of(folder / "chroma") // MEGABYTE},
        }


def _fill(index: VectorIndex, guild_id: str, vectors: np.ndarray) -> None:
    numbers = range(len(vectors))
    sources = ["removed" if n >= len(vectors) - _REMOVED and guild_id == "100" else f"s{n // 50}" for n in numbers]
    for at in range(0, len(vectors), 1000):
        part = slice(at, at + 1000)
        index.upsert(guild_id, "guild", sources[part], [f"c{n}" for n in numbers[part]], vectors[part].tolist())


def _search_s(index: VectorIndex, vector: np.ndarray) -> float:
    began = time.perf_counter()
    index.query("200", [vector.tolist()], 8, None)
    return time.perf_counter() - began


def _milliseconds(seconds: list[float]) -> dict[str, float]:
    figures = {"p50": percentile(seconds, 50), "p95": percentile(seconds, 95), "most": max(seconds)}
    return {name: round(1000 * value, 1) for name, value in figures.items()}


def main() -> None:
    """Measure, print and, with --json, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=_SIZES)
    parser.add_argument("--json", action="store_true", help="write benchmarks/results/vector_erasure.json")
    arguments = parser.parse_args()
    figures = []
    for size in arguments.sizes:
        figures.append(measure(size))
        print(json.dumps(figures[-1]), flush=True)
    if arguments.json:
        results.write("vector_erasure", figures)


if __name__ == "__main__":
    main()
