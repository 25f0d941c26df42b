"""An OpenAI-compatible server on loopback: a real model behind it, and the ways in which such servers fail."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypedDict

Speak = Callable[[list[dict[str, str]]], Iterable[str]]
"""From the messages of a request to the pieces of its answer."""


class Request(TypedDict, total=False):
    """What of a request is read here; the rest is kept too."""

    model: str
    messages: list[dict[str, str]]
    stream: bool
    input: str | list[str]


@dataclass
class OpenAIServer:
    """How it behaves, and what it was asked. Set the failures at any time."""

    url: str = ""
    answers_with: list[int] = field(default_factory=list)
    """Status codes of the next responses, in place of an answer."""
    dies_after: int | None = None
    """Pieces after which the connection breaks off."""
    waits_s: float = 0.0
    """Before the first piece."""
    requests: list[Request] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@contextmanager
def serving(speak: Speak) -> Iterator[OpenAIServer]:
    state = OpenAIServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body: Request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append(body)
            state.keys.append(self.headers.get("Authorization"))
            if state.answers_with:
                self._json(state.answers_with.pop(0), {"error": {"message": "as told"}})
            elif self.path.endswith("/embeddings"):
                rows = [{"index": at, "embedding": _vector(text)} for at, text in enumerate(_texts(body["input"]))]
                self._json(200, {"data": rows, "model": body["model"], "usage": {}})
            elif body.get("stream"):
                self._stream(body)
            else:
                text = "".join(speak(body["messages"]))
                choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
                self._json(200, {"id": "1", "choices": [choice], "model": body["model"]})

        def _stream(self, body: Request) -> None:
            time.sleep(state.waits_s)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for number, piece in enumerate(speak(body["messages"])):
                if number == state.dies_after:
                    self.close_connection = True
                    return
                self._event({"delta": {"content": piece}, "index": 0, "finish_reason": None}, body)
            self._event({"delta": {}, "index": 0, "finish_reason": "stop"}, body)
            self._chunk(b"data: [DONE]\n\n")
            self._chunk(b"")

        def _event(self, choice: dict[str, object], body: Request) -> None:
            event = {"id": "1", "object": "chat.completion.chunk", "model": body["model"], "choices": [choice]}
            self._chunk(f"data: {json.dumps(event)}\n\n".encode())

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

        def _json(self, status: int, content: object) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _texts(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def _vector(text: str) -> list[float]:
    from tests.fakes.hashing_embeddings import HashingEmbeddings

    return HashingEmbeddings().embed_query(text)
