"""What can go wrong with a database file. Each package translates these into its own errors, once, at its edge.

StorageError
├── StorageFull         the disk takes no more
├── DatabaseLocked      another connection held the lock for longer than is waited
├── DatabaseDamaged     the file is not a SQLite database, or is corrupt
├── DatabaseReadOnly    the file or its folder cannot be written to
└── SchemaTooNew        a later version of the program wrote the file
"""

from __future__ import annotations

from pathlib import Path


class StorageError(Exception):
    """A database file cannot be used. `path` says which."""

    sentence = "{name} cannot be used"

    def __init__(self, path: Path) -> None:
        super().__init__(self.sentence.format(name=path.name))
        self.path = path


class StorageFull(StorageError):
    """The disk is full; what is there can still be read."""

    sentence = "{name} cannot be written: the disk is full"


class DatabaseLocked(StorageError):
    """Another connection held the lock for longer than the waiting time."""

    sentence = "{name} is locked: another process is writing it"


class DatabaseDamaged(StorageError):
    """The file is not a SQLite database, or is corrupt."""

    sentence = "{name} is damaged"


class DatabaseReadOnly(StorageError):
    """The file or its folder cannot be written to."""

    sentence = "{name} cannot be opened for writing: check the permissions of its folder"


class SchemaTooNew(StorageError):
    """A later version of the program wrote the file."""

    sentence = "{name} was written by a later version of this program: install that version again"

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(path)
        self.found = found
        self.known = known
