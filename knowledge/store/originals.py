"""The bytes of documents of which pages are shown, kept by content. Blocking; knows no source.

A file is written before a version that needs it is published, and goes when the catalog knows nobody who uses it.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from knowledge.errors import DiskFull
from knowledge.store.pending_deletions import PendingDeletions
from knowledge.store.process_locks import ProcessLock

SHOWN = frozenset({"pdf"})
"""The media whose pages can be shown, so that their originals are kept."""


class Originals:
    """A folder of files, each named by its own sha256."""

    def __init__(self, folder: Path, strays: PendingDeletions, owner: ProcessLock) -> None:
        self._folder = folder
        self._strays = strays
        self._owner = owner

    def put(self, data: bytes, sha256: str) -> None:
        """Keep `data` durably. Raises DiskFull; then nothing stays."""
        if self.path(sha256) is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f"{sha256}.{self._owner.token}"
        try:
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._folder / sha256)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise DiskFull(self._folder.parent) from error
            raise
        finally:
            unfinished.unlink(missing_ok=True)
        _sync(self._folder)

    def path(self, sha256: str) -> Path | None:
        """Where the file lies; None where it was not kept, or is not what was kept."""
        path = self._folder / sha256
        try:
            with path.open("rb") as file:
                return path if hashlib.file_digest(file, "sha256").hexdigest() == sha256 else None
        except FileNotFoundError:
            return None

    def discard_unused(self, sha256s: Iterable[str]) -> None:
        """Delete those of these files that nobody uses any more. Safe to call again."""
        kept = [sha256 for sha256 in set(sha256s) if (self._folder / sha256).exists()]
        if kept:
            with self._strays.unused(kept, self._owner.live) as unused:
                for sha256 in unused:
                    (self._folder / sha256).unlink(missing_ok=True)
            _sync(self._folder)

    def sweep(self) -> None:
        """Delete what killed processes left behind."""
        if not self._folder.exists():
            return
        names = [path.name for path in self._folder.iterdir()]
        live = self._owner.live()
        for name in names:
            _, unfinished, owner = name.partition(".")
            if unfinished and owner not in live:
                (self._folder / name).unlink(missing_ok=True)
        self.discard_unused(name for name in names if "." not in name)


def _sync(folder: Path) -> None:
    """Make names that came into `folder`, or went, durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
