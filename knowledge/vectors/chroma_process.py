"""The process of the Chroma server: locks the folder, detaches from its starter, records its pid and port, and serves.

The kernel holds the lock, so two servers never own one folder, and a dead one is recognised at once. Edit it for how
Chroma is started.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import sys
import time
from pathlib import Path


def main(folder: Path, lock_file: Path, port: int) -> None:
    """Serve `folder` on `port` of loopback, in the background; do nothing if another server owns it."""
    lock = os.open(lock_file, os.O_CREAT | os.O_RDWR, 0o600)
    if not _take_lock(lock):
        return
    if os.fork() > 0:
        # The starter waits only for this process; the fork, which shares the lock, is detached from it.
        os._exit(0)
    record = json.dumps({"pid": os.getpid(), "port": port}).encode()
    os.pwrite(lock, record, 0)
    # Each collection keeps four files open once used: the usual 1024 would be exhausted at 250 guilds.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    from chromadb.cli.cli import app

    sys.argv = ["chroma", "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    app()  # type: ignore[no-untyped-call]  # chromadb's own entry point


def _take_lock(lock: int) -> bool:
    """Lock the emptied record. Returns False if a server holds it; a process that only probes holds it for an
    instant.
    """
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if os.fstat(lock).st_size > 0:
                return False
            time.sleep(0.01)
        else:
            os.ftruncate(lock, 0)
            return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
