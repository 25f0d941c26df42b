"""Ingests many files as one batch: archives unpacked, names made distinct, short documents embedded together.

A faulty file is reported and does not stop the others. Edit it for the size of a batch's steps and its progress.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from knowledge.errors import DocumentError, Reason
from knowledge.ingestion.ingestor import Ingestor, PreparedDocument, Upload
from knowledge.ingestion.reports import failed_report
from knowledge.parsing.archive import ARCHIVE, unpack
from knowledge.types import Audience, BatchProgress, BatchReport, IngestFile, IngestReport
from text.file_names import distinct_names

WINDOW_CHUNKS = 128
WINDOW_FILES = 64
"""So many documents or chunks are embedded and published together: a kill repeats at most that much."""
WINDOW_BYTES = 32_000_000
"""Originals that are kept in memory until their documents are published."""
_MIN_RATE_S = 2.0
"""Seconds before which the rate means little."""

OnBatchProgress = Callable[[BatchProgress], None]
OnReport = Callable[[IngestReport], None]


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """Holds on whose behalf a batch is ingested, and its callbacks, which are called from any thread."""

    guild_id: str
    audience: Audience
    ingested_by: str
    batch: str | None
    """Its id. Started again under the same id, it repeats its reports on finished files."""
    link: str | None
    """Where people read the document, if it is a single one."""
    on_progress: OnBatchProgress
    on_report: OnReport


class Batch:
    """Runs the ingestion of one batch."""

    def __init__(self, ingestor: Ingestor, request: BatchRequest) -> None:
        self._ingestor = ingestor
        self._request = request
        self._began = time.perf_counter()
        self._files: Sequence[IngestFile] = ()
        self._reports: dict[int, IngestReport] = {}
        """The reports by the file's position in the batch."""
        self._read_bytes = self._pages = self._known_chunks = self._done_chunks = 0

    async def run(self, files: Sequence[IngestFile]) -> BatchReport:
        """Ingest all files. Raises UnknownGuild, EmbeddingMismatch, IndexUnavailable, EncoderUnreachable."""
        self._show_progress("", 0, 0)
        self._files = await self._ingestor.threads.reading.run(_unpack_archives, files, self._ingestor.max_bytes)
        names = await self._ingestor.threads.reading.run(distinct_names, [file.name for file in self._files])
        window: dict[int, PreparedDocument] = {}
        try:
            for place, (file, name) in enumerate(zip(self._files, names, strict=True)):
                self._show_progress(name, place + 1, 0)
                prepared = await self._ingestor.threads.reading.run(self._prepare, file, name)
                self._read_bytes += file.size_bytes
                if isinstance(prepared, IngestReport):
                    self._report(place, prepared)
                    continue
                window[place] = prepared
                self._pages += prepared.page_count or 0
                self._known_chunks += len(prepared.chunks)
                if _is_full(window):
                    await self._store(window)
                    window = {}
            if window:
                await self._store(window)
        finally:
            await self._ingestor.purge(self._request.guild_id)
        reports = tuple(self._reports[place] for place in sorted(self._reports))
        return BatchReport(reports, time.perf_counter() - self._began)

    def _prepare(self, file: IngestFile, name: str) -> PreparedDocument | IngestReport:
        request, began = self._request, time.perf_counter()
        try:
            if request.link is not None and len(self._files) > 1:
                message = f"{name}: a link belongs to a single document: ingest each with its own"
                raise DocumentError(Reason.LINK_OF_MANY, message)
            data = file.read()
        except DocumentError as error:
            return failed_report(name, error, began)
        return self._ingestor.prepare(
            Upload(data, name, request.guild_id, request.audience, request.ingested_by, request.batch, request.link)
        )

    async def _store(self, window: dict[int, PreparedDocument]) -> None:
        last, documents = max(window), list(window.values())
        name = documents[-1].source.name
        reports = await self._ingestor.store(documents, lambda done: self._show_progress(name, last + 1, done))
        self._done_chunks += _count_chunks(window)
        for place, report in zip(window, reports, strict=True):
            self._report(place, report)

    def _report(self, place: int, report: IngestReport) -> None:
        self._reports[place] = report
        self._request.on_report(report)

    def _show_progress(self, name: str, file: int, written: int) -> None:
        """Report the progress; `written`: chunks of the current window that have their vectors."""
        done, seconds = self._done_chunks + written, time.perf_counter() - self._began
        all_bytes = sum(file.size_bytes for file in self._files)
        share_read = self._read_bytes / all_bytes if all_bytes else 0.0
        rate, left_s = estimate(done, self._known_chunks, share_read, seconds)
        self._request.on_progress(
            BatchProgress(name, file, len(self._files), self._pages, done, self._known_chunks, rate, left_s)
        )


def estimate(done: int, known: int, share_read: float, seconds: float) -> tuple[float | None, float | None]:
    """Return chunks per second and the seconds left, assuming the unread files have as many chunks per byte.

    `known`: the chunks of the files read so far, of which `done` have their vectors.
    """
    if not done or not share_read or seconds < _MIN_RATE_S:
        return None, None
    rate = done / seconds
    return rate, max(0.0, known / share_read - done) / rate


def _unpack_archives(files: Sequence[IngestFile], max_bytes: int) -> list[IngestFile]:
    """Return the files, with the contents of an archive in its place."""
    found: list[IngestFile] = []
    for file in files:
        if PurePosixPath(file.name).suffix.lower() == ARCHIVE:
            found.extend(_archive_files(file, max_bytes))
        else:
            found.append(file)
    return found


def _archive_files(archive: IngestFile, max_bytes: int) -> list[IngestFile]:
    folder, _, name = archive.name.rpartition("/")
    try:
        members = unpack(archive.read(), name, max_bytes)
    except DocumentError as error:
        return [IngestFile(archive.name, archive.size_bytes, partial(_raise, error))]
    stem = f"{folder}/{PurePosixPath(name).stem}".lstrip("/")
    return [IngestFile(f"{stem}/{each.name}", each.size_bytes, each.read) for each in members]


def _raise(error: DocumentError) -> bytes:
    raise error


def _is_full(window: dict[int, PreparedDocument]) -> bool:
    kept_bytes = sum(len(prepared.original or b"") for prepared in window.values())
    return len(window) == WINDOW_FILES or _count_chunks(window) >= WINDOW_CHUNKS or kept_bytes >= WINDOW_BYTES


def _count_chunks(window: dict[int, PreparedDocument]) -> int:
    return sum(len(prepared.chunks) for prepared in window.values())
