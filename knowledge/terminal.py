"""Prints what `python -m knowledge` shows: results to stdout, progress and notices to stderr.

Edit it for the wording and layout of the terminal's output.
"""

# ruff: noqa: T201  # printing is what this module is for

from __future__ import annotations

import sys
from collections.abc import Sequence

from pydantic import TypeAdapter

from knowledge.parsing.formats import FORMAT_OF_MEDIA
from knowledge.types import (
    BatchProgress,
    BatchReport,
    Evidence,
    IngestOutcome,
    IngestProgress,
    IngestReport,
    LeftOut,
    LeftOutKind,
    QAPairReport,
    Retrieval,
    Source,
)
from text.plurals import counted
from weights.terminal import ProgressLine

LINE = ProgressLine()

_LEFT_OUT = {
    LeftOutKind.HIDDEN_TEXT: ("hidden piece of text", "hidden pieces of text"),
    LeftOutKind.HIDDEN_SLIDE: ("hidden slide", "hidden slides"),
    LeftOutKind.HIDDEN_SHEET: ("hidden sheet", "hidden sheets"),
    LeftOutKind.HIDDEN_ROW: ("hidden row", "hidden rows"),
    LeftOutKind.HIDDEN_COLUMN: ("hidden column", "hidden columns"),
    LeftOutKind.DELETED_TEXT: ("tracked deletion", "tracked deletions"),
    LeftOutKind.PICTURE: ("picture that has no description", "pictures that have no description"),
    LeftOutKind.DRAWING: ("drawing that has no text", "drawings that have no text"),
    LeftOutKind.CHART: ("chart", "charts"),
    LeftOutKind.EQUATION: ("equation", "equations"),
    LeftOutKind.FORMULA: ("formula without a stored value", "formulas without a stored value"),
    LeftOutKind.EMBEDDED_FILE: ("embedded file", "embedded files"),
    LeftOutKind.PAGE: ("page that has no text", "pages that have no text"),
    LeftOutKind.GARBLED_TEXT: ("piece of garbled text", "pieces of garbled text"),
}


def print_retrieval(found: Retrieval, *, as_json: bool) -> None:
    """Print the passages, best first, with places and scores, then moderators' answers to similar questions."""
    if as_json:
        print(TypeAdapter(Retrieval).dump_json(found, indent=2).decode())
        return
    for number, evidence in enumerate(found.evidence, start=1):
        print(f"{number}. {_where(evidence)}\n   {_scores(evidence)}\n   {_start(evidence.chunk.text)}")
    for pair in found.pairs:
        print(f"by a moderator, to “{pair.questions[0]}”\n   {_start(pair.evidence.chunk.text)}")
    if found.reranker is not None:
        print_notice(f"ranked by {found.reranker}")
    found_in = f"from {counted(found.source_count, 'document')} in {found.seconds:.2f} s"
    print_notice(f"{counted(len(found.evidence), 'passage')} {found_in}")


def print_sources(sources: list[Source], *, as_json: bool) -> None:
    """Print one line for each source, or to stderr that there are none."""
    if as_json:
        print(TypeAdapter(list[Source]).dump_json(sources, indent=2).decode())
        return
    if not sources:
        print_notice("this guild has no documents; `python -m knowledge ingest` adds some")
    for source in sources:
        day = source.ingested_at.date().isoformat()
        link = "" if source.link is None else f"  {source.link}"
        chunks = counted(source.chunk_count, "chunk")
        print(f"{source.name}  ({chunks}, {source.audience.key}, {day}, id {source.id}){link}")


def print_report(report: IngestReport) -> None:
    """Print what became of one file, on a line of its own below the progress."""
    LINE.clear()
    print(report_line(report), flush=True)


def report_line(report: IngestReport) -> str:
    """Return a line that says what became of one file, and what of it was left out."""
    left_out = f"; without {left_out_words(report.left_out)}" if report.left_out else ""
    if report.outcome is IngestOutcome.FAILED:
        return f"{report.outcome}: {report.detail}{left_out}"
    pages = "" if report.page_count is None else f", {counted(report.page_count, 'page')}"
    embedded = f"{report.embedded_count} embedded, " if report.outcome is IngestOutcome.CHANGED else ""
    chunks = counted(report.chunk_count, "chunk")
    return f"{report.outcome}: {report.name} ({chunks}{pages}, {embedded}{report.seconds:.1f} s){left_out}"


def left_out_words(parts: Sequence[LeftOut]) -> str:
    """Return what a file contains that is not in its text, like `2 hidden rows, 1 chart`."""
    return ", ".join(counted(part.count, *_LEFT_OUT[part.kind]) for part in parts)


def print_closing(report: BatchReport) -> None:
    """Print the closing report on a batch to stderr; the line of each file is the result on stdout."""
    counts = ", ".join(f"{len(report.of(outcome))} {outcome}" for outcome in IngestOutcome)
    chunks = f"{counted(report.embedded_count, 'chunk')} embedded, {report.reused_count:,} reused"
    LINE.end()
    print_notice(f"{counted(len(report.reports), 'file')} in {report.seconds:.1f} s: {counts}; {chunks}")
    for failure in report.of(IngestOutcome.FAILED):
        print_notice(report_line(failure))


def print_namesake(source: Source, *, is_replaced: bool) -> None:
    """Print what became of a document with the name of a new one, and what to do about it."""
    where = f"{source.name} for the readers of {source.audience.key}, id {source.id}"
    if is_replaced:
        print_notice(f"replaced: {where}")
        return
    print_notice(
        f"there is another {where}, and answers use both: "
        "run this again with --replace to remove that one, or with --add to keep both"
    )


def pair_line(report: QAPairReport) -> str:
    """Return a line that says what became of one question and answer pair."""
    return f"{report.outcome}: {report.stored.pair.questions[0]}"


def show_ingest(progress: IngestProgress) -> None:
    """Show the progress of one file in place of the last progress line."""
    LINE.show(f"{progress.stage} {progress.done}/{progress.total}")


def show_batch(progress: BatchProgress) -> None:
    """Show the progress of a batch in place of the last progress line."""
    if progress.files == 0:
        return
    parts = [f"file {progress.file} of {progress.files}", counted(progress.chunks, "chunk")]
    if progress.pages:
        parts.insert(1, counted(progress.pages, "page"))
    if progress.rate is not None and progress.left_s is not None:
        parts += [f"{progress.rate:.1f} chunks/s", f"about {max(1, round(progress.left_s))} s left"]
    LINE.show(f"{', '.join(parts)}: {progress.name}")


def print_notice(sentence: str) -> None:
    """Print a sentence for the person at the terminal, apart from the results."""
    LINE.end()
    print(sentence, file=sys.stderr)


def _where(evidence: Evidence) -> str:
    place, format_ = evidence.chunk.place, FORMAT_OF_MEDIA[evidence.source.media]
    parts = [
        evidence.source.name,
        None if place.heading is None else place.heading.replace("\n", " / "),
        None if place.page is None else f"{format_.page_name} {place.page}",
        None if place.line is None else f"{format_.line_name} {format_.shown_line(place.line)}",
    ]
    return " · ".join(part for part in parts if part)


def _scores(evidence: Evidence) -> str:
    cosine = "–" if evidence.cosine is None else f"{evidence.cosine:.3f}"
    bm25 = "–" if evidence.bm25 is None else f"{evidence.bm25:.2f}"
    reranked = "" if evidence.reranked is None else f", reranked {evidence.reranked:.2f}"
    return f"cosine {cosine}, BM25 {bm25}, terms {evidence.coverage:.0%}{reranked}"


def _start(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 160 else flat[:159] + "…"
