"""Opens SQLite files the same way everywhere, with WAL so that readers continue while another writes.

secure_delete overwrites what is deleted. Edit it for settings of connections, locks, migrations and error codes.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from storage.errors import DatabaseDamaged, DatabaseLocked, DatabaseReadOnly, SchemaTooNew, StorageFull

BUSY_S = 30.0
"""How long a connection waits for another's lock."""
_RETRY_S = 0.01

_ERRORS: dict[int, type[StorageFull | DatabaseLocked | DatabaseDamaged | DatabaseReadOnly]] = {
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_BUSY: DatabaseLocked,
    sqlite3.SQLITE_LOCKED: DatabaseLocked,
    sqlite3.SQLITE_CORRUPT: DatabaseDamaged,
    sqlite3.SQLITE_NOTADB: DatabaseDamaged,
    sqlite3.SQLITE_READONLY: DatabaseReadOnly,
    sqlite3.SQLITE_CANTOPEN: DatabaseReadOnly,
    sqlite3.SQLITE_PERM: DatabaseReadOnly,
}


def connect(path: Path, *, busy_s: float = BUSY_S, any_thread: bool = False) -> sqlite3.Connection:
    """Open the database at `path`, created if missing; its folder must exist.

    The connection commits each statement unless it is in a `transaction`, and names the columns of its rows.
    `any_thread`: threads may use it in turn. Raises StorageError.
    """
    with translated(path):
        connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=not any_thread)
        try:
            connection.row_factory = sqlite3.Row
            _use_write_ahead_log(connection, path, busy_s)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path, *, writing: bool) -> Iterator[sqlite3.Connection]:
    """Commit at the end of the block, or undo all of it if an error leaves it. Raises StorageError.

    If it is not `writing`, all statements see the same state.
    """
    with translated(path):
        connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    """Run the scripts that the file has not run yet, all or none of them; `user_version` counts those it has.

    A file that is up to date is not written, so a full disk or another writer does not matter. Raises DatabaseTooNew
    and other StorageErrors.
    """
    with translated(path):
        if _schema_version(connection, path, len(migrations)) == len(migrations):
            return
    with transaction(connection, path, writing=True):
        for script in migrations[_schema_version(connection, path, len(migrations)) :]:
            for statement in _split_statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")


def checkpoint(connection: sqlite3.Connection, path: Path) -> bool:
    """Move the write-ahead log into the file and empty it, so that deleted text is gone from both.

    Returns whether that was done. False: another connection kept reading or writing for the whole waiting time.
    """
    with translated(path):
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise a StorageError in place of each sqlite3 error that has one; the others pass."""
    try:
        yield
    except sqlite3.Error as error:
        # sqlite3 sets the code only on errors that SQLite itself reports.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
        kind = _ERRORS.get(code & 0xFF)  # The lowest byte is the primary code.
        if kind is None:
            raise
        raise kind(path) from error


def _use_write_ahead_log(connection: sqlite3.Connection, path: Path, busy_s: float) -> None:
    """Switch a new file to WAL. SQLite refuses if two connections try at once, so they take turns."""
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode == "wal":
        return
    until = time.monotonic() + busy_s
    with _folder_lock(path.parent):
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:  # Another connection is reading the mode.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
            time.sleep(_RETRY_S)


@contextmanager
def _folder_lock(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder itself, which leaves no file behind, against other threads and processes."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _schema_version(connection: sqlite3.Connection, path: Path, known: int) -> int:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > known:
        raise SchemaTooNew(path, found, known)
    return found


def _split_statements(script: str) -> Iterator[str]:
    """Yield statements one by one: sqlite3's executescript would commit between them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
