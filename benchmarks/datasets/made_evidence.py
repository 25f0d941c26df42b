"""Makes evidence of a question set's documents, for what is measured on given passages without a search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.datasets.question_sets import Doc
from knowledge.types import EVERY_MEMBER, Chunk, Evidence, Place, Source

_SOURCE = Source(
    "s", "g", "article.md", "md", "0" * 64, EVERY_MEMBER, 1, 1, datetime(2026, 1, 1, tzinfo=UTC), "benchmark"
)


def evidence_of(docs: Sequence[Doc]) -> tuple[Evidence, ...]:
    """Return the documents as passages of one article, in their order; none scores higher than another."""
    return tuple(
        Evidence(
            chunk=Chunk(doc.id, "s", number, doc.text, Place(heading=doc.title or None)),
            source=_SOURCE,
            cosine=0.9,
            dense_rank=number,
            bm25=None,
            keyword_rank=None,
            coverage=0.5,
            fused=0.5,
        )
        for number, doc in enumerate(docs, start=1)
    )
