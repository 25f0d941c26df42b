"""Chroma's HTTP interface as far as this program uses it, for those alone who know the secret. Runs in the child only.

Chroma's own server answers every user of the machine, and knows no authentication. Edit it when another call of Chroma
is needed.
"""

from __future__ import annotations

import asyncio
import gc
import hmac
import logging
import os
import signal
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from chromadb.api import ServerAPI
from chromadb.config import Settings, System
from chromadb.errors import ChromaError, NotFoundError

from knowledge.vectors.chroma_client import COLLECTIONS, HEARTBEAT, VACUUM

log = logging.getLogger(__name__)

USER = "routewise"
"""The name that goes with the secret."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class RequireSecret:
    """Lets a request pass to the app only with the secret as its password; any other gets 401."""

    def __init__(self, app: App, secret: str) -> None:
        self._app = app
        self._expected = b"Basic " + b64encode(f"{USER}:{secret}".encode())

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI specifies it."""
        given = next((value for name, value in scope.get("headers", ()) if name.lower() == b"authorization"), b"")
        if hmac.compare_digest(given, self._expected):
            await self._app(scope, receive, send)
        else:
            await _send(send, HTTPStatus.UNAUTHORIZED, {"error": "the secret is missing or wrong"})


class ChromaApp:
    """Answers requests from the vectors in one folder."""

    def __init__(self, folder: Path, lock: int) -> None:
        """Open the folder; `lock` is the descriptor of the lock on it, which this process holds."""
        self._folder = folder
        self._lock = lock
        self._system, self._chroma = _open(folder)
        self._change = asyncio.Condition()
        """Of the next two."""
        self._running = 0
        """How many requests are using Chroma."""
        self._is_closed = False
        """Chroma is closed for a vacuum: requests wait."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI specifies it."""
        method, path = scope["method"], scope["path"]
        body = await _body(receive)
        answer: object
        if (method, path) == ("GET", HEARTBEAT):
            status, answer = HTTPStatus.OK, {"nanosecond heartbeat": time.time_ns()}
        elif (method, path) == ("POST", VACUUM):
            status, answer = await self._vacuum()
        else:
            async with self._using():
                status, answer = await asyncio.to_thread(self._answer, method, path, body)
        await _send(send, status, answer)

    def close(self) -> None:
        """Write everything to disk and release the folder."""
        self._system.stop()

    @asynccontextmanager
    async def _using(self) -> AsyncIterator[None]:
        """Keep Chroma open until the block ends."""
        async with self._change:
            await self._change.wait_for(lambda: not self._is_closed)
            self._running += 1
        try:
            yield
        finally:
            async with self._change:
                self._running -= 1
                self._change.notify_all()

    async def _vacuum(self) -> tuple[HTTPStatus, object]:
        """Erase what was deleted from Chroma's files; other requests wait. Frees the memory of deleted indexes, too."""
        async with self._change:
            await self._change.wait_for(lambda: not self._is_closed)
            self._is_closed = True
            await self._change.wait_for(lambda: self._running == 0)
        try:
            await asyncio.to_thread(self._system.stop)
            gc.collect()  # Whatever still refers to the database would keep it open.
            code = await _run_vacuum(self._folder, self._lock)
        finally:
            await self._reopen()
        if code != 0:
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "VacuumFailed", "message": "the log says why"}
        return HTTPStatus.OK, {}

    async def _reopen(self) -> None:
        try:
            self._system, self._chroma = await asyncio.to_thread(_open, self._folder)
        except Exception:  # a process boundary
            log.exception("Chroma cannot be opened again after a vacuum; the next call starts another server")
            os.kill(os.getpid(), signal.SIGTERM)
        async with self._change:
            self._is_closed = False
            self._change.notify_all()

    def _answer(self, method: str, path: str, body: bytes) -> tuple[HTTPStatus, object]:
        try:
            fields = orjson.loads(body) if body else {}
            return HTTPStatus.OK, self._result(method, path, fields)
        except NotFoundError as error:
            return HTTPStatus.NOT_FOUND, {"error": "NotFoundError", "message": str(error)}
        except (KeyError, TypeError, ValueError) as error:
            log.warning("refused %s %s: %r", method, path, error)
            return HTTPStatus.BAD_REQUEST, {"error": "InvalidArgumentError", "message": str(error)}
        except ChromaError as error:
            log.exception("%s %s failed", method, path)
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": type(error).__name__, "message": str(error)}
        except Exception as error:  # a process boundary: the bindings raise whatever Rust reports
            log.exception("%s %s failed", method, path)
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "InternalError", "message": str(error)}

    def _result(self, method: str, path: str, fields: Mapping[str, Any]) -> object:
        parts = path.removeprefix(COLLECTIONS).strip("/").split("/") if path.startswith(COLLECTIONS) else None
        match method, parts:
            case "POST", [""]:
                return self._created(fields)
            case "GET", [name]:
                return _described(self._chroma.get_collection(name))
            case "DELETE", [name]:
                return self._chroma.delete_collection(name)
            case "GET", [id_, "count"]:
                return self._chroma._count(UUID(id_))
            case "POST", [id_, call]:
                return self._called(UUID(id_), call, fields)
            case _:
                raise ValueError("there is no such call")

    def _created(self, fields: Mapping[str, Any]) -> object:
        # Of what the caller sends only the name and the metadata count: a configuration may name code.
        made = self._chroma.create_collection(
            fields["name"],
            configuration={"hnsw": {"space": "cosine"}},
            metadata=fields.get("metadata"),
            get_or_create=True,
        )
        return _described(made)

    def _called(self, id_: UUID, call: str, fields: Mapping[str, Any]) -> object:
        match call:
            case "upsert":
                return self._chroma._upsert(id_, fields["ids"], fields["embeddings"], fields.get("metadatas"))
            case "get":
                found = self._chroma._get(
                    id_, fields.get("ids"), where=fields.get("where"), include=fields.get("include", [])
                )
                return {name: found[name] for name in ("ids", "embeddings", "metadatas")}
            case "query":
                nearest = self._chroma._query(
                    id_,
                    fields["query_embeddings"],
                    n_results=fields["n_results"],
                    where=fields.get("where"),
                    include=["distances"],
                )
                return {"ids": nearest["ids"], "distances": nearest["distances"]}
            case "delete":
                if not (fields.get("ids") or fields.get("where")):
                    raise ValueError("say which vectors to delete")
                return dict(self._chroma._delete(id_, fields.get("ids"), where=fields.get("where")))
            case _:
                raise ValueError("there is no such call")


def _open(folder: Path) -> tuple[System, ServerAPI]:
    system = System(
        Settings(is_persistent=True, persist_directory=str(folder), anonymized_telemetry=False, allow_reset=False)
    )
    # Chroma looks the class up in its settings.
    chroma = system.instance(ServerAPI)  # type: ignore[type-abstract]
    system.start()
    return system, chroma


async def _run_vacuum(folder: Path, lock: int) -> int:
    """Vacuum the folder in a process of its own: Chroma's SQLite and Python's don't see each other's locks in one.

    It shares the lock on the folder, so that nobody opens Chroma before it ends, even if this process is killed.
    """
    command = [sys.executable, "-m", "knowledge.vectors.chroma_vacuum", str(folder)]
    # SQLite's temporary copy is as large as the database.
    environment = {**os.environ, "SQLITE_TMPDIR": str(folder)}
    process = await asyncio.create_subprocess_exec(*command, env=environment, pass_fds=(lock,))
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _described(collection: Any) -> dict[str, object]:
    return {"id": str(collection.id), "metadata": collection.metadata}


async def _body(receive: Receive) -> bytes:
    parts = bytearray()
    is_open = True
    while is_open:
        message = await receive()
        parts += message.get("body", b"")
        is_open = message.get("more_body", False)
    return bytes(parts)


async def _send(send: Send, status: HTTPStatus, answer: object) -> None:
    content = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": content})
