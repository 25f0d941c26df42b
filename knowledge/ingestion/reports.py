"""The closing report on one file, from what became of it. Pure but for the clock."""

from __future__ import annotations

import time

from knowledge.errors import DocumentError
from knowledge.store.catalog import IngestionRecord, DocumentVersion
from knowledge.types import IngestOutcome, IngestReport


def failed_report(name: str, error: DocumentError, began: float) -> IngestReport:
    """The report on a file that could not be ingested."""
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
    )


def unchanged_report(last: DocumentVersion, batch: str | None, began: float) -> IngestReport:
    """The report on a file whose bytes stand already: what its own batch reported, else that it is unchanged."""
    if batch is not None and last.record is not None and last.record.batch == batch:
        return report_on(last, began)
    unchanged = IngestionRecord(IngestOutcome.UNCHANGED, 0, batch)
    return report_on(DocumentVersion(last.source, last.page_count, unchanged), began)


def report_on(version: DocumentVersion, began: float) -> IngestReport:
    """The report on a file that stands, as it came in."""
    source, record = version.source, version.record
    return IngestReport(
        name=source.name,
        outcome=IngestOutcome.UNCHANGED if record is None else record.outcome,
        source=source,
        chunk_count=source.chunk_count,
        page_count=version.page_count,
        seconds=time.perf_counter() - began,
        embedded_count=0 if record is None else record.embedded_count,
    )
