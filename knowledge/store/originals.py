"""Keeps the original bytes of documents whose pages can be shown, by content. Blocking.

A file is written before a version that needs it is published, and deleted when no source uses it. Edit it for which
formats are kept.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterable
from pathlib import Path

from knowledge.errors import DiskFull
from knowledge.store.pending_deletions import PendingDeletions
from knowledge.store.process_locks import ProcessLock
from storage.atomic_write import owner_of, sync_folder, write_whole

SHOWN = frozenset({"pdf"})
"""The formats whose pages can be shown, so that their originals are kept."""


class Originals:
    """Keeps a folder of files, each named by its own sha256."""

    def __init__(self, folder: Path, pending_deletions: PendingDeletions, owner: ProcessLock) -> None:
        self._folder = folder
        self._pending_deletions = pending_deletions
        self._process_lock = owner

    def put(self, data: bytes, sha256: str) -> None:
        """Keep `data` durably. Raises DiskFull and then keeps nothing."""
        if self.path(sha256) is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            write_whole(self._folder / sha256, data, owner=self._process_lock.token)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise DiskFull(self._folder.parent) from error
            raise

    def path(self, sha256: str) -> Path | None:
        """Return where the file is; None if it was not kept or has been altered."""
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
            with self._pending_deletions.unused(kept, self._process_lock.live) as unused:
                for sha256 in unused:
                    (self._folder / sha256).unlink(missing_ok=True)
            sync_folder(self._folder)

    def sweep(self) -> None:
        """Delete what killed processes left behind."""
        if not self._folder.exists():
            return
        paths = list(self._folder.iterdir())
        live = self._process_lock.live()
        for path in paths:
            # An earlier program named an unfinished file only by its owner.
            owner = owner_of(path) or path.suffix.removeprefix(".")
            if owner and owner not in live:
                path.unlink(missing_ok=True)
        self.discard_unused(path.name for path in paths if "." not in path.name)
