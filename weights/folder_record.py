"""The record of a prepared folder: the bytes it was made from, in which format, and how to use it.

It shows when a folder was changed, or made by another version. A gigabyte takes seconds to hash, so a file is hashed
again only where it was written after the record. Edit this file when a folder has to state something more.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from storage.atomic_write import sync_tree, write_whole
from storage.hashing import sha256_of_file
from weights.errors import BrokenFolderError
from weights.types import Embedding, Entry

FILE_NAME = "routewise.json"
FORMAT = 2
"""Increased whenever `convert` writes something else."""


class FolderRecord(BaseModel):
    """Holds the content of `routewise.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    format: int
    sources: dict[str, str]
    """sha256 by the pinned file's name."""
    sizes: dict[str, int]
    """Bytes by the name of each file in the folder."""
    hashes: dict[str, str]
    """sha256 by the same names."""
    embedding: Embedding | None


def write_record(entry: Entry, folder: Path) -> None:
    """Write the record of a finished folder."""
    record = FolderRecord(
        name=entry.name,
        title=entry.title,
        format=FORMAT,
        sources={file.name: file.sha256 for file in entry.files},
        sizes=_sizes(folder),
        hashes={name: sha256_of_file(folder / name) for name in _sizes(folder)},
        embedding=entry.embedding,
    )
    sync_tree(folder)  # The record vouches for the files, so they are on the disk before it is.
    write_whole(folder / FILE_NAME, f"{record.model_dump_json(indent=2)}\n".encode())


def read_record(folder: Path) -> FolderRecord:
    """Return the record of a folder that is as it was prepared. Raises BrokenFolderError."""
    path = folder / FILE_NAME
    if not path.is_file():
        raise BrokenFolderError(folder, f"it has no {FILE_NAME}")
    try:
        record = FolderRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise BrokenFolderError(folder, f"its {FILE_NAME} can't be read") from error
    if record.format != FORMAT:
        raise BrokenFolderError(folder, f"it has format {record.format}, but this version reads {FORMAT}")
    found = _sizes(folder)
    written = path.stat().st_mtime_ns
    changed = sorted(
        name
        for name, size in record.sizes.items()
        if found.get(name) != size or _is_changed(folder / name, written, record.hashes[name])
    )
    if changed:
        raise BrokenFolderError(folder, f"these files were changed or are missing: {', '.join(changed)}")
    return record


def check_record(entry: Entry, folder: Path) -> None:
    """Raise BrokenFolderError unless the folder was made from the entry's pinned files."""
    if read_record(folder).sources != {file.name: file.sha256 for file in entry.files}:
        raise BrokenFolderError(folder, "it was made from other files than this version pins")


def _sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir() if path.name != FILE_NAME}


def _is_changed(file: Path, since_ns: int, sha256: str) -> bool:
    return file.stat().st_mtime_ns > since_ns and sha256_of_file(file) != sha256
