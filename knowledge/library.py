"""All of a community's documents behind one object: ingest, search, list, remove. It never blocks the event loop.

Knows no Discord, and no model but the embeddings that it is given.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from knowledge.errors import DocumentError, Reason
from knowledge.faq.service import FaqService, QAPairDraft
from knowledge.ingestion.batch import Batch, BatchRequest, OnBatchProgress, OnReport
from knowledge.ingestion.ingestor import Ingestor, OnProgress, Upload
from knowledge.ingestion.reports import failed_report
from knowledge.ports import Reranker, TextEmbeddings
from knowledge.search.retriever import DocumentRetriever
from knowledge.settings import KnowledgeSettings
from knowledge.store.catalog import Catalog
from knowledge.store.database import Database
from knowledge.store.keyword_index import KeywordIndex
from knowledge.store.originals import Originals
from knowledge.store.pending_deletions import PendingDeletions
from knowledge.store.process_locks import ProcessLock
from knowledge.store.qa_index import QAIndex
from knowledge.threads import ThreadPools
from knowledge.types import (
    Audience,
    BatchReport,
    Chunk,
    IngestFile,
    IngestReport,
    Passage,
    QAPair,
    QAPairReport,
    Reader,
    Retrieval,
    Source,
    StoredQAPair,
)
from knowledge.vectors.chroma_server import ChromaAddress, ChromaServer, RemoteServer
from knowledge.vectors.vector_index import VectorIndex
from knowledge.viewing.passages import PassageViewer
from storage.sizes import MEGABYTE
from text.file_names import safe_name

log = logging.getLogger(__name__)

_SPARE_BYTES = 64 * MEGABYTE
_GROWTH = 10
"""Text in the table, in the keyword index and in the log of both, and 1.5 kB of vector for each 900 characters."""


class Library:
    """One data folder, open. Several processes may have it open at once."""

    def __init__(
        self, settings: KnowledgeSettings, embeddings: TextEmbeddings, reranker: Reranker | None = None
    ) -> None:
        folder = settings.data_dir
        self._owner = ProcessLock(folder / "owners")
        try:
            self._database = Database(folder / "knowledge.db")
        except BaseException:
            self._owner.leave()
            raise
        self._threads = ThreadPools()
        keywords = KeywordIndex(self._database)
        pairs = QAIndex(self._database)
        self._strays = PendingDeletions(self._database)
        self._catalog = Catalog(self._database, keywords, pairs, self._strays)
        self._server: ChromaAddress = (
            ChromaServer(folder / "chroma") if settings.chroma_url is None else RemoteServer(settings.chroma_url)
        )
        self._index = VectorIndex(self._server, embeddings)
        self._embeddings = embeddings
        self._retriever = DocumentRetriever(self._catalog, keywords, pairs, self._index, embeddings, reranker)
        self._originals = Originals(folder / "originals", self._strays, self._owner)
        self._passages = PassageViewer(self._catalog, self._originals)
        max_bytes = settings.max_document_mb * MEGABYTE
        self._ingestor = Ingestor(
            self._catalog,
            self._strays,
            self._index,
            embeddings,
            self._originals,
            self._threads,
            owner=self._owner.token,
            max_bytes=max_bytes,
            has_room=lambda size: _has_room(folder, size),
        )
        self._pair_book = FaqService(self._catalog, pairs, self._ingestor)

    @classmethod
    async def open(
        cls, settings: KnowledgeSettings, embeddings: TextEmbeddings, reranker: Reranker | None = None
    ) -> Library:
        """Open the data folder, clear away what an earlier process left half done, and renew what another version made.

        The Chroma server starts with the first call that needs it. Raises DatabaseTooNew, DatabaseUnusable and what
        clearing away raises; the folder is let go of then.
        """
        opening = asyncio.create_task(asyncio.to_thread(cls, settings, embeddings, reranker))
        try:
            library = await asyncio.shield(opening)
        except asyncio.CancelledError:
            await (await opening).close()
            raise
        try:
            await library._sweep()
        except BaseException:
            await library.close()
            raise
        return library

    @property
    def max_bytes(self) -> int:
        """A larger file is refused."""
        return self._ingestor.max_bytes

    async def warm_up(self) -> None:
        """Start what a first question would else wait for. Raises IndexUnavailable."""
        await asyncio.gather(
            self._threads.vectors.run(self._server.ensure),
            self._threads.searching.run(self._embeddings.embed_query, "warm-up"),
        )

    async def close(self) -> None:
        """Let go of the data folder; the last to do so ends the Chroma server."""
        await asyncio.to_thread(self._close)

    async def register_guild(self, guild_id: str, name: str) -> None:
        """Make a guild known, or its new name. Its documents need this first. Raises GuildError."""
        await self._threads.writing.run(self._catalog.register_guild, guild_id, name)

    async def resolve_guild(self, name_or_id: str) -> str:
        """The id of the one guild so named. Raises UnknownGuild, AmbiguousGuild."""
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
        """`ingest_bytes` with what the file at `path` holds; `name` stands for the file's own."""
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
        """Make a document searchable, in place of the one with its name and audience.

        `link` is where people read it; it goes before the one that the document gives itself. A file that cannot be
        ingested is reported, not raised. Raises GuildError, EmbeddingMismatch, IndexUnavailable.
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
        """Make files searchable, and what is in their archives, each in place of the one with its name and audience.

        A batch that was cut off and is begun again under the same id goes on where it was, and reports on all of it.
        `link` is where people read the document, where it is a single one. Both callbacks come from any thread. Raises
        what `ingest_bytes` does; what was finished before stays.
        """
        tell, report = on_progress or _ignore, on_report or _ignore
        order = BatchRequest(guild_id, audience, ingested_by, batch, link, tell, report)
        return await Batch(self._ingestor, order).run(files)

    def file_at(self, path: Path) -> IngestFile:
        """The file at `path`, for `ingest_all`; it is read when its turn comes."""
        size = path.stat().st_size if path.is_file() else 0
        return IngestFile(path.as_posix(), size, partial(read_file, path, self._ingestor.max_bytes))

    async def search(self, query: str, guild_id: str, reader: Reader, limit: int = 8) -> Retrieval:
        """The `limit` best passages that `reader` may read, best first; none where the guild has no documents.

        Raises EmbeddingMismatch, IndexUnavailable.
        """
        return await self._threads.searching.run(self._retriever.search, query, guild_id, reader, limit)

    async def search_by_keywords(self, query: str, guild_id: str, reader: Reader, limit: int) -> list[str]:
        """Return the ids of the passages that the keyword index alone ranks best, best first: to compare `search` with.

        It is not restricted to passages in the question's script, as `search` is.
        """
        return await asyncio.to_thread(self._retriever.search_by_keywords, query, guild_id, reader, limit)

    async def chunks(self, guild_id: str, reader: Reader) -> list[tuple[Chunk, Source]]:
        """Return every passage that `reader` may read, by the name of its source and its place there."""
        return await asyncio.to_thread(
            lambda: [
                (chunk, source)
                for source in self._catalog.sources(guild_id, reader)
                for chunk in self._catalog.source_chunks(source.id)
            ]
        )

    async def sources(self, guild_id: str, reader: Reader) -> list[Source]:
        """The guild's sources that `reader` may read, by name."""
        return await asyncio.to_thread(self._catalog.sources, guild_id, reader)

    async def remove(self, guild_id: str, name_or_id: str, reader: Reader) -> Source:
        """Delete a source that `reader` may read, with all that was made and kept of it. Raises SourceError."""
        source = await asyncio.to_thread(self._catalog.find_source, guild_id, name_or_id, reader)
        await self._threads.writing.run(self._catalog.remove, source)
        await self._ingestor.discard(guild_id, [source])
        await self._ingestor.purge(guild_id)
        return source

    async def passage(self, guild_id: str, chunk_id: str, reader: Reader, said: Sequence[str]) -> Passage:
        """The passage, with the words marked that it shares with what was `said`. Raises PassageGone, PassageHidden."""
        return await asyncio.to_thread(self._passages.passage, guild_id, chunk_id, reader, said)

    async def page_picture(self, passage: Passage) -> bytes | None:
        """The page of a passage as a PNG, its words marked; None where no original is kept. Raises PictureFailed."""
        return await self._threads.drawing.run(self._passages.page_picture, passage)

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
        """Let a question be answered so from now on, in place of what that audience had for it.

        `corrects` is the id of the source from which it was answered wrongly, `replacing` that of an earlier pair.
        Raises PairError, GuildError, EmbeddingMismatch, IndexUnavailable, DocumentError.
        """
        return await self._pair_book.write(
            QAPairDraft(pair, guild_id, audience, written_by, corrects=corrects, replacing=replacing)
        )

    async def pairs(self, guild_id: str, reader: Reader) -> list[StoredQAPair]:
        """The guild's pairs that `reader` may read, the latest first."""
        return await asyncio.to_thread(self._pair_book.listed, guild_id, reader)

    async def reindex(self, guild_id: str, on_progress: OnProgress | None = None) -> int:
        """Embed every chunk that has no vector of the current model, and drop another model's; how many it was."""
        return await self._ingestor.reindex(guild_id, on_progress)

    async def _sweep(self) -> None:
        await self._threads.writing.run(self._originals.sweep)
        for guild_id, source_ids in (await asyncio.to_thread(lambda: self._strays.left(self._owner.live()))).items():
            await self._ingestor.discard_vectors(guild_id, source_ids)
        for guild_id in await asyncio.to_thread(self._catalog.guild_ids):
            await self._threads.writing.run(self._catalog.renew, guild_id)
            await self._ingestor.purge(guild_id)

    def _close(self) -> None:
        with ExitStack() as closing:  # From below: each is closed whatever those before it raise.
            closing.callback(self._stop_server)
            closing.callback(self._owner.leave)
            closing.callback(self._database.close)
            closing.callback(self._index.close)
            closing.callback(self._retriever.close)
            closing.callback(self._threads.close)
            closing.callback(self._catalog.close)

    def _stop_server(self) -> None:
        if not self._owner.others():
            self._server.stop()


def read_file(path: Path, max_bytes: int) -> bytes:
    """What the file holds. Raises DocumentError."""
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
    """Whether something is left for everybody else, even if text, terms and vectors take their most."""
    return shutil.disk_usage(folder).free > _SPARE_BYTES + _GROWTH * size_bytes


def _ignore(_: object) -> None:
    pass
