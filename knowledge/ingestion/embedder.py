"""Writes the vectors of chunks: reuses those of texts embedded before, and embeds each other text once.

Edit it for the size of batches, and for how much runs at a time.
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
REUSE_BATCH = 256
"""Vectors reused at a time."""


@dataclass(frozen=True, slots=True)
class EmbeddingTask:
    """Holds a chunk as it is embedded."""

    chunk_id: str
    source_id: str
    text: str
    """The chunk's text in its context."""
    earlier: str | None
    """The id of a chunk for which the same text was embedded before; None: there is none."""


class Embedder:
    """Writes vectors into the index."""

    def __init__(self, index: VectorIndex, embeddings: TextEmbeddings, threads: ThreadPools) -> None:
        self._index = index
        self._threads = threads
        self._embeddings = embeddings

    async def write(
        self, guild_id: str, audience: str, tasks: Sequence[EmbeddingTask], on_written: Callable[[int], None]
    ) -> Mapping[str, int]:
        """Return how many texts were embedded for each source id. `on_written` receives how many vectors are stored."""
        written = 0

        def report(count: int) -> None:
            nonlocal written
            written += count
            on_written(written)

        on_written(0)
        fresh = [task for task in tasks if task.earlier is None]
        known = [task for task in tasks if task.earlier is not None]
        for at in range(0, len(known), REUSE_BATCH):
            part = known[at : at + REUSE_BATCH]
            missing = await self._threads.vectors.run(self._reuse_vectors, guild_id, audience, part)
            fresh += missing
            report(len(part) - len(missing))
        texts = _group_by_text(fresh)
        await self._embed_batches(guild_id, audience, _batches_by_length(texts), report)
        return Counter(same[0].source_id for same in texts)

    async def _embed_batches(
        self,
        guild_id: str,
        audience: str,
        work: Sequence[Sequence[Sequence[EmbeddingTask]]],
        report: Callable[[int], None],
    ) -> None:
        """Embed each text once. While a batch is written, which is mostly waiting, the next one is embedded."""
        writing: asyncio.Task[None] | None = None
        try:
            for batch in work:
                vectors = await self._threads.embedding.run(
                    self._embeddings.embed_documents, [same[0].text for same in batch]
                )
                if writing is not None:
                    await writing
                rows = [vector for same, vector in zip(batch, vectors, strict=True) for _ in same]
                tasks = [task for same in batch for task in same]
                writing = asyncio.create_task(self._write_and_report(guild_id, audience, tasks, rows, report))
            if writing is not None:
                await writing
        finally:
            if writing is not None and not writing.done():
                await asyncio.wait([writing])

    async def _write_and_report(
        self,
        guild_id: str,
        audience: str,
        tasks: Sequence[EmbeddingTask],
        vectors: Sequence[Sequence[float]],
        report: Callable[[int], None],
    ) -> None:
        await self._threads.vectors.run(self._write, guild_id, audience, tasks, vectors)
        report(len(tasks))

    def _reuse_vectors(self, guild_id: str, audience: str, tasks: Sequence[EmbeddingTask]) -> list[EmbeddingTask]:
        """Write stored vectors under new ids, and return the tasks whose earlier vector is missing."""
        vectors = self._index.vectors(guild_id, [task.earlier for task in tasks if task.earlier])
        found = [task for task in tasks if task.earlier in vectors]
        self._write(guild_id, audience, found, [vectors[task.earlier] for task in found if task.earlier])
        return [task for task in tasks if task.earlier not in vectors]

    def _write(
        self, guild_id: str, audience: str, tasks: Sequence[EmbeddingTask], vectors: Sequence[Sequence[float]]
    ) -> None:
        if tasks:
            source_ids = [task.source_id for task in tasks]
            ids = [task.chunk_id for task in tasks]
            self._index.upsert(guild_id, audience, source_ids, ids, vectors)


def _group_by_text(tasks: Sequence[EmbeddingTask]) -> list[list[EmbeddingTask]]:
    """Return the tasks grouped by text; the embedding counts for the first one's source."""
    by_text: dict[str, list[EmbeddingTask]] = {}
    for task in tasks:
        by_text.setdefault(task.text, []).append(task)
    return list(by_text.values())


def _batches_by_length(texts: Sequence[list[EmbeddingTask]]) -> list[list[list[EmbeddingTask]]]:
    """Return batches of texts of similar length, so that little is computed on padding."""
    ordered = sorted(texts, key=lambda same: weigh(same[0].text), reverse=True)
    return [ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH)]
