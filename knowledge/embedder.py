"""Writes the vectors of passages: takes over those of texts that were embedded before, and embeds each other text once.

Knows no document and no database.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from knowledge.index import VectorIndex
from knowledge.ports import TextEmbeddings
from knowledge.splitter import weigh

BATCH = 16
"""Texts embedded at a time: about a second on two cores, so that questions get their turn in between."""
_FETCHED = 256
"""Vectors taken over at a time."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as it is embedded."""

    chunk_id: str
    source_id: str
    text: str
    """In its context."""
    earlier: str | None
    """The id of a chunk for which the same text was embedded."""


class Embedder:
    """Writes vectors into the index."""

    def __init__(self, index: VectorIndex, embeddings: TextEmbeddings) -> None:
        self._index = index
        self._embeddings = embeddings

    async def write(
        self, guild_id: str, audience: str, passages: Sequence[Passage], on_written: Callable[[int], None]
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
            missing = await asyncio.to_thread(self._take_over, guild_id, audience, part)
            fresh += missing
            note(len(part) - len(missing))
        embedded: Counter[str] = Counter()
        for batch in batches(fresh):
            await asyncio.to_thread(self._embed, guild_id, audience, batch)
            embedded.update(same[0].source_id for same in batch)
            note(sum(map(len, batch)))
        return embedded

    def _take_over(self, guild_id: str, audience: str, passages: Sequence[Passage]) -> list[Passage]:
        """Write vectors that are in the index once more; the passages whose earlier vector is lost."""
        vectors = self._index.vectors(guild_id, [passage.earlier for passage in passages if passage.earlier])
        found = [passage for passage in passages if passage.earlier in vectors]
        self._write(guild_id, audience, found, [vectors[passage.earlier] for passage in found if passage.earlier])
        return [passage for passage in passages if passage.earlier not in vectors]

    def _embed(self, guild_id: str, audience: str, batch: Sequence[Sequence[Passage]]) -> None:
        vectors = self._embeddings.embed_documents([same[0].text for same in batch])
        rows = [vector for same, vector in zip(batch, vectors, strict=True) for _ in same]
        self._write(guild_id, audience, [passage for same in batch for passage in same], rows)

    def _write(
        self, guild_id: str, audience: str, passages: Sequence[Passage], vectors: Sequence[Sequence[float]]
    ) -> None:
        if passages:
            source_ids = [passage.source_id for passage in passages]
            ids = [passage.chunk_id for passage in passages]
            self._index.upsert(guild_id, audience, source_ids, ids, vectors)


def batches(passages: Sequence[Passage]) -> list[list[list[Passage]]]:
    """The passages by their text, in batches of texts of about one length, so that little is computed on padding."""
    by_text: dict[str, list[Passage]] = {}
    for passage in passages:
        by_text.setdefault(passage.text, []).append(passage)
    groups = sorted(by_text.values(), key=lambda same: weigh(same[0].text), reverse=True)
    return [groups[at : at + BATCH] for at in range(0, len(groups), BATCH)]
