"""Documents that are only listed: nothing is read, embedded or searched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from knowledge.errors import DocumentError, PassageGone, PassageHidden, PictureFailed, SourceError
from knowledge.types import (
    Audience,
    BatchProgress,
    BatchReport,
    Chunk,
    IngestFile,
    IngestOutcome,
    IngestProgress,
    IngestReport,
    Passage,
    Reader,
    Source,
)


@dataclass
class ListedDocuments:
    """Fulfils `bot.ports.Documents`."""

    listed: list[Source] = field(default_factory=list)
    guilds: dict[str, str] = field(default_factory=dict)
    fails_with: str | None = None
    """The reason that every report gives."""
    raises: Exception | None = None
    chunks: dict[str, tuple[Chunk, Source]] = field(default_factory=dict)
    """The passages that can be shown, by id."""
    picture: bytes | PictureFailed | None = None
    said: list[Sequence[str]] = field(default_factory=list)
    """What the words of each shown passage were compared with."""

    async def ingest_bytes(
        self,
        data: bytes,
        *,
        name: str,
        guild_id: str,
        audience: Audience,
        ingested_by: str,
        link: str | None = None,
        on_progress: Callable[[IngestProgress], None] | None = None,
    ) -> IngestReport:
        if self.raises is not None:
            raise self.raises
        if self.fails_with is not None:
            return IngestReport(name, IngestOutcome.FAILED, None, 0, None, 0.1, 0, self.fails_with, "why")
        if on_progress is not None:
            on_progress(IngestProgress("embedding", 1, 2))
        digest = hashlib.sha256(data).hexdigest()
        source = Source(
            digest[:8],
            guild_id,
            name,
            "md",
            digest,
            audience,
            len(data),
            2,
            datetime(2026, 1, 1, tzinfo=UTC),
            ingested_by,
            link,
        )
        self.listed.append(source)
        return IngestReport(name, IngestOutcome.NEW, source, 2, None, 0.1, embedded_count=2)

    async def ingest_all(
        self,
        files: Sequence[IngestFile],
        *,
        guild_id: str,
        audience: Audience,
        ingested_by: str,
        batch: str | None = None,
        link: str | None = None,
        on_progress: Callable[[BatchProgress], None] | None = None,
        on_report: Callable[[IngestReport], None] | None = None,
    ) -> BatchReport:
        reports = []
        for number, file in enumerate(files, start=1):
            if on_progress is not None:
                on_progress(BatchProgress(file.name, number, len(files), 0, 1, 2, None, None))
            reports.append(await self._report(file, guild_id, audience, ingested_by, link))
            if on_report is not None:
                on_report(reports[-1])
        return BatchReport(tuple(reports), 0.1)

    async def _report(
        self, file: IngestFile, guild_id: str, audience: Audience, ingested_by: str, link: str | None
    ) -> IngestReport:
        try:
            data = file.read()
        except DocumentError as error:
            return IngestReport(
                file.name, IngestOutcome.FAILED, None, 0, None, 0.1, reason=error.reason, detail=str(error)
            )
        return await self.ingest_bytes(
            data, name=file.name, guild_id=guild_id, audience=audience, ingested_by=ingested_by, link=link
        )

    async def sources(self, guild_id: str, reader: Reader) -> Sequence[Source]:
        return [s for s in self.listed if s.guild_id == guild_id and reader.may_read(s.audience)]

    async def remove(self, guild_id: str, name_or_id: str, reader: Reader) -> Source:
        for source in await self.sources(guild_id, reader):
            if name_or_id in {source.id, source.name}:
                self.listed.remove(source)
                return source
        raise SourceError(f"no source {name_or_id!r}")

    async def passage(self, guild_id: str, chunk_id: str, reader: Reader, said: Sequence[str]) -> Passage:
        if chunk_id not in self.chunks:
            raise PassageGone
        chunk, source = self.chunks[chunk_id]
        if not reader.may_read(source.audience):
            raise PassageHidden
        self.said.append(said)
        return Passage(chunk, source, ((0, 5),))

    async def page_picture(self, passage: Passage) -> bytes | None:
        if isinstance(self.picture, PictureFailed):
            raise self.picture
        return self.picture

    async def register_guild(self, guild_id: str, name: str) -> None:
        self.guilds[guild_id] = name
