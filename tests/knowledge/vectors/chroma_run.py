"""Chroma's own server, as `chroma run` starts it: what CHROMA_URL may name."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.errors import IndexUnavailable
from knowledge.vectors.chroma_server import RemoteServer

_START_LIMIT_S = 120


@contextmanager
def chroma_run(folder: Path) -> Iterator[str]:
    """Yields the address of a server that asks nobody for a password."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run = "import sys; from chromadb.cli.cli import app; sys.argv = ['chroma', *sys.argv[1:]]; app()"
    command = [sys.executable, "-c", run, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url)
            yield url
        finally:
            process.kill()


def _wait(url: str) -> None:
    until = time.monotonic() + _START_LIMIT_S
    while True:
        try:
            RemoteServer(url).ensure()
        except IndexUnavailable:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return
