"""Writes the vectors of passages: takes over those of texts that were embedded before, and embeds each other text once.

Knows no document and no database.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from knowledge.chunking.splitter import weigh
from knowledge.ports import TextEmbeddings
from knowledge.threads import ThreadPools
from knowledge.vectors.vector_index import VectorIndex

BATCH = 16
"""Texts embedded at a time: about a second on two cores, so that questions get their turn in between."""
_FETCHED = 256
"""Vectors taken over at a time."""


@dataclass(frozen=True, slots=True)
class EmbeddingTask:
    """A chunk as it is embedded."""

    chunk_id: str
    source_id: str
    text: str
    """In its context."""
    earlier: str | None
    """The id of a chunk for which the same text was embedded."""


class Embedder:
    """Writes vectors into the index."""

    def __init__(self, index: VectorIndex, embeddings: TextEmbeddings, threads: ThreadPools) -> None:
        self._index = index
        self._threads = threads
        self._embeddings = embeddings

    async def write(
        self, guild_id: str, audience: str, passages: Sequence[EmbeddingTask], on_written: Callable[[int], None]
    ) -> Mapping[str, int]:
        """How many texts were embedded, by their source's id. `on_written` hears of how many vectors are there."""
        written = 0

        def note(count: int) -> None:
            nonlocal written
            written += count
            on_written(written)

        on_written(0)
        fresh = [passage for passage in passages if passage.earlier is None]
        known = [passage for passage in passages if passage.earlier is not None]
        for at in range(0, len(known), _FETCHED):
            part = known[at : at + _FETCHED]
            missing = await self._threads.vectors.run(self._take_over, guild_id, audience, part)
            fresh += missing
            note(len(part) - len(missing))
        texts = _by_text(fresh)
        await self._embed(guild_id, audience, _batches(texts), note)
        return Counter(same[0].source_id for same in texts)

    async def _embed(
        self,
        guild_id: str,
        audience: str,
        work: Sequence[Sequence[Sequence[EmbeddingTask]]],
        note: Callable[[int], None],
    ) -> None:
        """Embed each text once. While a batch is written, which is mostly waiting, the next is embedded."""
        writing: asyncio.Task[None] | None = None
        try:
            for batch in work:
                vectors = await self._threads.embedding.run(
                    self._embeddings.embed_documents, [same[0].text for same in batch]
                )
                if writing is not None:
                    await writing
                rows = [vector for same, vector in zip(batch, vectors, strict=True) for _ in same]
                passages = [passage for same in batch for passage in same]
                writing = asyncio.create_task(self._put(guild_id, audience, passages, rows, note))
            if writing is not None:
                await writing
        finally:
            if writing is not None and not writing.done():
                await asyncio.wait([writing])

    async def _put(
        self,
        guild_id: str,
        audience: str,
        passages: Sequence[EmbeddingTask],
        vectors: Sequence[Sequence[float]],
        note: Callable[[int], None],
    ) -> None:
        await self._threads.vectors.run(self._write, guild_id, audience, passages, vectors)
        note(len(passages))

    def _take_over(self, guild_id: str, audience: str, passages: Sequence[EmbeddingTask]) -> list[EmbeddingTask]:
        """Write vectors that are in the index once more; the passages whose earlier vector is lost."""
        vectors = self._index.vectors(guild_id, [passage.earlier for passage in passages if passage.earlier])
        found = [passage for passage in passages if passage.earlier in vectors]
        self._write(guild_id, audience, found, [vectors[passage.earlier] for passage in found if passage.earlier])
        return [passage for passage in passages if passage.earlier not in vectors]

    def _write(
        self, guild_id: str, audience: str, passages: Sequence[EmbeddingTask], vectors: Sequence[Sequence[float]]
    ) -> None:
        if passages:
            source_ids = [passage.source_id for passage in passages]
            ids = [passage.chunk_id for passage in passages]
            self._index.upsert(guild_id, audience, source_ids, ids, vectors)


def _by_text(passages: Sequence[EmbeddingTask]) -> list[list[EmbeddingTask]]:
    """The passages of each text; the first is whose it counts as embedded for."""
    by_text: dict[str, list[EmbeddingTask]] = {}
    for passage in passages:
        by_text.setdefault(passage.text, []).append(passage)
    return list(by_text.values())


def _batches(texts: Sequence[list[EmbeddingTask]]) -> list[list[list[EmbeddingTask]]]:
    """In batches of texts of about one length, so that little is computed on padding."""
    ordered = sorted(texts, key=lambda same: weigh(same[0].text), reverse=True)
    return [ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH)]
