"""Measures how long ingestion takes, beside the embedding alone, and what a change in documents costs.

    python -m benchmarks.service.ingestion_speed DATA [--documents N] [--edited N]

DATA holds public sets, one folder each. Whole: N short documents, shuffled, are ingested as batches of 50, and after
each batch the same texts are embedded again in the same calls, with nothing around them, so that whatever else the
machine does meets both. A few hundred are also ingested one by one. Changed: documents of ten paragraphs are ingested,
one paragraph of each is changed, and they are ingested again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.datasets.question_sets import read_docs
from benchmarks.harness import results
from benchmarks.harness.background_load import BackgroundLoad
from knowledge.library import Library
from knowledge.models.local_embeddings import LocalEmbeddings
from knowledge.ports import TextEmbeddings
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, BatchReport, IngestFile, IngestOutcome
from weights.settings import WeightsSettings
from weights.store import Weights

_SETS = ("xquad_en_zh", "drcd_dev", "discord_community_docs", "mtrag_subset", "kdconv_travel_zh")
_SEED = 3
_GROUP = 50
_ONE_BY_ONE = 200
_PARAGRAPHS = 10
_SHORT = 1500
"""Characters: what is shorter stands for a short document."""


@dataclass
class RecordingEmbeddings:
    """An embedding model that records what it was asked for, and how long it took."""

    real: TextEmbeddings
    calls: list[list[str]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def model_name(self) -> str:
        """The name of the real model."""
        return self.real.model_name

    @property
    def dimension(self) -> int:
        """The dimension of the real model."""
        return self.real.dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the real model's vectors, and record the call."""
        self.calls.append(texts)
        began = time.perf_counter()
        vectors = self.real.embed_documents(texts)
        self.seconds += time.perf_counter() - began
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Return the real model's vector."""
        return self.real.embed_query(text)

    def again(self) -> float:
        """Make the same calls with nothing around them, forget them, and return their seconds."""
        calls, self.calls = self.calls, []
        began = time.perf_counter()
        for texts in calls:
            self.real.embed_documents(texts)
        return time.perf_counter() - began


@dataclass(frozen=True)
class Timed:
    """The times of one group of documents: ingested, and embedded alone."""

    whole_s: float
    pure_s: float


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--edited", type=int, default=100)
    arguments = parser.parse_args()
    texts = _texts(arguments.data)
    if len(texts) < arguments.documents:
        parser.error(f"{arguments.data} has {len(texts)} short documents, and {arguments.documents} are asked for")
    figures = asyncio.run(_measure(texts, arguments.documents, arguments.edited))
    print(json.dumps(figures, indent=2))
    print("wrote", results.write("ingestion", figures))


def _texts(data: Path) -> list[str]:
    """Short documents of all sets, in a random order that is the same each time."""
    found = []
    for name in _SETS:
        for doc in read_docs(data / name):
            paragraphs = doc.text.split("\n\n")
            found += [f"# {doc.title}\n\n{text}" for text in paragraphs if 40 <= len(text) <= _SHORT]
    random.Random(_SEED).shuffle(found)
    return found


async def _measure(texts: Sequence[str], documents: int, edited: int) -> dict[str, object]:
    embeddings = RecordingEmbeddings(LocalEmbeddings(Weights(WeightsSettings().model_dir).ensure("embedding")))
    with tempfile.TemporaryDirectory() as data_dir:
        library = await Library.open(KnowledgeSettings(data_dir=Path(data_dir)), embeddings)
        try:
            await library.warm_up()
            for guild in ("together", "alone", "edited"):
                await library.register_guild(guild, guild)
            others = BackgroundLoad()
            together = await _together(library, embeddings, texts[:documents])
            alone = await _alone(library, embeddings, texts[: min(documents, _ONE_BY_ONE)])
            changes = await _changed(library, texts, edited)
            return {
                "together": together,
                "one by one": alone,
                "changed": changes,
                "cores that others used": round(others.cores(), 2),
            }
        finally:
            await library.close()


async def _together(library: Library, embeddings: RecordingEmbeddings, texts: Sequence[str]) -> dict[str, object]:
    timed, chunks = [], 0
    embeddings.seconds = 0.0
    for at in range(0, len(texts), _GROUP):
        group = [_file(f"{at + n}.md", text) for n, text in enumerate(texts[at : at + _GROUP])]
        began = time.perf_counter()
        report = await _put(library, group, "together")
        whole_s = time.perf_counter() - began
        chunks += report.embedded_count
        timed.append(Timed(whole_s, await asyncio.to_thread(embeddings.again)))
        print(f"{at + len(group)} of {len(texts)}: {whole_s:.1f} s, {timed[-1].pure_s:.1f} s pure", flush=True)
    return {
        "documents": len(texts),
        "chunks": chunks,
        "characters, median": statistics.median(map(len, texts)),
        **_ratio(timed, embeddings.seconds),
    }


async def _alone(library: Library, embeddings: RecordingEmbeddings, texts: Sequence[str]) -> dict[str, object]:
    timed = []
    embeddings.seconds = 0.0
    for at in range(0, len(texts), _GROUP):
        began = time.perf_counter()
        for number, text in enumerate(texts[at : at + _GROUP]):
            await library.ingest_bytes(
                text.encode(),
                name=f"{at + number}.md",
                guild_id="alone",
                audience=EVERY_MEMBER,
                ingested_by="benchmark",
            )
        whole_s = time.perf_counter() - began
        timed.append(Timed(whole_s, await asyncio.to_thread(embeddings.again)))
    return {"documents": len(texts), **_ratio(timed, embeddings.seconds)}


async def _changed(library: Library, texts: Sequence[str], edited: int) -> dict[str, object]:
    parts = [text.partition("\n\n")[2] for text in texts]
    documents = [[parts[(at * _PARAGRAPHS + n) % len(parts)] for n in range(_PARAGRAPHS)] for at in range(edited)]
    first = await _put(library, _sectioned(documents), "edited")
    for number, paragraphs in enumerate(documents):
        paragraphs[number % _PARAGRAPHS] = f"As of today: {paragraphs[number % _PARAGRAPHS]}"
    second = await _put(library, _sectioned(documents), "edited")
    third = await _put(library, _sectioned(documents), "edited")
    return {
        "documents": edited,
        "first": _summary(first),
        "one paragraph changed in each": _summary(second),
        "nothing changed": _summary(third),
        "time of the change, of the first": round(second.seconds / first.seconds, 3),
    }


def _sectioned(documents: Sequence[Sequence[str]]) -> list[IngestFile]:
    bodies = ("\n\n".join(f"## Part {n}\n\n{text}" for n, text in enumerate(each)) for each in documents)
    return [_file(f"doc{number}.md", body) for number, body in enumerate(bodies)]


def _file(name: str, text: str) -> IngestFile:
    data = text.encode()
    return IngestFile(name, len(data), partial(bytes, data))


async def _put(library: Library, files: Sequence[IngestFile], guild: str) -> BatchReport:
    report = await library.ingest_all(files, guild_id=guild, audience=EVERY_MEMBER, ingested_by="benchmark")
    if report.of(IngestOutcome.FAILED):
        raise RuntimeError(f"not ingested: {report.of(IngestOutcome.FAILED)[0].detail}")
    return report


def _ratio(timed: Sequence[Timed], inside_s: float) -> dict[str, object]:
    """`inside_s`: of the whole, what passed within the embedding's calls."""
    ratios = sorted(each.whole_s / each.pure_s for each in timed)
    whole_s, pure_s = sum(each.whole_s for each in timed), sum(each.pure_s for each in timed)
    return {
        "seconds": round(whole_s, 1),
        "seconds of the embedding alone": round(pure_s, 1),
        "whole over embedding": round(whole_s / pure_s, 3),
        "by group, median": round(statistics.median(ratios), 3),
        "by group, from": round(ratios[0], 3),
        "by group, to": round(ratios[-1], 3),
        "whole over its own embedding": round(whole_s / inside_s, 3),
    }


def _summary(report: BatchReport) -> dict[str, object]:
    return {
        "seconds": round(report.seconds, 2),
        "chunks embedded": report.embedded_count,
        "chunks reused": report.reused_count,
    }


if __name__ == "__main__":
    main()
