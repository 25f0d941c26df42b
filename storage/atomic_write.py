"""Writes files and folders completely or not at all, whatever happens, and durably once written.

Edit it for the order of writing, syncing and renaming, and for the names of unfinished files.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

UNFINISHED = ".part"
"""The extension of an unfinished file."""
_STALE_AFTER_S = 3600.0
"""An unfinished file that was not written to for this long belongs to a process that was killed."""


def write_whole(path: Path, data: bytes, *, owner: str = "", mode: int = 0o666) -> None:
    """Put `data` at `path`, replacing what is there; several threads and processes may do so at once.

    `owner` becomes part of the unfinished file's name, for whoever deletes what a kill leaves. Raises OSError and then
    leaves nothing behind.
    """
    _delete_stale_parts(path)
    part = path.with_name(f"{path.name}.{owner}.{secrets.token_hex(8)}{UNFINISHED}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def owner_of(path: Path) -> str | None:
    """Return the owner that `write_whole` put into an unfinished file's name; None for any other file."""
    if not path.name.endswith(UNFINISHED):
        return None
    return path.name.removesuffix(UNFINISHED).rpartition(".")[0].rpartition(".")[2]


def move_whole(source: Path, target: Path) -> None:
    """Rename a finished file, once its bytes are on the disk."""
    _sync(source)
    source.replace(target)
    sync_folder(target.parent)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a folder to fill, renamed to `path` at the end of the block, or discarded if `path` exists by then.

    If an error leaves the block, nothing of it stays.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}{UNFINISHED}")
    part.mkdir(parents=True)
    try:
        yield part
        sync_tree(part)
        if not path.exists():
            try:
                part.rename(path)
            except OSError:
                if not path.exists():  # Otherwise another writer was faster.
                    raise
        sync_folder(path.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def delete_tree(folder: Path) -> None:
    """Delete a folder with all its contents, durably. Raises OSError if something stays."""
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:  # Another process is deleting it, too.
            continue
    if folder.parent.exists():
        sync_folder(folder.parent)


def sync_tree(folder: Path) -> None:
    """Make the files in `folder` and their names durable."""
    for path in folder.rglob("*"):
        _sync(path)
    _sync(folder)


def sync_folder(folder: Path) -> None:
    """Make names that were added to or removed from `folder` durable."""
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _delete_stale_parts(path: Path) -> None:
    """Delete what killed writers of this file left."""
    for part in path.parent.glob(f"{escape(path.name)}.*{UNFINISHED}"):
        try:
            if time.time() - part.stat().st_mtime > _STALE_AFTER_S:
                part.unlink()
        except FileNotFoundError:
            continue
