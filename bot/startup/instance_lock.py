"""Locks a data folder for one running bot. The commands of the terminal need no lock: they share the folder.

Edit this file to change how a second bot on the same folder is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import FolderTaken, FolderUnusable
from storage.private_folder import make_private


def keep_private(data_dir: Path) -> None:
    """Let only the owner read the data folder. Raises FolderUnusable."""
    try:
        make_private(data_dir)
    except OSError as error:
        raise FolderUnusable(data_dir, error.strerror or str(error)) from error


@contextmanager
def instance_lock(data_dir: Path) -> Iterator[None]:
    """Lock `data_dir` until the block or the process ends.

    Raises:
        FolderTaken: another bot uses it.
        FolderUnusable: nothing can be written to it.
    """
    lock = FileLock(data_dir / "bot.lock")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise FolderTaken(data_dir) from error
    except OSError as error:
        raise FolderUnusable(data_dir, error.strerror or str(error)) from error
    try:
        yield
    finally:
        lock.release()
