"""Measures in how many questions, as people ask them, the right passage is first and rated as likely to answer.

    python -m benchmarks.search.asked_questions [--json]

The questions are those of benchmarks/datasets/asked_questions, asked of examples/handbook with the pinned encoder. Each
is searched for twice: normalised, as the product does, and as it was typed, with all else the same. To see what
questions without an answer come to, those of handbook_questions.py that the handbook doesn't answer are asked as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datasets.handbook_questions import NOWHERE
from benchmarks.datasets.rows import ASKED_QUESTIONS, AskedQuestionRow, read_rows
from benchmarks.harness import results
from benchmarks.harness.embedding_cache import CachedEmbeddings
from benchmarks.harness.summary_statistics import share
from chains.routing.confidence import Confidence, load_confidence
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER, Evidence, Retrieval

HANDBOOK = results.ROOT / "examples" / "handbook"
GUILD = "1"


@dataclass(frozen=True)
class Rated:
    """What one search of one question came to."""

    row: AskedQuestionRow
    is_first: bool
    """Whether the right passage is first."""
    is_likely: bool
    """Whether the probability that the passages hold the answer is above the threshold."""

    @property
    def is_right(self) -> bool:
        """Whether it would be answered from the right passage."""
        return self.is_first and self.is_likely


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    figures = asyncio.run(_measure())
    print(json.dumps(figures, indent=2, ensure_ascii=False) if arguments.json else figures)
    print("wrote", results.write("asked_questions", figures))


async def _measure() -> dict[str, object]:
    embeddings = CachedEmbeddings("embedding")
    confidence = load_confidence(embeddings.model_name)
    rows = list(read_rows(ASKED_QUESTIONS, AskedQuestionRow))
    with tempfile.TemporaryDirectory() as folder:
        library = await Library.open(KnowledgeSettings(data_dir=Path(folder)), embeddings)
        try:
            await library.register_guild(GUILD, "handbook")
            for file in sorted(HANDBOOK.glob("*.md")):
                await library.ingest(file, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="benchmark")
            before = [_rate(confidence, row, await _search(library, row.question, as_typed=True)) for row in rows]
            after = [_rate(confidence, row, await _search(library, row.question)) for row in rows]
            refused = [not _is_likely(confidence, await _search(library, question)) for question in NOWHERE]
        finally:
            await library.close()
    return {
        "threshold": confidence.threshold,
        "as typed": dict(_figures(before)),
        "normalised": dict(_figures(after)),
        "refused where the handbook has no answer": share(refused),
        "missed": [each.row.question for each in after if not each.is_right],
    }


async def _search(library: Library, question: str, *, as_typed: bool = False) -> Retrieval:
    return await library.search(question, GUILD, OWNER, as_typed=as_typed)


def _rate(confidence: Confidence, row: AskedQuestionRow, found: Retrieval) -> Rated:
    best = found.evidence[0] if found.evidence else None
    is_first = best is not None and best.source.name == row.file and row.words in (best.chunk.text + _heading(best))
    return Rated(row, is_first, _is_likely(confidence, found))


def _heading(item: Evidence) -> str:
    return f"\n{item.chunk.place.heading or ''}"


def _is_likely(confidence: Confidence, found: Retrieval) -> bool:
    return (confidence.probability(found) or 0.0) >= confidence.threshold


def _figures(rated: Sequence[Rated]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the shares over all, in each language and in each style."""
    groups = {"all": rated}
    for lang in ("en", "zh"):
        groups[lang] = [each for each in rated if each.row.lang == lang]
    for style in dict.fromkeys(each.row.style for each in rated):
        groups[style] = [each for each in rated if each.row.style == style]
    for name, group in groups.items():
        yield (
            name,
            {
                "of": len(group),
                "first": share(each.is_first for each in group),
                "likely": share(each.is_likely for each in group),
                "first and likely": share(each.is_right for each in group),
            },
        )


if __name__ == "__main__":
    main()
