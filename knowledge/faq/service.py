"""Saves and lists moderators' answers, each stored as a document. Edit it for how answers replace each other."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.errors import DocumentError, Reason
from knowledge.ingestion.ingestor import Ingestor, Upload
from knowledge.parsing.qa_pairs import checked_pair, pair_bytes, pair_name, question_key, questions_of
from knowledge.store.catalog import Catalog
from knowledge.store.qa_index import QAIndex
from knowledge.types import (
    MAX_WORDINGS,
    QA,
    Audience,
    Chunk,
    IngestOutcome,
    QAPair,
    QAPairReport,
    Reader,
    Source,
    StoredQAPair,
)


@dataclass(frozen=True, slots=True)
class QAPairDraft:
    """Holds a pair to save, and on whose behalf."""

    pair: QAPair
    guild_id: str
    audience: Audience
    written_by: str
    corrects: str | None = None
    """The id of the source that answered it wrongly before."""
    replacing: str | None = None
    """The id of the pair that is edited, with whatever wordings; None: it is found by its question."""


class FaqService:
    """Writes and lists question and answer pairs, one at a time in each guild, so that the later of two stays."""

    def __init__(self, catalog: Catalog, pairs: QAIndex, ingestor: Ingestor) -> None:
        self._catalog = catalog
        self._pairs = pairs
        self._ingestor = ingestor
        self._writing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """One lock per guild."""

    async def write(self, draft: QAPairDraft) -> QAPairReport:
        """Save a pair in place of those that answer its question for the same audience, and take over their wordings.

        Raises QAPairError, GuildError, DocumentError and what the index raises.
        """
        pair = checked_pair(draft.pair.questions, draft.pair.answer)
        async with self._writing[draft.guild_id]:
            earlier = await asyncio.to_thread(self._replaced_pairs, draft, pair)
            if draft.replacing is None:
                pair = _with_wordings(pair, earlier)
            upload = Upload(pair_bytes(pair), pair_name(pair), draft.guild_id, draft.audience, draft.written_by)
            report = await self._ingestor.ingest(upload, None)
            if report.source is None:
                raise DocumentError(Reason(report.reason or Reason.CORRUPT), report.detail or "")
            if draft.corrects is not None:
                await self._ingestor.threads.writing.run(
                    self._pairs.record_correction, report.source.id, draft.corrects
                )
            for old in earlier:
                # The ingestion has already replaced the one with the same name.
                if old.source.id != report.source.id and old.source.name != report.source.name:
                    await self._ingestor.threads.writing.run(self._catalog.remove, old.source)
                    await self._ingestor.discard(draft.guild_id, [old.source])
                    await self._ingestor.purge(draft.guild_id)
        outcome = report.outcome if report.outcome is IngestOutcome.UNCHANGED or not earlier else IngestOutcome.CHANGED
        replaced = tuple(earlier) if outcome is IngestOutcome.CHANGED else ()
        return QAPairReport(outcome, StoredQAPair(report.source, pair, draft.corrects), replaced)

    def list_pairs(self, guild_id: str, reader: Reader) -> list[StoredQAPair]:
        """Return the guild's pairs that `reader` may read, the latest first. Blocks."""
        sources = [source for source in self._catalog.sources(guild_id, reader) if source.media == QA]
        corrections = self._pairs.corrections(guild_id)
        found = [
            _stored_pair(source, chunk, corrections.get(source.id))
            for source in sources
            for chunk in self._catalog.source_chunks(source.id)
        ]
        return sorted(found, key=lambda stored: stored.source.ingested_at, reverse=True)

    def _replaced_pairs(self, draft: QAPairDraft, pair: QAPair) -> Sequence[StoredQAPair]:
        """Return the pairs that the new one replaces."""
        ids = [
            chunk_id
            for question in pair.questions
            for chunk_id in self._pairs.chunks_answering(draft.guild_id, question_key(question))
        ]
        if draft.replacing is not None:
            ids += [chunk.id for chunk in self._catalog.source_chunks(draft.replacing)]
        found = self._catalog.chunks(draft.guild_id, list(dict.fromkeys(ids)))
        return [
            _stored_pair(source, chunk, None)
            for chunk, source in found.values()
            if source.media == QA and source.audience == draft.audience
        ]


def _stored_pair(source: Source, chunk: Chunk, corrects: str | None) -> StoredQAPair:
    return StoredQAPair(source, QAPair(questions_of(chunk.place.heading), chunk.text), corrects)


def _with_wordings(pair: QAPair, earlier: Sequence[StoredQAPair]) -> QAPair:
    """Return the pair with the other wordings of those that it replaces: a correction of one corrects them all."""
    known = {question_key(question) for question in pair.questions}
    inherited = [
        question for stored in earlier for question in stored.pair.questions if question_key(question) not in known
    ]
    return QAPair((*pair.questions, *inherited)[:MAX_WORDINGS], pair.answer)
