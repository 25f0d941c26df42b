"""The vectors of every guild, one Chroma collection each, with ids and filter metadata but no text.

A server that died is started again by the next call. Edit it for what is stored in Chroma, for its queries and its
client.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import httpx
import numpy as np

from knowledge.errors import EmbeddingMismatch, IndexUnavailable
from knowledge.ports import TextEmbeddings
from knowledge.store.vector_generations import VectorGenerations
from knowledge.vectors.chroma_client import ChromaClient, Collection, CollectionNotFound, Metadata, Where
from knowledge.vectors.chroma_server import ChromaAddress

log = logging.getLogger(__name__)

BATCH = 1000
T = TypeVar("T")


class VectorIndex:
    """Keeps all guilds' vectors of one embedding model. Blocking; safe to use from several threads."""

    def __init__(
        self, server: ChromaAddress, embeddings: TextEmbeddings, generations: VectorGenerations | None = None
    ) -> None:
        """Create the index; without `generations`, each guild's first collection is its only one."""
        self._server = server
        self._embeddings = embeddings
        self._generations = generations
        self._connection: ChromaClient | None = None
        self._broken: list[ChromaClient] = []
        self._collections: dict[str, Collection] = {}
        """By name."""
        self._connecting = threading.Lock()

    def upsert(
        self,
        guild_id: str,
        audience: str,
        source_ids: Sequence[str],
        ids: Sequence[str],
        vectors: Sequence[Sequence[float]],
    ) -> None:
        """Write vectors of sources of one audience, each with its id and its source's id."""
        rows = np.asarray(vectors, dtype=np.float32)

        def write() -> None:
            collection = self._collection(guild_id, create=True)
            for at in range(0, len(ids), BATCH):
                part = slice(at, at + BATCH)
                metadatas = [{"source": source_id, "audience": audience} for source_id in source_ids[part]]
                self._client().upsert(collection, ids[part], rows[part], metadatas)

        with self._writing(guild_id):
            self._call(write)

    def vectors(self, guild_id: str, ids: Sequence[str]) -> dict[str, Sequence[float]]:
        """Return the vectors of these ids as they were written; ids without one are left out."""
        if not ids:
            return {}

        def fetch() -> dict[str, Sequence[float]]:
            found = self._client().get(self._collection(guild_id), ids, vectors=True)
            return dict(zip(found.ids, found.embeddings or [], strict=True))

        return self._call_existing(fetch, {})

    def query(
        self, guild_id: str, vectors: Sequence[Sequence[float]], limit: int, audiences: Sequence[str] | None
    ) -> list[list[tuple[str, float]]]:
        """Return for each vector the `limit` nearest ids with their cosines, best first.

        `audiences`: only ids of these; None: of all.
        """

        def ask() -> list[list[tuple[str, float]]]:
            where = None if audiences is None else _where_in("audience", audiences)
            rows = np.asarray(vectors, dtype=np.float32)
            found = self._client().query(self._collection(guild_id), rows, limit, where)
            answers = zip(found.ids, found.distances or [], strict=True)
            return [[(id_, 1.0 - d) for id_, d in zip(ids, distances, strict=True)] for ids, distances in answers]

        return self._call_existing(ask, [[] for _ in vectors])

    def cosines(self, guild_id: str, vector: Sequence[float], ids: Sequence[str]) -> dict[str, float]:
        """Return the cosine of each of these ids to `vector`; ids without a vector are left out."""
        if not ids:
            return {}

        def ask() -> dict[str, float]:
            found = self._client().get(self._collection(guild_id), ids, vectors=True)
            if not found.ids:
                return {}
            rows = np.asarray(found.embeddings, dtype=np.float64)
            question = np.asarray(vector, dtype=np.float64)
            norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(question)
            return dict(zip(found.ids, (rows @ question / norms).tolist(), strict=True))

        return self._call_existing(ask, {})

    def delete_sources(self, guild_id: str, source_ids: Sequence[str]) -> None:
        """Delete the vectors of these sources, whichever model made them. Chroma's files keep them until erased."""
        where = _where_in("source", source_ids)
        with self._writing(guild_id):
            self._call_existing(lambda: self._client().delete(self._existing_collection(guild_id), where), None)
        self._record_deletion(guild_id)

    def ids(self, guild_id: str) -> set[str]:
        """Return every id that has a vector of this embedding model. Raises EmbeddingMismatch."""
        return self._call_existing(lambda: set(self._client().get(self._collection(guild_id), None).ids), set())

    def count(self, guild_id: str) -> int:
        """Return how many vectors the guild has, whichever model made them."""
        return self._call_existing(lambda: self._client().count(self._existing_collection(guild_id)), 0)

    def drop(self, guild_id: str) -> None:
        """Delete all the guild's vectors, whichever model made them. Chroma's files keep them until erased."""
        with self._writing(guild_id):
            name = self._name(guild_id)
            self._call_existing(lambda: self._client().delete_collection(name), None)
            self._collections.pop(name, None)
        self._record_deletion(guild_id)

    def close(self) -> None:
        """Close the connections; the server keeps running."""
        with self._connecting:
            for connection in (*self._broken, *([self._connection] if self._connection else ())):
                connection.close()
            self._broken.clear()
            self._connection = None

    def _call_existing(self, call: Callable[[], T], absent: T) -> T:
        """Return the result of `call`, or `absent` if the guild has no collection yet."""
        try:
            return self._call(call)
        except CollectionNotFound:
            return absent

    def _call(self, call: Callable[[], T]) -> T:
        """Run `call`, and once more if the server is gone or a collection was recreated."""
        connection = self._client()
        try:
            return call()
        except CollectionNotFound:
            self._collections.clear()
        except httpx.TransportError as error:
            log.warning("lost the Chroma server (%s), reconnecting", error)
            self._replace_connection(connection)
        try:
            return call()
        except httpx.TransportError as error:
            raise IndexUnavailable("the Chroma server isn't responding: see its log in DATA_DIR") from error

    def _client(self) -> ChromaClient:
        with self._connecting:
            if self._connection is None:
                self._connection = ChromaClient(self._server.ensure())
            return self._connection

    def _replace_connection(self, connection: ChromaClient) -> None:
        """Make the next call reconnect, unless another thread has. Others may still use this connection: it is
        closed later.
        """
        with self._connecting:
            if self._connection is connection:
                self._collections.clear()
                self._broken.append(connection)
                self._connection = None

    def _collection(self, guild_id: str, *, create: bool = False) -> Collection:
        """Return the guild's collection, checked once. Raises CollectionNotFound, EmbeddingMismatch."""
        name = self._name(guild_id)
        known = self._collections.get(name)
        if known is None:
            known = self._new_collection(name) if create else self._client().collection(name)
            self._check_model(known)
            self._collections[name] = known
        return known

    def _existing_collection(self, guild_id: str) -> Collection:
        return self._client().collection(self._name(guild_id))

    def _new_collection(self, name: str) -> Collection:
        made_for: Metadata = {"embedding_model": self._embeddings.model_name, "dimension": self._embeddings.dimension}
        return self._client().get_or_create_collection(name, made_for)

    def _name(self, guild_id: str) -> str:
        return collection_name(guild_id, 0 if self._generations is None else self._generations.current(guild_id))

    @contextmanager
    def _writing(self, guild_id: str) -> Iterator[None]:
        """Keep the guild's collection in use until the block ends."""
        if self._generations is None:
            yield
        else:
            with self._generations.writing(guild_id):
                yield

    def _record_deletion(self, guild_id: str) -> None:
        if self._generations is not None:
            self._generations.record_deletion(guild_id)

    def _check_model(self, collection: Collection) -> None:
        recorded = collection.metadata or {}
        theirs = (recorded.get("embedding_model"), recorded.get("dimension"))
        ours = (self._embeddings.model_name, self._embeddings.dimension)
        if theirs != ours:
            raise EmbeddingMismatch(
                f"the documents were embedded with {theirs[0]} ({theirs[1]} dimensions), but the setting now names "
                f"{ours[0]} ({ours[1]}): set EMBEDDING_MODEL back, or embed them again with "
                "`python -m knowledge reindex --guild …`"
            )


def collection_name(guild_id: str, generation: int) -> str:
    """Return the name of a guild's collection. No two guilds share one, since their ids have no dots."""
    return f"guild-{guild_id}.{generation}" if generation else f"guild-{guild_id}"


def _where_in(field: str, values: Sequence[str]) -> Where:
    return {field: {"$in": [*values]}}
