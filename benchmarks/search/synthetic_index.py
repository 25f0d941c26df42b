"""Fills a guild with any number of made-up chunks, through the real catalog, keyword index and Chroma server.

Vectors lie in clusters, as embeddings do; the words of the texts follow a Zipf distribution, as language does. All is
seeded.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.search.retriever import DocumentRetriever
from knowledge.store.catalog import Catalog, DocumentVersion, new_source_id
from knowledge.store.database import Database
from knowledge.store.keyword_index import KeywordIndex
from knowledge.store.pending_deletions import PendingDeletions
from knowledge.store.qa_index import QAIndex
from knowledge.types import Audience, Chunk, Place, Source
from knowledge.vectors.chroma_server import ChromaServer
from knowledge.vectors.vector_index import VectorIndex

GUILD = "1"
DIMENSION = 384
AUDIENCES = (("guild", 0.02), ("channel:1", 0.48), ("channel:2", 0.5))
"""Each with its share of the chunks: who reads no channel may read 2 %."""
_CLUSTERS = 1000
_SPREAD = 0.7
"""Of a cluster, beside the distance of the clusters from each other."""
_WORDS = 100_000
_WORDS_A_CHUNK = 100
_CHUNKS_A_SOURCE = 10
_GROUP = 1000


@dataclass
class FixedEmbeddings:
    """Stands in for the encoder that ships: returns the vector that is set as the next."""

    model_name: str = "embedding:1571fc982750"
    dimension: int = DIMENSION
    next: Sequence[float] = ()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the same vector for each text."""
        return [list(self.next) for _ in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector that was set."""
        return list(self.next)


class SyntheticData:
    """Texts, vectors and questions, drawn by a seed."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._letters = random.Random(0)  # One language, whatever the seed.
        self._centres = np.random.default_rng(0).normal(size=(_CLUSTERS, DIMENSION))
        weights = 1 / np.arange(1, _WORDS + 1)
        self._cumulated = np.cumsum(weights / weights.sum())
        self._vocabulary = [self._word(number) for number in range(_WORDS)]

    def vectors(self, count: int) -> NDArray[np.float32]:
        """Return `count` vectors of length 1."""
        near = self._centres[self._random.integers(0, _CLUSTERS, count)]
        rows = near + _SPREAD * self._random.normal(size=(count, DIMENSION))
        unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def text(self, words: int = _WORDS_A_CHUNK) -> str:
        """Return a text of so many words."""
        drawn = np.searchsorted(self._cumulated, self._random.random(words))
        return " ".join(self._vocabulary[min(number, _WORDS - 1)] for number in drawn)

    def _word(self, number: int) -> str:
        # Letters only: with digits each word would be a code.
        tail = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        return "".join(self._letters.choices("bcdfghklmnprstvw", k=3)) + "aeiou"[number % 5] + tail


class SyntheticIndex:
    """One guild in a data folder, open, with the parts that a library is made of."""

    def __init__(self, folder: Path) -> None:
        self.database_path = folder / "knowledge.db"
        self._database = Database(self.database_path)
        keywords, pairs = KeywordIndex(self._database), QAIndex(self._database)
        self.catalog = Catalog(self._database, keywords, pairs, PendingDeletions(self._database))
        self.server = ChromaServer(folder / "chroma")
        self.embeddings = FixedEmbeddings()
        self.index = VectorIndex(self.server, self.embeddings)
        self.retriever = DocumentRetriever(self.catalog, keywords, pairs, self.index, self.embeddings)
        self.catalog.register_guild(GUILD, "Large")

    def fill(self, data: SyntheticData, count: int, first: int) -> Iterator[int]:
        """Add `count` chunks, whose numbers go on from `first`; yields how many there are."""
        for at in range(first, first + count, _GROUP):
            versions = [_version(data, number) for number in range(at, at + _GROUP, _CHUNKS_A_SOURCE)]
            for key, _ in AUDIENCES:
                chunks = [chunk for version, own in versions if version.source.audience.key == key for chunk in own]
                if chunks:
                    ids = [chunk.id for chunk in chunks]
                    sources = [chunk.source_id for chunk in chunks]
                    self.index.upsert(GUILD, key, sources, ids, data.vectors(len(chunks)).tolist())
            self.catalog.publish(versions)
            yield at + _GROUP
        self.catalog.purge(GUILD)  # As after every batch.

    def close(self) -> None:
        """Close everything, and stop the server."""
        self.retriever.close()
        self.index.close()
        self._database.close()
        self.server.stop()


def _version(data: SyntheticData, number: int) -> tuple[DocumentVersion, list[Chunk]]:
    source_id = new_source_id()
    source = Source(
        id=source_id,
        guild_id=GUILD,
        name=f"{number}.md",
        media="md",
        sha256=f"{number:064x}",
        audience=_audience(number // _CHUNKS_A_SOURCE % 50 / 50),
        size_bytes=_CHUNKS_A_SOURCE * 800,
        chunk_count=_CHUNKS_A_SOURCE,
        ingested_at=datetime(2026, 1, 1, tzinfo=UTC),
        ingested_by="benchmark",
    )
    chunks = [Chunk(f"{source_id}:{n}", source_id, n, data.text(), Place(line=n + 1)) for n in range(_CHUNKS_A_SOURCE)]
    return DocumentVersion(source, None, None), chunks


def _audience(place: float) -> Audience:
    """The audience at that place, 0 to 1, of all in a row."""
    for key, share in AUDIENCES:
        if place < share - 1e-9:
            return Audience.from_key(key)
        place -= share
    return Audience.from_key(AUDIENCES[-1][0])
