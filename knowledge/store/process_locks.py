"""Records which live processes use a data folder: each locks a file of its own, which the kernel unlocks at its end.

Edit it for how owners are recognised as alive.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ProcessLock:
    """Marks this process as a user of the folder, from construction to `release`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.token = uuid.uuid4().hex
        # Locked under another name first, so that a visible owner file is always locked by a live process.
        hidden = folder / f".{self.token}"
        self._lock = os.open(hidden, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            hidden.rename(folder / self.token)
        except BaseException:
            hidden.unlink(missing_ok=True)
            os.close(self._lock)
            raise

    def live(self) -> set[str]:
        """Return the tokens of all live owners, including this one."""
        return {self.token, *self.others()}

    def others(self) -> set[str]:
        """Return the tokens of the other live owners, and delete the files of dead ones."""
        live: set[str] = set()
        for path in self._folder.iterdir():
            if path.name.startswith(".") or path.name == self.token:
                continue
            if is_locked(path):
                live.add(path.name)
            else:
                path.unlink(missing_ok=True)
        return live

    def release(self) -> None:
        """Give up ownership."""
        (self._folder / self.token).unlink(missing_ok=True)
        os.close(self._lock)


@contextmanager
def hold_lock(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock on the file at `path` until the block ends, alone or with all who share it. Blocks until then."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def is_locked(path: Path) -> bool:
    """Return whether a live process holds the lock on the file at `path`."""
    try:
        probe = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(probe)
    return False
