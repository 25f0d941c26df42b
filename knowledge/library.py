"""Opens one data folder as a library: ingest, search, list and remove documents without blocking the event loop.

Edit it for what bot may call, and for the order in which the parts open and close.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

from knowledge.errors import DocumentError, Reason
from knowledge.faq.service import FaqService, QAPairDraft
from knowledge.ingestion.batch import Batch, BatchRequest, OnBatchProgress, OnReport
from knowledge.ingestion.ingestor import Ingestor, OnProgress, Upload
from knowledge.ingestion.removals import RESTORABLE_FOR, Removals
from knowledge.ingestion.reports import failed_report
from knowledge.ports import PassageReader, Reranker, TextEmbeddings
from knowledge.search.retriever import DocumentRetriever
from knowledge.settings import KnowledgeSettings
from knowledge.store.catalog import Catalog
from knowledge.store.database import Database
from knowledge.store.keyword_index import KeywordIndex
from knowledge.store.originals import Originals
from knowledge.store.pending_deletions import PendingDeletions
from knowledge.store.process_locks import ProcessLock
from knowledge.store.qa_index import QAIndex
from knowledge.store.removed_sources import RemovedSources
from knowledge.store.vector_generations import VectorGenerations
from knowledge.threads import ThreadPools
from knowledge.types import (
    Audience,
    BatchReport,
    Chunk,
    Evidence,
    IngestFile,
    IngestReport,
    Passage,
    QAPair,
    QAPairReport,
    Reader,
    Removal,
    Retrieval,
    Source,
    StoredQAPair,
    Support,
)
from knowledge.vectors.chroma_server import ChromaAddress, ChromaServer, RemoteServer
from knowledge.vectors.vector_eraser import VectorEraser
from knowledge.vectors.vector_index import VectorIndex
from knowledge.viewing.passages import PassageViewer
from storage.sizes import MEGABYTE
from text.file_names import safe_name

log = logging.getLogger(__name__)

_SPARE_BYTES = 64 * MEGABYTE
_GROWTH = 10
"""How much disk a document takes per byte: its text in the table, the keyword index and the log of both, and about 1.5
kB of vector for each 900 characters.
"""


class Library:
    """Keeps one data folder open. Several processes may have it open at once."""

    def __init__(
        self,
        settings: KnowledgeSettings,
        embeddings: TextEmbeddings,
        reranker: Reranker | None = None,
        passage_reader: PassageReader | None = None,
    ) -> None:
        folder = settings.data_dir
        self._process_lock = ProcessLock(folder / "owners")
        try:
            self._database = Database(folder / "knowledge.db")
        except BaseException:
            self._process_lock.release()
            raise
        self._threads = ThreadPools()
        keywords = KeywordIndex(self._database)
        pairs = QAIndex(self._database)
        self._pending_deletions = PendingDeletions(self._database)
        self._catalog = Catalog(self._database, keywords, pairs, self._pending_deletions)
        self._server: ChromaAddress = (
            ChromaServer(folder / "chroma") if settings.chroma_url is None else RemoteServer(settings.chroma_url)
        )
        generations = VectorGenerations(self._database, folder / "vector-locks")
        self._index = VectorIndex(self._server, embeddings, generations)
        self._eraser = VectorEraser(self._server, generations)
        self._embeddings = embeddings
        self._retriever = DocumentRetriever(
            self._catalog, keywords, pairs, self._index, embeddings, reranker, passage_reader
        )
        self._originals = Originals(folder / "originals", self._pending_deletions, self._process_lock)
        self._passages = PassageViewer(self._catalog, self._originals)
        max_bytes = settings.max_document_mb * MEGABYTE
        self._ingestor = Ingestor(
            self._catalog,
            self._pending_deletions,
            self._index,
            embeddings,
            self._originals,
            self._threads,
            owner=self._process_lock.token,
            max_bytes=max_bytes,
            max_passages=settings.max_guild_passages,
            has_room=lambda size: _has_room(folder, size),
        )
        self._removals = Removals(RemovedSources(self._database, self._catalog), self._ingestor)
        self._faq = FaqService(self._catalog, pairs, self._ingestor)

    @classmethod
    async def open(
        cls,
        settings: KnowledgeSettings,
        embeddings: TextEmbeddings,
        reranker: Reranker | None = None,
        passage_reader: PassageReader | None = None,
    ) -> Library:
        """Open the data folder, delete what an earlier process left unfinished and rebuild outdated indexes.

        The Chroma server starts with the first call that needs it. Raises DatabaseTooNew, DatabaseUnusable and what the
        cleanup raises; the folder is released then.
        """
        opening = asyncio.create_task(asyncio.to_thread(cls, settings, embeddings, reranker, passage_reader))
        try:
            library = await asyncio.shield(opening)
        except asyncio.CancelledError:
            await (await opening).close()
            raise
        try:
            await library._clean_up()
            library._eraser.start()
        except BaseException:
            await library.close()
            raise
        return library

    @property
    def erases_vectors(self) -> bool:
        """Return whether `erase_vectors` leaves nothing: only this program's own Chroma server can be vacuumed."""
        return isinstance(self._server, ChromaServer)

    @property
    def max_bytes(self) -> int:
        """Return the size above which a file is refused."""
        return self._ingestor.max_bytes

    async def warm_up(self) -> None:
        """Start what the first question would otherwise wait for. Raises IndexUnavailable."""
        await asyncio.gather(
            self._threads.vectors.run(self._server.ensure),
            self._threads.searching.run(self._embeddings.embed_query, "warm-up"),
        )

    async def close(self) -> None:
        """Release the data folder; the last process to do so stops the Chroma server."""
        await self._removals.stop()
        await asyncio.to_thread(self._close)

    async def register_guild(self, guild_id: str, name: str) -> None:
        """Add a guild, or update its name. Its documents need this first. Raises GuildError."""
        await self._threads.writing.run(self._catalog.register_guild, guild_id, name)

    async def resolve_guild(self, name_or_id: str) -> str:
        """Return the id of the one guild with this name or id. Raises UnknownGuild, AmbiguousGuild."""
        return await asyncio.to_thread(self._catalog.resolve_guild, name_or_id)

    async def ingest(
        self,
        path: Path,
        *,
        guild_id: str,
        audience: Audience,
        ingested_by: str,
        name: str | None = None,
        link: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> IngestReport:
        """Ingest the file at `path` as `ingest_bytes` does; `name` replaces the file's own name."""
        began = time.perf_counter()
        shown = path.name if name is None else name
        try:
            data = await self._threads.reading.run(read_file, path, self._ingestor.max_bytes)
        except DocumentError as error:
            return failed_report(safe_name(shown), error, began)
        return await self.ingest_bytes(
            data,
            name=shown,
            guild_id=guild_id,
            audience=audience,
            ingested_by=ingested_by,
            link=link,
            on_progress=on_progress,
        )

    async def ingest_bytes(
        self,
        data: bytes,
        *,
        name: str,
        guild_id: str,
        audience: Audience,
        ingested_by: str,
        link: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> IngestReport:
        """Make a document searchable, replacing the one with its name and audience.

        `link` is where people read it; it takes precedence over the one that the document gives itself. A file that
        cannot be ingested is reported, not raised. Raises GuildError, EmbeddingMismatch, IndexUnavailable.
        """
        return await self._ingestor.ingest(Upload(data, name, guild_id, audience, ingested_by, link=link), on_progress)

    async def ingest_all(
        self,
        files: Sequence[IngestFile],
        *,
        guild_id: str,
        audience: Audience,
        ingested_by: str,
        batch: str | None = None,
        link: str | None = None,
        on_progress: OnBatchProgress | None = None,
        on_report: OnReport | None = None,
    ) -> BatchReport:
        """Make files and the contents of archives searchable, each replacing the one with its name and audience.

        An interrupted batch that is started again under the same id continues where it stopped, and reports on all of
        it. `link` is where people read the document if it is a single one. Both callbacks are called from any thread.
        Raises what `ingest_bytes` raises; files finished before that are kept.
        """
        show, report = on_progress or _ignore_report, on_report or _ignore_report
        request = BatchRequest(guild_id, audience, ingested_by, batch, link, show, report)
        return await Batch(self._ingestor, request).run(files)

    def file_at(self, path: Path) -> IngestFile:
        """Return the file at `path` for `ingest_all`, which reads it when its turn comes."""
        size = path.stat().st_size if path.is_file() else 0
        return IngestFile(path.as_posix(), size, partial(read_file, path, self._ingestor.max_bytes))

    async def search(
        self,
        query: str,
        guild_id: str,
        reader: Reader,
        limit: int = 8,
        *,
        read_for: str | None = None,
        as_typed: bool = False,
    ) -> Retrieval:
        """Return the `limit` best passages that `reader` may read, best first; none if the guild has no documents.

        The best are read closely for the question `read_for`; None: for the query. `as_typed`: the query is searched
        for unchanged, to compare with. Raises EmbeddingMismatch, IndexUnavailable.
        """
        search = partial(self._retriever.search, query, guild_id, reader, limit, read_for=read_for, as_typed=as_typed)
        return await self._threads.searching.run(search)

    async def support(self, statement: str, evidence: Sequence[Evidence]) -> list[Support]:
        """Return how each passage relates to the statement, in their order; empty where no reader was given."""
        return await self._threads.searching.run(self._retriever.support, statement, evidence)

    async def search_by_keywords(self, query: str, guild_id: str, reader: Reader, limit: int) -> list[str]:
        """Return the ids of the passages that the keyword index alone ranks best, best first, to compare `search` with.

        Unlike `search`, it is not restricted to passages in the question's script.
        """
        return await asyncio.to_thread(self._retriever.search_by_keywords, query, guild_id, reader, limit)

    async def chunks(self, guild_id: str, reader: Reader) -> list[tuple[Chunk, Source]]:
        """Return every passage that `reader` may read, ordered by its source's name and its place there."""
        return await asyncio.to_thread(
            lambda: [
                (chunk, source)
                for source in self._catalog.sources(guild_id, reader)
                for chunk in self._catalog.source_chunks(source.id)
            ]
        )

    async def sources(self, guild_id: str, reader: Reader) -> list[Source]:
        """Return the guild's sources that `reader` may read, by name."""
        return await asyncio.to_thread(self._catalog.sources, guild_id, reader)

    async def find_sources(self, guild_id: str, names_or_ids: Sequence[str], reader: Reader) -> list[Source]:
        """Return the sources with these names or ids that `reader` may read. Raises SourceNotFound."""

        def find() -> list[Source]:
            found = [self._catalog.find_source(guild_id, each, reader) for each in names_or_ids]
            return list({source.id: source for source in found}.values())

        return await asyncio.to_thread(find)

    async def remove(self, guild_id: str, name_or_id: str, reader: Reader) -> Source:
        """Delete a source that `reader` may read, with everything derived from it. Raises SourceNotFound.

        What was deleted of its vectors stays in Chroma's files until `erase_vectors`.
        """
        source = await asyncio.to_thread(self._catalog.find_source, guild_id, name_or_id, reader)
        await self._threads.writing.run(self._catalog.remove, source)
        await self._ingestor.discard(guild_id, [source])
        await self._ingestor.purge(guild_id)
        return source

    async def erase_vectors(self) -> bool:
        """Erase the vectors of removed and replaced documents from Chroma's files, and return whether that was done.

        It is done every few minutes without this call, and takes minutes for a large guild. Raises IndexUnavailable.
        """
        return await self._threads.purging.run(self._eraser.erase)

    async def remove_for_now(
        self,
        guild_id: str,
        names_or_ids: Sequence[str],
        reader: Reader,
        restorable_for: timedelta = RESTORABLE_FOR,
    ) -> Removal:
        """Take sources that `reader` may read out of every search, and delete them when `restorable_for` is over.

        Until then `restore` brings them back. Raises SourceNotFound, and then removes none.
        """
        sources = await self.find_sources(guild_id, names_or_ids, reader)
        return await self._removals.remove(sources, restorable_for)

    async def restore(self, guild_id: str, removal_id: str) -> list[Source]:
        """Undo a removal, and return what is back. Raises RemovalOver, NameTaken."""
        return await self._removals.restore(guild_id, removal_id)

    async def removed_audiences(self, guild_id: str, removal_id: str) -> list[Audience]:
        """Return the audiences of what was removed. Raises RemovalOver."""
        return await self._removals.audiences(guild_id, removal_id)

    async def namesakes(self, guild_id: str, batch: str, reader: Reader) -> list[Source]:
        """Return the readable sources that have the name of one that the batch added, for another audience."""
        return await asyncio.to_thread(self._catalog.namesakes, guild_id, batch, reader)

    async def passage(self, guild_id: str, chunk_id: str, reader: Reader, texts: Sequence[str]) -> Passage:
        """Return a passage with the words marked that it shares with `texts`. Raises PassageGone, PassageHidden."""
        return await asyncio.to_thread(self._passages.passage, guild_id, chunk_id, reader, texts)

    async def page_image(self, passage: Passage) -> bytes | None:
        """Return the passage's page as a PNG with its words marked; None if no original is kept.

        Raises PageImageFailed.
        """
        return await self._threads.drawing.run(self._passages.page_image, passage)

    async def write_pair(
        self,
        pair: QAPair,
        *,
        guild_id: str,
        audience: Audience,
        written_by: str,
        corrects: str | None = None,
        replacing: str | None = None,
    ) -> QAPairReport:
        """Save a moderator's answer to a question, replacing the one that this audience had for it.

        `corrects` is the id of the source that answered it wrongly, `replacing` that of an earlier pair. Raises
        QAPairError, GuildError, EmbeddingMismatch, IndexUnavailable, DocumentError.
        """
        return await self._faq.write(
            QAPairDraft(pair, guild_id, audience, written_by, corrects=corrects, replacing=replacing)
        )

    async def pairs(self, guild_id: str, reader: Reader) -> list[StoredQAPair]:
        """Return the guild's question and answer pairs that `reader` may read, the latest first."""
        return await asyncio.to_thread(self._faq.list_pairs, guild_id, reader)

    async def reindex(self, guild_id: str, on_progress: OnProgress | None = None) -> int:
        """Embed every chunk without a vector of the current model, delete another model's vectors, and return how many
        chunks were embedded.
        """
        return await self._ingestor.reindex(guild_id, on_progress)

    async def _clean_up(self) -> None:
        await self._threads.writing.run(self._originals.sweep)
        for guild_id, source_ids in (
            await asyncio.to_thread(lambda: self._pending_deletions.outstanding(self._process_lock.live()))
        ).items():
            await self._ingestor.discard_vectors(guild_id, source_ids)
        for guild_id in await asyncio.to_thread(self._catalog.guild_ids):
            await self._threads.writing.run(self._catalog.rebuild_outdated, guild_id)
            await self._ingestor.purge(guild_id)
        await self._removals.start()

    def _close(self) -> None:
        with ExitStack() as closing:  # Last in, first closed; each is closed even if one before it raises.
            closing.callback(self._stop_server)
            closing.callback(self._process_lock.release)
            closing.callback(self._database.close)
            closing.callback(self._index.close)
            closing.callback(self._retriever.close)
            closing.callback(self._threads.close)
            closing.callback(self._catalog.close)
            closing.callback(self._eraser.close)

    def _stop_server(self) -> None:
        if not self._process_lock.others():
            self._server.stop()


def read_file(path: Path, max_bytes: int) -> bytes:
    """Return the bytes of a file. Raises DocumentError."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            limit_mb = max_bytes // MEGABYTE
            message = f"{path.name}: {size / MEGABYTE:.1f} MB is over the limit of {limit_mb} MB"
            raise DocumentError(Reason.TOO_LARGE, message)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DocumentError(Reason.NOT_FOUND, f"{path.name}: no such file") from error
    except OSError as error:
        raise DocumentError(Reason.UNREADABLE, f"{path.name}: {error.strerror}") from error


def _has_room(folder: Path, size_bytes: int) -> bool:
    """Return whether disk space remains for everything else even if text, terms and vectors grow to their maximum."""
    return shutil.disk_usage(folder).free > _SPARE_BYTES + _GROWTH * size_bytes


def _ignore_report(_: object) -> None:
    pass
