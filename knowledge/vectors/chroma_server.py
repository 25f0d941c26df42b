"""Starts, finds and stops the Chroma server that owns a data folder, shared by all processes.

Edit it for starting, stopping and time limits.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import httpx
from pydantic import BaseModel, ValidationError

from knowledge.errors import IndexUnavailable
from knowledge.store.process_locks import is_locked
from knowledge.vectors.chroma_client import ChromaClient, CollectionNotFound
from storage.child_environment import child_environment

log = logging.getLogger(__name__)

START_LIMIT_S = 60
STOP_LIMIT_S = 10
ATTEMPTS = 3
CHECK_LIMIT_S = 5
_CLEAN_MEMORY = {"MALLOC_PERTURB_": "85"}
"""Makes glibc overwrite memory: Chroma writes a new index with whatever its memory last held, even deleted vectors."""


class ChromaAddress(Protocol):
    """Says where Chroma is."""

    def ensure(self) -> str:
        """Return the URL at which it responds, with the secret that it asks for. Blocks; raises IndexUnavailable."""
        ...

    def stop(self) -> None:
        """Stop the server if this program runs it."""
        ...


class RemoteServer:
    """Refers to a Chroma server that somebody else runs."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def ensure(self) -> str:
        """Return its URL. Raises IndexUnavailable if it does not respond."""
        if not _responds(self._url):
            raise IndexUnavailable("the Chroma server at CHROMA_URL isn't responding: start it or correct the setting")
        return self._url

    def stop(self) -> None:
        """Leave it running."""


class _ServerRecord(BaseModel):
    pid: int
    url: str | None = None
    """None: an earlier version started it, which anybody on this machine could use."""


class ChromaServer:
    """Manages the server of one folder, whichever process started it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock_file = folder.with_name(folder.name + ".lock")
        self._log_file = folder.with_name(folder.name + ".log")
        self._starting = threading.Lock()

    def ensure(self) -> str:
        """Return the server's URL, starting the server if there is none. Blocks; raises IndexUnavailable."""
        with self._starting:
            attempts = 0
            until = time.monotonic() + START_LIMIT_S
            while time.monotonic() < until:
                if is_locked(self._lock_file):
                    record = self._read_record()
                    if record is not None and record.url is None:
                        self._signal_and_wait(signal.SIGTERM)
                    elif record is not None and record.url is not None and _responds(record.url):
                        return record.url
                elif attempts == ATTEMPTS:
                    break
                else:
                    attempts += 1
                    self._start()
                time.sleep(0.05)
        raise IndexUnavailable(f"the Chroma server doesn't start or respond: see {self._log_file.name} in DATA_DIR")

    def stop(self) -> None:
        """Stop the server, whoever started it, and wait until it has released the folder."""
        with self._starting:
            if not self._signal_and_wait(signal.SIGTERM):
                self._signal_and_wait(signal.SIGKILL)

    @property
    def pid(self) -> int | None:
        """Return the process that serves the folder now; None if there is none."""
        record = self._read_record()
        return record.pid if record is not None and is_locked(self._lock_file) else None

    def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        # A dead server's record must not be mistaken for the next one's.
        if not _clear_record(self._lock_file):
            return
        command = [sys.executable, "-m", "knowledge.vectors.chroma_process"]
        command += [str(self._folder.absolute()), str(self._lock_file.absolute())]
        with self._log_file.open("ab") as output:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C stops the bot, which then stops the server properly.
                start_new_session=True,
                env=child_environment(_CLEAN_MEMORY),
                timeout=START_LIMIT_S,
                check=False,
            )
        log.info("started the Chroma server")

    def _read_record(self) -> _ServerRecord | None:
        try:
            return _ServerRecord.model_validate_json(self._lock_file.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def _signal_and_wait(self, how: signal.Signals) -> bool:
        """Return whether the server released the folder in time after this signal."""
        pid = self.pid
        if pid is None:
            return True
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        until = time.monotonic() + STOP_LIMIT_S
        while is_locked(self._lock_file):
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True


def _clear_record(lock_file: Path) -> bool:
    """Empty the record and return True; return False if a server is alive."""
    lock = os.open(lock_file, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _responds(url: str) -> bool:
    client = ChromaClient(url, CHECK_LIMIT_S)
    try:
        client.check()
    except (httpx.HTTPError, IndexUnavailable, CollectionNotFound):
        return False
    finally:
        client.close()
    return True
