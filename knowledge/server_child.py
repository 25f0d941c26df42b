"""The Chroma server's process: takes the folder's lock, writes down its pid and port, then serves until it is ended.

The lock is the kernel's, so two servers never own one folder, and a dead one is known for dead at once.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import sys
import time
from pathlib import Path

LOCK_WAIT_S = 2


def main(folder: Path, lock_file: Path, port: int) -> None:
    """Serve `folder` on `port` of loopback; return at once where another server owns it."""
    lock = os.open(lock_file, os.O_CREAT | os.O_RDWR, 0o600)
    if not _take(lock):
        return
    record = json.dumps({"pid": os.getpid(), "port": port}).encode()
    os.pwrite(lock, record, 0)
    os.ftruncate(lock, len(record))
    # Each collection keeps four files open once touched: the usual 1024 would be spent at 250 guilds.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    from chromadb.cli.cli import app  # after the lock is held

    sys.argv = ["chroma", "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    app()  # type: ignore[no-untyped-call]  # chromadb's own entry point


def _take(lock: int) -> bool:
    """Wait briefly: another process may be probing the lock at this instant."""
    until = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        else:
            return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
