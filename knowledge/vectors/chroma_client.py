"""A client of one Chroma server: opened with a timeout, closed for good. Knows no collection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from knowledge.errors import IndexUnavailable

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

TIMEOUT_S = 60


class ChromaClient:
    """One client of the server at `url`. Raises IndexUnavailable where none answers."""

    def __init__(self, url: str) -> None:
        # 0.6 s, hence not at the top.
        import chromadb
        from chromadb.api.client import Client
        from chromadb.api.fastapi import FastAPI
        from chromadb.config import Settings

        parts = httpx.URL(url)
        secure = parts.scheme == "https"
        try:
            client = chromadb.HttpClient(
                host=parts.host,
                port=parts.port or (443 if secure else 80),
                ssl=secure,
                settings=Settings(anonymized_telemetry=False),
            )
        except ValueError as error:  # how its constructor reports a refused connection
            raise IndexUnavailable(f"no Chroma server is responding at {url}: {error}") from error
        if not isinstance(client, Client):
            raise TypeError("chromadb.HttpClient returned something that cannot be closed")
        self._client = client
        # chromadb 1.5 gives its two HTTP sessions no timeout, never closes them, and offers no public way to them.
        servers = (client._server, client._admin_client._server)  # type: ignore[attr-defined]
        self._sessions = [server._session for server in servers if isinstance(server, FastAPI)]
        for session in self._sessions:
            session.timeout = httpx.Timeout(TIMEOUT_S)

    @property
    def client(self) -> ClientAPI:
        """What collections are reached through."""
        return self._client

    def close(self) -> None:
        """Close the connection; the server runs on."""
        self._client.close()
        for session in self._sessions:
            session.close()
