"""The process of the Chroma server: locks the folder, detaches from its starter, records its address, and serves.

The kernel holds the lock, so two servers never own one folder, and a dead one is recognised at once. It listens on a
socket in a private folder, which no other user can reach, and answers only those who know its secret. Edit it for how
Chroma is started.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import resource
import secrets
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

_KEEP_ALIVE_S = 75
_END_LIMIT_S = 5


def main(folder: Path, lock_file: Path) -> None:
    """Serve `folder` in the background; do nothing if another server owns it."""
    os.umask(0o077)
    lock = os.open(lock_file, os.O_CREAT | os.O_RDWR, 0o600)
    if not _take_lock(lock):
        return
    if os.fork() > 0:
        # The starter waits only for this process; the fork, which shares the lock, is detached from it.
        os._exit(0)
    # Each collection keeps four files open once used: the usual 1024 would be exhausted at 250 guilds.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    secret = secrets.token_urlsafe(32)
    listener, path = _listen(folder.with_name(f"{folder.name}.sock"))
    try:
        record = {"pid": os.getpid(), "url": f"unix://routewise:{secret}@{quote(str(path))}"}
        os.pwrite(lock, json.dumps(record).encode(), 0)
        _serve(folder, lock, secret, listener)
    finally:
        path.unlink(missing_ok=True)
        if path.parent != folder.parent:
            path.parent.rmdir()


def _serve(folder: Path, lock: int, secret: str, listener: socket.socket) -> None:
    import uvicorn

    from knowledge.vectors.chroma_app import ChromaApp, RequireSecret

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app = ChromaApp(folder, lock)
    config = uvicorn.Config(
        RequireSecret(app, secret),
        loop="asyncio",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_END_LIMIT_S,
    )
    # The server passes the signal on once it has stopped, which must not skip what is left to do.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        app.close()


def _listen(path: Path) -> tuple[socket.socket, Path]:
    """Return a socket at `path`, or in a private folder for temporary files if its path is too long for a socket."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
    except OSError:
        path = Path(tempfile.mkdtemp(prefix="routewise-")) / "chroma.sock"
        listener.bind(str(path))
    listener.listen(socket.SOMAXCONN)
    return listener, path


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
    main(Path(sys.argv[1]), Path(sys.argv[2]))
