"""The dense retriever: the chunks nearest to a vector among those that the reader may read.

Chroma's filter takes tens of milliseconds before it looks at a vector, and more for each chunk that passes. So more
chunks are requested than needed, and the catalog says which are readable; the filter is used if only few are. Edit it
for that trade-off.
"""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.store.catalog import Catalog
from knowledge.store.scope import ReadableScope
from knowledge.vectors.vector_index import VectorIndex

MOST_ASKED = 2000
"""Chroma returns this many in about the time that its filter takes to start."""
_LOOKED_UP = 200


class DenseRetriever:
    """Searches the vectors of all guilds. Blocking; safe to use from several threads."""

    def __init__(self, index: VectorIndex, catalog: Catalog) -> None:
        self._index = index
        self._catalog = catalog

    def search(
        self, guild_id: str, vectors: Sequence[Sequence[float]], limit: int, scope: ReadableScope
    ) -> list[list[tuple[str, float]]]:
        """Return for each vector the `limit` nearest ids in `scope` with their cosines, best first."""
        if scope.audiences is None:
            return self._present(scope, self._index.query(guild_id, vectors, _with_removed(limit, scope), None), limit)
        if not scope.audiences:
            return [[] for _ in vectors]
        asked = scope.among_all(limit) + scope.removed_count
        if asked <= MOST_ASKED:
            unfiltered = self._index.query(guild_id, vectors, asked, None)
            readable = [self._readable(guild_id, nearest, limit, scope.audiences) for nearest in unfiltered]
            if asked >= scope.chunk_count + scope.removed_count or all(len(nearest) == limit for nearest in readable):
                return readable
        filtered = self._index.query(guild_id, vectors, _with_removed(limit, scope), scope.audiences)
        return self._present(scope, filtered, limit)

    def _present(
        self, scope: ReadableScope, nearest: list[list[tuple[str, float]]], limit: int
    ) -> list[list[tuple[str, float]]]:
        """Return of each list the first `limit` ids whose documents are not removed."""
        if not scope.removed_count:
            return nearest
        present = self._catalog.present(list({id_ for pairs in nearest for id_, _ in pairs}))
        return [[pair for pair in pairs if pair[0] in present][:limit] for pairs in nearest]

    def _readable(
        self, guild_id: str, nearest: Sequence[tuple[str, float]], limit: int, audiences: Sequence[str]
    ) -> list[tuple[str, float]]:
        """Return the first `limit` ids that may be read."""
        found: list[tuple[str, float]] = []
        for at in range(0, len(nearest), _LOOKED_UP):
            part = nearest[at : at + _LOOKED_UP]
            readable = self._catalog.readable(guild_id, [id_ for id_, _ in part], audiences)
            found.extend(pair for pair in part if pair[0] in readable)
            if len(found) >= limit:
                break
        return found[:limit]


def _with_removed(limit: int, scope: ReadableScope) -> int:
    """Return how many ids to request so that `limit` of them are of documents that are not removed."""
    return max(limit, min(MOST_ASKED, limit + scope.removed_count))
