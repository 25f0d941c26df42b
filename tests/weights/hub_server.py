"""A hub on loopback that serves one file, and can misbehave in the ways that real ones do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class HubServer:
    """What it serves, how, and what it was asked."""

    content: bytes
    origin: str = ""
    cut_after: int | None = None
    """Bytes after which each response ends early."""
    ignores_ranges: bool = False
    status: int | None = None
    redirect: str | None = None
    ranges: list[str | None] = field(default_factory=list)
    """The Range header of each request."""
    paths: list[str] = field(default_factory=list)


@contextmanager
def serving(content: bytes) -> Iterator[HubServer]:
    state = HubServer(content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            state.ranges.append(asked)
            state.paths.append(self.path)
            if state.redirect is not None:
                self.send_response(302)
                self.send_header("Location", state.redirect)
                self.end_headers()
                return
            if state.status is not None:
                self.send_error(state.status)
                return
            start = 0 if asked is None or state.ignores_ranges else int(asked.removeprefix("bytes=").rstrip("-"))
            rest = state.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest if state.cut_after is None else rest[: state.cut_after])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    state.origin = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
