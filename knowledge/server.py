"""The Chroma server on loopback that owns a data folder: started by whoever needs it first, joined by the others.

Knows nothing of collections.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

import httpx
from pydantic import BaseModel, ValidationError

from knowledge.errors import IndexUnavailable
from knowledge.owners import is_locked

log = logging.getLogger(__name__)

START_LIMIT_S = 60
STOP_LIMIT_S = 10
ATTEMPTS = 3


class Server(Protocol):
    """Where Chroma is."""

    def ensure(self) -> str:
        """The URL at which it answers. Blocks; raises IndexUnavailable."""
        ...

    def stop(self) -> None:
        """End it, if it is ours to end."""
        ...


class RemoteServer:
    """A Chroma server that somebody else runs."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def ensure(self) -> str:
        """Its URL. Raises IndexUnavailable where it does not answer."""
        if not _answers(self._url):
            raise IndexUnavailable("the Chroma server of CHROMA_URL does not answer: start it or correct the setting")
        return self._url

    def stop(self) -> None:
        """Leave it running."""


class _Record(BaseModel):
    pid: int
    port: int


class ChromaServer:
    """The server of one folder, whichever process started it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock_file = folder.with_name(folder.name + ".lock")
        self._log_file = folder.with_name(folder.name + ".log")
        self._child: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()

    def ensure(self) -> str:
        """The URL at which the server answers, started where none does. Blocks; raises IndexUnavailable."""
        with self._starting:
            attempts = 0
            until = time.monotonic() + START_LIMIT_S
            while time.monotonic() < until:
                if is_locked(self._lock_file):
                    record = self._record()
                    if record is not None and _answers(url := f"http://127.0.0.1:{record.port}"):
                        return url
                elif self._child is None or self._child.poll() is not None:
                    if attempts == ATTEMPTS:
                        break
                    attempts += 1
                    self._start()
                time.sleep(0.05)
        raise IndexUnavailable(f"the Chroma server did not start within {START_LIMIT_S} s: see {self._log_file.name}")

    def stop(self) -> None:
        """End the server, whoever started it, and wait until it has let go of the folder."""
        with self._starting:
            record = self._record()
            if not is_locked(self._lock_file) or record is None:
                return
            for how in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.kill(record.pid, how)
                except ProcessLookupError:
                    break
                if self._ended():
                    break
            if self._child is not None:
                self._child.wait(STOP_LIMIT_S)

    @property
    def pid(self) -> int | None:
        """The process that serves the folder now; None where none does."""
        record = self._record()
        return record.pid if record is not None and is_locked(self._lock_file) else None

    def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if not _clear(self._lock_file):
            return
        port = _free_port()
        command = [sys.executable, "-m", "knowledge.server_child"]
        command += [str(self._folder), str(self._lock_file), str(port)]
        with self._log_file.open("wb") as output:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C ends the bot, which then ends the server in order; the server outlives a bot that is killed.
                start_new_session=True,
                env=os.environ | {"ANONYMIZED_TELEMETRY": "False"},
            )
        log.info("starting the Chroma server: pid %d, port %d", self._child.pid, port)

    def _record(self) -> _Record | None:
        try:
            return _Record.model_validate_json(self._lock_file.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def _ended(self) -> bool:
        until = time.monotonic() + STOP_LIMIT_S
        while is_locked(self._lock_file):
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True


def _clear(lock_file: Path) -> bool:
    """Empty the record, so that a dead server's is not taken for the next one's; False where a server lives."""
    lock = os.open(lock_file, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v2/heartbeat", timeout=5).is_success
    except httpx.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
