"""Turns a file's bytes into visible chunks, in an order of writes that makes a kill at any instant harmless.

The order: announce in SQLite, keep the original, write vectors to Chroma, publish in one SQLite transaction that
replaces the old version, delete the old vectors and originals. What is announced and never published is deleted when
the library opens.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event

from pydantic import ValidationError

from knowledge.chunking.contextual_text import embedded_text, fingerprint
from knowledge.errors import DocumentError, EmbeddingMismatch, KnowledgeError, Reason
from knowledge.ingestion.document_process import SPLIT_DOCUMENT, SplitDocument, read_and_split
from knowledge.ingestion.embedder import Embedder, EmbeddingTask
from knowledge.ingestion.reports import failed_report, report_on, unchanged_report
from knowledge.parsing.document_metadata import MAX_LINK_CHARS, checked_link
from knowledge.parsing.loader import LoadedDocument
from knowledge.parsing.sandbox import Limits, run_sandboxed
from knowledge.ports import TextEmbeddings
from knowledge.store.catalog import Catalog, DocumentVersion, IngestionRecord, new_source_id
from knowledge.store.originals import SHOWN, Originals
from knowledge.store.pending_deletions import PendingDeletions
from knowledge.threads import ThreadPools
from knowledge.types import OWNER, Audience, Chunk, IngestOutcome, IngestProgress, IngestReport, LeftOut, Source
from knowledge.vectors.vector_index import VectorIndex
from text.file_names import safe_name

log = logging.getLogger(__name__)

CONTAINED_BYTES = 256_000
"""The size from which a file is read and split in a child process, whose start takes about a second."""
SPLITTING_LIMITS = Limits(seconds=120, memory_bytes=2 * 1024**3, output_bytes=120 * 1024**2)

OnProgress = Callable[[IngestProgress], None]


@dataclass(frozen=True, slots=True)
class Upload:
    """Holds a file to ingest, and on whose behalf."""

    data: bytes
    name: str
    guild_id: str
    audience: Audience
    ingested_by: str
    batch: str | None = None
    """The batch that it belongs to; started again after a kill, it repeats its earlier report."""
    link: str | None = None
    """Where people read the document, unchecked; None: the link that the document gives itself."""


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """Holds a document that was read, but is not stored yet."""

    source: Source
    page_count: int | None
    chunks: tuple[Chunk, ...]
    original: bytes | None
    """The file itself, if it is kept."""
    earlier: Source | None
    """The version that it replaces."""
    batch: str | None
    began: float
    left_out: tuple[LeftOut, ...]
    """What the file contains that is not in its text."""


class Ingestor:
    """Reads documents and stores them; calls may overlap."""

    def __init__(
        self,
        catalog: Catalog,
        pending_deletions: PendingDeletions,
        index: VectorIndex,
        embeddings: TextEmbeddings,
        originals: Originals,
        threads: ThreadPools,
        *,
        owner: str,
        max_bytes: int,
        max_passages: int,
        has_room: Callable[[int], bool],
    ) -> None:
        """Create the ingestor; `has_room` returns whether the disk has room for a document of so many bytes.

        `max_passages`: the most that one guild may have, so that none fills the disk that all share.
        """
        self._catalog = catalog
        self._pending_deletions = pending_deletions
        self._index = index
        self._embedder = Embedder(index, embeddings, threads)
        self.threads = threads
        self._originals = originals
        self._owner = owner
        self.max_bytes = max_bytes
        self._max_passages = max_passages
        self._has_room = has_room

    async def ingest(self, upload: Upload, on_progress: OnProgress | None) -> IngestReport:
        """Ingest one file and return the report on it; a file that cannot be ingested is reported, not raised."""
        report = on_progress or _ignore_progress
        report(IngestProgress("reading", 0, 0))
        prepared = await self.threads.reading.run(self.prepare, upload)
        if isinstance(prepared, IngestReport):
            return prepared
        total = len(prepared.chunks)

        def show(done: int) -> None:
            report(IngestProgress("embedding" if done < total else "storing", done, total))

        try:
            (stored,) = await self.store([prepared], show)
        finally:
            await self.purge(upload.guild_id)
        return stored

    def prepare(self, upload: Upload) -> PreparedDocument | IngestReport:
        """Read a file, or return the report on it if nothing of it needs storing. Blocks. Raises UnknownGuild."""
        began = time.perf_counter()
        name = safe_name(upload.name)
        digest = hashlib.sha256(upload.data).hexdigest()
        last = self._catalog.version(upload.guild_id, name, upload.audience)
        try:
            link = _checked_upload_link(upload.link, name)
        except DocumentError as error:
            return failed_report(name, error, began)
        if last is not None and last.source.sha256 == digest:
            current = replace(last, source=self._update_unchanged(last.source, upload, link))
            return unchanged_report(current, upload.batch, began)
        source_id = new_source_id()
        try:
            if not self._has_room(len(upload.data)):
                raise DocumentError(Reason.DISK_FULL, f"{name}: not enough disk space: free some first")
            document, chunks = _split(upload.data, name, self.max_bytes, source_id)
            self._check_quota(upload.guild_id, len(chunks) - (0 if last is None else last.source.chunk_count), name)
        except DocumentError as error:
            return failed_report(name, error, began)
        return PreparedDocument(
            source=_new_source(upload, name, digest, source_id, document, len(chunks), link or document.link),
            page_count=document.page_count,
            chunks=chunks,
            original=upload.data if document.media in SHOWN else None,
            earlier=None if last is None else last.source,
            batch=upload.batch,
            began=began,
            left_out=document.left_out,
        )

    def _check_quota(self, guild_id: str, more: int, name: str) -> None:
        if more > 0 and self._catalog.chunk_count(guild_id) + more > self._max_passages:
            message = f"{name}: the guild would have over {self._max_passages:,} passages: remove documents first"
            raise DocumentError(Reason.GUILD_FULL, message)

    def _update_unchanged(self, source: Source, upload: Upload, link: str | None) -> Source:
        """Update an unchanged source: its link, and its original if that was not kept yet."""
        if source.media in SHOWN:
            self._originals.put(upload.data, source.sha256)
            self._originals.discard_unused([source.sha256])  # Its source may have been removed meanwhile.
        if link is None or link == source.link:
            return source
        self._catalog.set_link(source.id, link)
        return replace(source, link=link)

    async def store(
        self, documents: Sequence[PreparedDocument], on_written: Callable[[int], None]
    ) -> list[IngestReport]:
        """Publish documents of one guild and audience together, and return the reports in their order.

        `on_written` receives how many of their chunks have a vector. Replaced text stays in the file until `purge`.
        """
        sources = [document.source for document in documents]
        guild_id, audience = sources[0].guild_id, sources[0].audience.key
        writing = self.threads.writing
        try:
            await writing.finish(self._pending_deletions.announce, sources, self._owner)
            await writing.finish(self._keep_originals, documents)
            tasks = await asyncio.to_thread(self._embedding_tasks, documents)
            embedded = await self._embedder.write(guild_id, audience, tasks, on_written)
            versions = [
                (_document_version(document, embedded.get(document.source.id, 0)), document) for document in documents
            ]
            publishing = [(version, document.chunks) for version, document in versions]
            cancelled = Event()
            replaced = await writing.finish(
                self._catalog.publish, publishing, cancelled.is_set, on_cancel=cancelled.set
            )
        except BaseException:
            # If the cancellation came too late, the source is published, and this changes nothing.
            await writing.finish(self._roll_back, documents)
            raise
        await self.discard(guild_id, replaced)
        return [report_on(version, document.began) for version, document in versions]

    def _roll_back(self, documents: Sequence[PreparedDocument]) -> None:
        self._pending_deletions.cancel([document.source.id for document in documents])
        versions = [version for document in documents for version in (document.source, document.earlier)]
        self._originals.discard_unused([version.sha256 for version in versions if version is not None])

    def _keep_originals(self, documents: Sequence[PreparedDocument]) -> None:
        for document in documents:
            if document.original is not None:
                self._originals.put(document.original, document.source.sha256)

    async def discard(self, guild_id: str, sources: Sequence[Source]) -> None:
        """Delete the originals and vectors of sources that are no longer in the catalog."""
        if sources:
            await self.threads.writing.run(self._originals.discard_unused, [source.sha256 for source in sources])
            await self.discard_vectors(guild_id, [source.id for source in sources])

    async def discard_removed(self, guild_id: str, hashes: Mapping[str, str]) -> None:
        """Delete the originals and vectors of removed sources, given by id with their originals' hashes."""
        await self.threads.writing.run(self._originals.discard_unused, list(hashes.values()))
        await self.discard_vectors(guild_id, list(hashes))

    async def purge(self, guild_id: str) -> None:
        """Remove the text of replaced versions from the database file."""
        await self.threads.purging.run(self._catalog.purge, guild_id)

    async def discard_vectors(self, guild_id: str, source_ids: Sequence[str]) -> None:
        """Delete the vectors of removed sources. If that fails, the next start deletes them."""
        if not source_ids:
            return
        try:
            await self.threads.vectors.run(self._index.delete_sources, guild_id, source_ids)
        except KnowledgeError as error:
            log.warning("could not delete the vectors of removed documents, trying again at the next start: %s", error)
            return
        await self.threads.writing.run(self._pending_deletions.forget, source_ids)

    async def reindex(self, guild_id: str, on_progress: OnProgress | None) -> int:
        """Embed the guild's chunks that have no vector of the current model, and return how many there were."""
        report = on_progress or _ignore_progress
        try:
            embedded = await self.threads.vectors.run(self._index.ids, guild_id)
        except EmbeddingMismatch:
            await self.threads.vectors.run(self._index.drop, guild_id)
            embedded = set()
        count = 0
        for source in await asyncio.to_thread(self._catalog.sources, guild_id, OWNER):
            chunks = await asyncio.to_thread(self._catalog.source_chunks, source.id)
            missing = [_embedding_task(source, chunk, None) for chunk in chunks if chunk.id not in embedded]
            total = len(missing)

            def show(done: int, total: int = total) -> None:
                report(IngestProgress("embedding", done, total))

            if missing:
                await self._embedder.write(guild_id, source.audience.key, missing, show)
            count += total
        return count

    def _embedding_tasks(self, documents: Sequence[PreparedDocument]) -> list[EmbeddingTask]:
        """Return a task for each chunk, with the earlier version's chunk whose vector it can reuse."""
        tasks: list[EmbeddingTask] = []
        for document in documents:
            earlier = {} if document.earlier is None else self._catalog.embedded(document.earlier.id)
            tasks.extend(_embedding_task(document.source, chunk, earlier) for chunk in document.chunks)
        return tasks


def _split(data: bytes, name: str, max_bytes: int, source_id: str) -> tuple[LoadedDocument, tuple[Chunk, ...]]:
    """Return a document and its passages, made in a child process if the file is large. Raises DocumentError."""
    if len(data) < CONTAINED_BYTES or len(data) > max_bytes:
        return read_and_split(data, name, max_bytes, source_id)
    arguments = [name, str(max_bytes), source_id]
    child = run_sandboxed("knowledge.ingestion.document_process", arguments, data, SPLITTING_LIMITS)
    try:
        result = SPLIT_DOCUMENT.validate_json(child.output)
    except ValidationError:
        log.warning("the process that splits documents exited with %s and no result", child.code)
        result = SplitDocument(reason=child.reason)
    if result.document is None:
        reason = result.reason or Reason.CORRUPT
        raise DocumentError(reason, result.sentence or f"{name}: it can't be split: {reason}", result.page)
    return result.document, result.chunks


def _embedding_task(source: Source, chunk: Chunk, earlier: dict[bytes, str] | None) -> EmbeddingTask:
    text = embedded_text(source.name, chunk.place.heading, chunk.text)
    return EmbeddingTask(chunk.id, source.id, text, earlier.get(fingerprint(text)) if earlier else None)


def _document_version(document: PreparedDocument, embedded_count: int) -> DocumentVersion:
    outcome = IngestOutcome.NEW if document.earlier is None else IngestOutcome.CHANGED
    return DocumentVersion(
        document.source,
        document.page_count,
        IngestionRecord(outcome, embedded_count, document.batch, document.left_out),
    )


def _new_source(
    upload: Upload,
    name: str,
    digest: str,
    source_id: str,
    document: LoadedDocument,
    chunk_count: int,
    link: str | None,
) -> Source:
    return Source(
        id=source_id,
        guild_id=upload.guild_id,
        name=name,
        media=document.media,
        sha256=digest,
        audience=upload.audience,
        size_bytes=len(upload.data),
        chunk_count=chunk_count,
        ingested_at=datetime.now(UTC),
        ingested_by=upload.ingested_by,
        link=link,
        dated=document.dated,
    )


def _checked_upload_link(link: str | None, name: str) -> str | None:
    if link is None:
        return None
    checked = checked_link(link)
    if checked is None:
        raise DocumentError(
            Reason.BAD_LINK,
            f"{name}: a link must be an http or https address without a password, at most {MAX_LINK_CHARS} characters",
        )
    return checked


def _ignore_progress(_: IngestProgress) -> None:
    pass
