"""Documents that are only listed: nothing is read, embedded or searched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.ports import DocumentsPort
from knowledge.errors import DocumentError, PassageGone, PassageHidden, RemovalOver, SourceNotFound
from knowledge.parsing.qa_pairs import checked_pair, pair_name, question_key
from knowledge.types import (
    OWNER,
    Audience,
    BatchProgress,
    BatchReport,
    Chunk,
    IngestFile,
    IngestOutcome,
    IngestProgress,
    IngestReport,
    Passage,
    QAPair,
    QAPairReport,
    Reader,
    Removal,
    Source,
    StoredQAPair,
)
from tests.fakes.scripted_assistant import TAKEN_IN


@dataclass
class ListedDocuments:
    """Fulfils `bot.ports.Documents`."""

    listed: list[Source] = field(default_factory=list)
    answered: list[StoredQAPair] = field(default_factory=list)
    writings: list[StoredQAPair] = field(default_factory=list)
    """All that was ever written."""
    removals: dict[str, tuple[list[Source], list[StoredQAPair]]] = field(default_factory=dict)
    batches: dict[str, list[Source]] = field(default_factory=dict)
    guilds: dict[str, str] = field(default_factory=dict)
    fails_with: str | None = None
    """The reason that every report gives."""
    raises: Exception | None = None
    erases_vectors: bool = True
    chunks: dict[str, tuple[Chunk, Source]] = field(default_factory=dict)
    """The passages that can be shown, by id."""
    picture: bytes | Exception | None = None
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
            hashlib.sha256(f"{name} {audience.key} {digest}".encode()).hexdigest()[:8],
            guild_id,
            name,
            "md",
            digest,
            audience,
            len(data),
            2,
            TAKEN_IN,
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
            if batch is not None and reports[-1].source is not None:
                self.batches.setdefault(batch, []).append(reports[-1].source)
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
                self.answered = [stored for stored in self.answered if stored.source != source]
                return source
        raise SourceNotFound(f"no source {name_or_id!r}")

    async def remove_for_now(self, guild_id: str, names_or_ids: Sequence[str], reader: Reader) -> Removal:
        readable = await self.sources(guild_id, reader)
        found = [source for source in readable if {source.id, source.name} & set(names_or_ids)]
        if len(found) < len(names_or_ids):
            raise SourceNotFound(f"no source {names_or_ids!r}")
        removal = Removal(f"r{len(self.removals)}", tuple(found), TAKEN_IN + timedelta(minutes=10))
        self.removals[removal.id] = found, [stored for stored in self.answered if stored.source in found]
        for source in found:
            await self.remove(guild_id, source.id, OWNER)
        return removal

    async def restore(self, guild_id: str, removal_id: str) -> Sequence[Source]:
        if removal_id not in self.removals:
            raise RemovalOver
        found, answered = self.removals.pop(removal_id)
        self.listed += found
        self.answered += answered
        return found

    async def removed_audiences(self, guild_id: str, removal_id: str) -> Sequence[Audience]:
        if removal_id not in self.removals:
            raise RemovalOver
        return [source.audience for source in self.removals[removal_id][0]]

    async def namesakes(self, guild_id: str, batch: str, reader: Reader) -> Sequence[Source]:
        added = {(source.name, source.audience) for source in self.batches.get(batch, ())}
        return [
            source
            for source in await self.sources(guild_id, reader)
            if source.name in {name for name, _ in added} and (source.name, source.audience) not in added
        ]

    async def passage(self, guild_id: str, chunk_id: str, reader: Reader, said: Sequence[str]) -> Passage:
        if chunk_id not in self.chunks:
            raise PassageGone
        chunk, source = self.chunks[chunk_id]
        if not reader.may_read(source.audience):
            raise PassageHidden
        self.said.append(said)
        return Passage(chunk, source, ((0, 5),))

    async def page_image(self, passage: Passage) -> bytes | None:
        if isinstance(self.picture, Exception):
            raise self.picture
        return self.picture

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
        if self.raises is not None:
            raise self.raises
        checked = checked_pair(pair.questions, pair.answer)
        keys = {question_key(question) for question in checked.questions}
        earlier = [
            stored
            for stored in self.answered
            if (stored.source.guild_id, stored.source.audience) == (guild_id, audience)
            and (stored.source.id == replacing or keys & {question_key(q) for q in stored.pair.questions})
        ]
        if replacing is None:
            wordings = {question_key(q): q for stored in earlier for q in stored.pair.questions}
            own = {question_key(q): q for q in checked.questions}
            checked = QAPair(
                tuple({**own, **{k: q for k, q in wordings.items() if k not in own}}.values()), pair.answer
            )
        if [stored.pair for stored in earlier] == [checked]:
            return QAPairReport(IngestOutcome.UNCHANGED, earlier[0])
        for stored in earlier:
            await self.remove(guild_id, stored.source.id, OWNER)
        digest = hashlib.sha256(f"{checked}{written_by}{len(self.writings)}".encode()).hexdigest()
        written = datetime(2026, 1, 1, 0, len(self.writings), tzinfo=UTC)
        name, size = pair_name(checked), len(checked.answer)
        source = Source(digest[:8], guild_id, name, "qa", digest, audience, size, 1, written, written_by)
        stored = StoredQAPair(source, checked, corrects)
        self.writings.append(stored)
        self.listed.append(source)
        self.answered.append(stored)
        outcome = IngestOutcome.CHANGED if earlier else IngestOutcome.NEW
        return QAPairReport(outcome, stored, tuple(earlier))

    async def pairs(self, guild_id: str, reader: Reader) -> Sequence[StoredQAPair]:
        readable = await self.sources(guild_id, reader)
        return [stored for stored in reversed(self.answered) if stored.source in readable]

    async def register_guild(self, guild_id: str, name: str) -> None:
        self.guilds[guild_id] = name


_CONFORMS: type[DocumentsPort] = ListedDocuments
