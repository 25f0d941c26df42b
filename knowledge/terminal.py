"""What `python -m knowledge` prints: results to stdout, progress and sentences to stderr. Knows no library."""

# ruff: noqa: T201  # printing is what this module is for

from __future__ import annotations

import sys

from pydantic import TypeAdapter

from knowledge.types import Evidence, IngestOutcome, IngestProgress, IngestReport, PairReport, Retrieval, Source
from weights.types import Progress


def print_retrieval(found: Retrieval, *, as_json: bool) -> None:
    """The passages, best first, each with its place and scores."""
    if as_json:
        print(TypeAdapter(Retrieval).dump_json(found, indent=2).decode())
        return
    for number, evidence in enumerate(found.evidence, start=1):
        print(f"{number}. {_where(evidence)}\n   {_scores(evidence)}\n   {_start(evidence.chunk.text)}")
    say(f"{len(found.evidence)} passages of {found.source_count} documents in {found.seconds:.2f} s")


def print_sources(sources: list[Source], *, as_json: bool) -> None:
    """One line a source."""
    if as_json:
        print(TypeAdapter(list[Source]).dump_json(sources, indent=2).decode())
        return
    for source in sources:
        day = source.ingested_at.date().isoformat()
        print(f"{source.name}  ({source.chunk_count} chunks, {source.audience.key}, {day}, id {source.id})")


def report_line(report: IngestReport) -> str:
    """What became of one file, in a line."""
    if report.outcome is IngestOutcome.FAILED:
        return f"{report.outcome}: {report.detail}"
    pages = "" if report.page_count is None else f", {report.page_count} pages"
    return f"{report.outcome}: {report.name} ({report.chunk_count} chunks{pages}, {report.seconds:.1f} s)"


def pair_line(report: PairReport) -> str:
    """What became of one pair, in a line."""
    return f"{report.outcome}: {report.stored.pair.questions[0]}"


def show_ingest(progress: IngestProgress) -> None:
    """How far one file is, over the last such line."""
    end = "\n" if progress.stage == "storing" else ""
    print(f"\r{progress.stage} {progress.done}/{progress.total}   ", end=end, file=sys.stderr, flush=True)


def show_fetch(progress: Progress) -> None:
    """How far the embedding model's download is, over the last such line."""
    share = f"{progress.done_bytes / 1e6:.0f} of {progress.total_bytes / 1e6:.0f} MB"
    print(f"\r{progress.name}: {progress.stage} {share}   ", end="", file=sys.stderr, flush=True)


def say(sentence: str) -> None:
    """A sentence for the person, apart from the results."""
    print(sentence, file=sys.stderr)


def _where(evidence: Evidence) -> str:
    place = evidence.chunk.place
    parts = [
        evidence.source.name,
        None if place.heading is None else place.heading.replace("\n", " / "),
        None if place.page is None else f"page {place.page}",
        None if place.line is None else f"line {place.line}",
    ]
    return " · ".join(part for part in parts if part)


def _scores(evidence: Evidence) -> str:
    cosine = "–" if evidence.cosine is None else f"{evidence.cosine:.3f}"
    bm25 = "–" if evidence.bm25 is None else f"{evidence.bm25:.2f}"
    return f"cosine {cosine}, BM25 {bm25}, terms {evidence.coverage:.0%}"


def _start(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 160 else flat[:159] + "…"
