"""From a file's bytes to visible chunks. The order of its writes is what keeps a kill at any instant harmless:

announced in SQLite, the original kept, vectors in Chroma, then one SQLite transaction that puts the new version in the
old one's place, then the old vectors and originals deleted. What is announced and never published is swept when the
library opens.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from knowledge.catalog import Catalog, new_source_id
from knowledge.context import in_context
from knowledge.errors import DocumentError, EmbeddingMismatch, KnowledgeError, Reason
from knowledge.filename import safe_name
from knowledge.index import VectorIndex
from knowledge.link import MAX_LINK_CHARS, checked_link
from knowledge.loaders import LoadedDocument, load
from knowledge.originals import SHOWN, Originals
from knowledge.ports import TextEmbeddings
from knowledge.splitter import split
from knowledge.types import OWNER, Audience, Chunk, IngestOutcome, IngestProgress, IngestReport, Source

log = logging.getLogger(__name__)

BATCH = 16
"""Chunks embedded at a time: about a second on two cores, so that questions get their turn in between."""

OnProgress = Callable[[IngestProgress], None]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to ingest, and on whose behalf."""

    data: bytes
    name: str
    guild_id: str
    audience: Audience
    ingested_by: str
    link: str | None = None
    """Where people read the document, unchecked; None: as the document itself says."""


class Ingestor:
    """Ingests one file at a time a call; calls may overlap."""

    def __init__(
        self,
        catalog: Catalog,
        index: VectorIndex,
        embeddings: TextEmbeddings,
        originals: Originals,
        owner: str,
        max_bytes: int,
        has_room: Callable[[int], bool],
    ) -> None:
        """`has_room` tells whether the disk takes a document of so many bytes, with all that is made of it."""
        self._catalog = catalog
        self._index = index
        self._embeddings = embeddings
        self._originals = originals
        self._owner = owner
        self.max_bytes = max_bytes
        self._has_room = has_room

    async def ingest(self, upload: Upload, on_progress: OnProgress | None) -> IngestReport:
        """The report on one file; a file that cannot be ingested is reported, not raised."""
        began = time.perf_counter()
        report = on_progress or _ignore
        name = safe_name(upload.name)
        digest = hashlib.sha256(upload.data).hexdigest()
        last = await asyncio.to_thread(self._catalog.version, upload.guild_id, name, upload.audience)
        try:
            link = _checked(upload.link, name)
        except DocumentError as error:
            return failed(name, error, began)
        if last is not None and last[0].sha256 == digest:
            source, pages = last
            return _report(await self._renew(source, upload, link), IngestOutcome.UNCHANGED, pages, began)
        report(IngestProgress("reading", 0, 0))
        source_id = new_source_id()
        try:
            if not await asyncio.to_thread(self._has_room, len(upload.data)):
                raise DocumentError(Reason.DISK_FULL, f"{name}: the disk has too little space: free some first")
            document = await asyncio.to_thread(load, upload.data, name, self.max_bytes)
            chunks = await asyncio.to_thread(split, document, source_id)
        except DocumentError as error:
            return failed(name, error, began)
        source = _source(upload, name, digest, source_id, document, len(chunks), link or document.link)
        await self._store(source, document.page_count, chunks, upload.data, report)
        outcome = IngestOutcome.NEW if last is None else IngestOutcome.CHANGED
        return _report(source, outcome, document.page_count, began)

    async def _renew(self, source: Source, upload: Upload, link: str | None) -> Source:
        """Bring what is unchanged up to date: its link, and an original that was not kept yet."""
        if source.media in SHOWN:
            await asyncio.to_thread(self._originals.put, upload.data, source.sha256)
            await asyncio.to_thread(self._originals.discard_unused, [source.sha256])  # It may have gone meanwhile.
        if link is None or link == source.link:
            return source
        await asyncio.to_thread(self._catalog.set_link, source.id, link)
        return replace(source, link=link)

    async def _store(
        self, source: Source, page_count: int | None, chunks: list[Chunk], data: bytes, report: OnProgress
    ) -> None:
        await asyncio.to_thread(self._catalog.announce, source.guild_id, source.id, self._owner, source.sha256)
        try:
            if source.media in SHOWN:
                await asyncio.to_thread(self._originals.put, data, source.sha256)
            await self._embed(source, chunks, report)
            report(IngestProgress("storing", len(chunks), len(chunks)))
            replaced = await asyncio.to_thread(self._catalog.publish, source, page_count, chunks)
        except BaseException:
            self._catalog.abandon(source.id)
            self._originals.discard_unused([source.sha256])
            raise
        for old in replaced:
            await self.discard(old)

    async def discard(self, source: Source) -> None:
        """Delete what lies outside of the catalog of a source that is gone from it."""
        await asyncio.to_thread(self._originals.discard_unused, [source.sha256])
        await self.discard_vectors(source.guild_id, source.id)

    async def discard_vectors(self, guild_id: str, source_id: str) -> None:
        """Delete the vectors of a source that is gone. Where that fails, they are swept at the next start."""
        try:
            await asyncio.to_thread(self._index.delete_source, guild_id, source_id)
        except KnowledgeError as error:
            log.warning("vectors of a removed document stay until the next start: %s", error)
            return
        await asyncio.to_thread(self._catalog.forget_stray, source_id)

    async def reindex(self, guild_id: str, on_progress: OnProgress | None) -> int:
        """Embed the guild's chunks that have no vector of the current model; how many it was."""
        try:
            embedded = await asyncio.to_thread(self._index.ids, guild_id)
        except EmbeddingMismatch:
            await asyncio.to_thread(self._index.drop, guild_id)
            embedded = set()
        count = 0
        for source in await asyncio.to_thread(self._catalog.sources, guild_id, OWNER):
            chunks = await asyncio.to_thread(self._catalog.source_chunks, source.id)
            missing = [chunk for chunk in chunks if chunk.id not in embedded]
            await self._embed(source, missing, on_progress or _ignore)
            count += len(missing)
        return count

    async def _embed(self, source: Source, chunks: list[Chunk], report: OnProgress) -> None:
        """Write the vectors of these chunks of one source."""
        audience = source.audience.key
        for at in range(0, len(chunks), BATCH):
            report(IngestProgress("embedding", at, len(chunks)))
            part = chunks[at : at + BATCH]
            texts = [in_context(source.name, chunk.place.heading, chunk.text) for chunk in part]
            vectors = await asyncio.to_thread(self._embeddings.embed_documents, texts)
            ids = [chunk.id for chunk in part]
            await asyncio.to_thread(self._index.upsert, source.guild_id, source.id, audience, ids, vectors)


def failed(name: str, error: DocumentError, began: float) -> IngestReport:
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
    )


def _report(source: Source, outcome: IngestOutcome, page_count: int | None, began: float) -> IngestReport:
    seconds = time.perf_counter() - began
    return IngestReport(source.name, outcome, source, source.chunk_count, page_count, seconds)


def _source(
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
    )


def _checked(link: str | None, name: str) -> str | None:
    if link is None:
        return None
    checked = checked_link(link)
    if checked is None:
        raise DocumentError(
            Reason.BAD_LINK,
            f"{name}: its link is no http or https address without a password, of at most {MAX_LINK_CHARS} characters",
        )
    return checked


def _ignore(_: IngestProgress) -> None:
    pass
