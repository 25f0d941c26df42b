"""Builds the report on one file from what became of it. Edit it when a report needs another field."""

from __future__ import annotations

import time

from knowledge.errors import DocumentError
from knowledge.store.catalog import DocumentVersion, IngestionRecord
from knowledge.types import IngestOutcome, IngestReport


def failed_report(name: str, error: DocumentError, began: float) -> IngestReport:
    """Return the report on a file that could not be ingested."""
    return IngestReport(
        name=name,
        outcome=IngestOutcome.FAILED,
        source=None,
        chunk_count=0,
        page_count=None,
        seconds=time.perf_counter() - began,
        reason=error.reason.value,
        detail=str(error),
        failed_page=error.page,
        left_out=error.left_out,
    )


def unchanged_report(last: DocumentVersion, batch: str | None, began: float) -> IngestReport:
    """Return the report on a file already stored: what its own batch reported, or else that it is unchanged."""
    if batch is not None and last.record is not None and last.record.batch == batch:
        return report_on(last, began)
    left_out = () if last.record is None else last.record.left_out
    unchanged = IngestionRecord(IngestOutcome.UNCHANGED, 0, batch, left_out)
    return report_on(DocumentVersion(last.source, last.page_count, unchanged), began)


def report_on(version: DocumentVersion, began: float) -> IngestReport:
    """Return the report on a stored file, with the outcome of its ingestion."""
    source, record = version.source, version.record
    return IngestReport(
        name=source.name,
        outcome=IngestOutcome.UNCHANGED if record is None else record.outcome,
        source=source,
        chunk_count=source.chunk_count,
        page_count=version.page_count,
        seconds=time.perf_counter() - began,
        embedded_count=0 if record is None else record.embedded_count,
        left_out=() if record is None else record.left_out,
    )
