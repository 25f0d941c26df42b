"""Speaks to a Chroma server over HTTP, and takes nothing from it but ids, vectors, distances and metadata.

chromadb's own client builds the embedding function that a stored collection names: whoever can write to the server then
runs code in the client. Edit it for addresses, time limits and calls.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote, unquote, urlsplit

import httpcore
import httpx
import numpy as np
import numpy.typing as npt
import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from knowledge.errors import IndexUnavailable

COLLECTIONS = "/api/v2/tenants/default_tenant/databases/default_database/collections"
HEARTBEAT = "/api/v2/heartbeat"
VACUUM = "/api/v2/vacuum"
"""A call of our own child only."""
SOCKET = "unix"
"""The scheme of an address that is a socket's path: `unix://user:password@/path`."""
TIMEOUT_S = 60
_VACUUM_TIMEOUT_S = 900
_LONGEST_REASON = 300
KEEP_ALIVE_S = 30.0
"""Seconds for which an idle connection is kept; the server keeps it longer."""
COSINE = {"hnsw": {"space": "cosine"}, "embedding_function": {"type": "legacy"}}
"""The configuration of every collection: cosine distances, and no embedding function."""
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=KEEP_ALIVE_S)

Vectors = npt.NDArray[np.float32]
Metadata = Mapping[str, str | int]
Where = Mapping[str, Mapping[str, Sequence[str]]]
_T = TypeVar("_T", bound=BaseModel)
_COUNT = TypeAdapter(int)


class CollectionNotFound(Exception):
    """No collection has this name or id. It never leaves this package."""


class Collection(BaseModel):
    """Holds what is used of a stored collection; its schema and its configuration are not even read."""

    id: str
    metadata: dict[str, str | int | float | bool | None] | None = None


class FoundVectors(BaseModel):
    """Holds ids and, if they were requested, their vectors and metadata."""

    ids: list[str]
    embeddings: list[list[float]] | None = None
    metadatas: list[dict[str, str | int]] | None = None


class Nearest(BaseModel):
    """Holds the nearest ids of each vector, with their distances."""

    ids: list[list[str]]
    distances: list[list[float]] | None = None


class ServerReplaced(httpx.TransportError):
    """The bot's own server was started anew, and asks for a secret that this client doesn't know."""


class _SocketTransport(httpx.HTTPTransport):
    """Connects to a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__(uds=path, limits=_LIMITS)
        self._pool = httpcore.ConnectionPool(
            uds=path,
            max_connections=_LIMITS.max_connections,
            max_keepalive_connections=_LIMITS.max_keepalive_connections,
            keepalive_expiry=_LIMITS.keepalive_expiry,
            network_backend=_ProbingBackend(),
        )


class _ProbingBackend(httpcore.SyncBackend):
    """Closes the socket of a connection that is refused, which httpcore leaves to the garbage collector."""

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a stream to the socket. Raises httpcore.ConnectError."""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(timeout)
            try:
                probe.connect(path)
            except OSError as error:
                raise httpcore.ConnectError(str(error)) from error
        return super().connect_unix_socket(path, timeout, socket_options)


class ChromaClient:
    """Keeps connections to the server at a URL. Blocking; safe to use from several threads.

    Every call raises httpx.TransportError if the server doesn't answer, IndexUnavailable if it refuses, and
    CollectionNotFound.
    """

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(url)
        is_socket = parts.scheme == SOCKET
        self._is_own_server = is_socket
        host = parts.netloc.rpartition("@")[2]
        self._http = httpx.Client(
            base_url="http://chroma" if is_socket else f"{parts.scheme}://{host}",
            transport=_SocketTransport(unquote(parts.path)) if is_socket else None,
            auth=None if parts.password is None else (unquote(parts.username or ""), unquote(parts.password)),
            limits=_LIMITS,
            timeout=timeout_s,
        )

    def check(self) -> None:
        """Return if the server is ready, and raise otherwise."""
        self._request("GET", HEARTBEAT)

    def collection(self, name: str) -> Collection:
        """Return the collection of this name."""
        return _read(Collection, self._request("GET", _path(name)))

    def get_or_create_collection(self, name: str, metadata: Metadata) -> Collection:
        """Return the collection of this name, creating it for cosine distances."""
        wanted = {"name": name, "metadata": metadata, "get_or_create": True, "configuration": COSINE}
        return _read(Collection, self._request("POST", COLLECTIONS, wanted))

    def delete_collection(self, name: str) -> None:
        """Delete a collection with its vectors."""
        self._request("DELETE", _path(name))

    def upsert(
        self, collection: Collection, ids: Sequence[str], vectors: Vectors, metadatas: Sequence[Metadata]
    ) -> None:
        """Write vectors, replacing those of the same ids."""
        records = {"ids": ids, "embeddings": np.ascontiguousarray(vectors), "metadatas": metadatas}
        self._request("POST", _path(collection.id, "upsert"), records)

    def get(
        self, collection: Collection, ids: Sequence[str] | None, *, vectors: bool = False, metadatas: bool = False
    ) -> FoundVectors:
        """Return those of `ids` that have a vector, or all if it is None, in any order."""
        include = [*(["embeddings"] if vectors else ()), *(["metadatas"] if metadatas else ())]
        wanted = {"ids": ids, "where": None, "include": include}
        return _read(FoundVectors, self._request("POST", _path(collection.id, "get"), wanted))

    def query(self, collection: Collection, vectors: Vectors, limit: int, where: Where | None) -> Nearest:
        """Return for each vector the `limit` nearest ids."""
        wanted = {
            "query_embeddings": np.ascontiguousarray(vectors),
            "n_results": limit,
            "where": where,
            "include": ["distances"],
        }
        return _read(Nearest, self._request("POST", _path(collection.id, "query"), wanted))

    def delete(self, collection: Collection, where: Where) -> None:
        """Delete the vectors whose metadata match."""
        self._request("POST", _path(collection.id, "delete"), {"where": where})

    def delete_ids(self, collection: Collection, ids: Sequence[str]) -> None:
        """Delete the vectors of these ids."""
        self._request("POST", _path(collection.id, "delete"), {"ids": ids})

    def vacuum(self) -> bool:
        """Have everything deleted erased from the server's files; return False if the server can't do that."""
        try:
            self._request("POST", VACUUM, timeout_s=_VACUUM_TIMEOUT_S)
        except CollectionNotFound:
            return False
        return True

    def count(self, collection: Collection) -> int:
        """Return how many vectors the collection has."""
        return _COUNT.validate_json(self._request("GET", _path(collection.id, "count")))

    def close(self) -> None:
        """Close the connections; the server keeps running."""
        self._http.close()

    def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> bytes:
        content = None if body is None else orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
        headers = None if body is None else {"Content-Type": "application/json"}
        timeout = self._http.timeout if timeout_s is None else timeout_s
        response = self._http.request(method, path, content=content, headers=headers, timeout=timeout)
        if response.status_code == httpx.codes.UNAUTHORIZED and self._is_own_server:
            raise ServerReplaced("the Chroma server was started anew")
        if response.status_code == httpx.codes.NOT_FOUND:
            raise CollectionNotFound(path)
        if not response.is_success:
            reason = response.text[:_LONGEST_REASON]
            raise IndexUnavailable(f"the Chroma server refused a request ({response.status_code}): {reason}")
        return response.content


def _path(*parts: str) -> str:
    return "/".join((COLLECTIONS, *(quote(part, safe="") for part in parts)))


def _read(kind: type[_T], answer: bytes) -> _T:
    try:
        return kind.model_validate_json(answer)
    except ValidationError as error:
        raise IndexUnavailable("the Chroma server answered in a form that this version does not know") from error
