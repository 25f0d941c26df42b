from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import pytest

from storage.errors import (
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseReadOnly,
    SchemaTooNew,
    StorageError,
    StorageFull,
)
from storage.sqlite import checkpoint, connect, migrate, transaction, translated

MIGRATIONS = (
    "CREATE TABLE note (text TEXT);",
    "ALTER TABLE note ADD COLUMN at TEXT;\n-- A semicolon; within a comment.\nINSERT INTO note VALUES ('a;b', '');",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


def pragma(connection: sqlite3.Connection, name: str) -> object:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return value


def test_every_connection_overwrites_what_is_deleted_and_checks_references(path: Path) -> None:
    with closing(connect(path)) as connection:
        found = {name: pragma(connection, name) for name in ("journal_mode", "synchronous")}
        assert found == {"journal_mode": "wal", "synchronous": 2}
        assert pragma(connection, "secure_delete") == pragma(connection, "foreign_keys") == 1


def test_a_first_opening_waits_for_another_connection(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as threads:
        opening = threads.submit(lambda: connect(path).close())
        wait([opening], timeout=0.3)
        assert not opening.done()
        other.execute("COMMIT")
        opening.result(timeout=20)
    other.close()


def test_an_error_undoes_the_whole_transaction(path: Path) -> None:
    with closing(connect(path)) as connection:
        migrate(connection, path, MIGRATIONS)
        with pytest.raises(ZeroDivisionError), transaction(connection, path, writing=True):
            connection.execute("DELETE FROM note")
            raise ZeroDivisionError
        assert not connection.in_transaction
        assert connection.execute("SELECT text FROM note").fetchall()[0]["text"] == "a;b"


def test_migrations_run_once_and_all_or_none(path: Path) -> None:
    with closing(connect(path)) as connection:
        migrate(connection, path, MIGRATIONS[:1])
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            migrate(connection, path, (*MIGRATIONS, "DROP TABLE nowhere;"))
        assert pragma(connection, "user_version") == 1
        migrate(connection, path, MIGRATIONS)
        migrate(connection, path, MIGRATIONS)
        assert pragma(connection, "user_version") == 2
        assert len(connection.execute("SELECT * FROM note").fetchall()) == 1
        with pytest.raises(SchemaTooNew, match=r"notes\.db") as raised:
            migrate(connection, path, MIGRATIONS[:1])
        assert (raised.value.found, raised.value.known) == (2, 1)


def test_a_file_that_is_up_to_date_is_opened_while_another_writes(path: Path) -> None:
    with closing(connect(path)) as writer, closing(connect(path, busy_s=0.05)) as other:
        migrate(writer, path, MIGRATIONS)
        with transaction(writer, path, writing=True):
            migrate(other, path, MIGRATIONS)
            with pytest.raises(DatabaseLocked):
                migrate(other, path, (*MIGRATIONS, "DROP TABLE note;"))


def test_a_checkpoint_empties_the_log_and_says_where_a_reader_is_in_its_way(path: Path) -> None:
    log = path.with_name("notes.db-wal")
    with closing(connect(path, busy_s=0.05)) as connection, closing(connect(path)) as reader:
        migrate(connection, path, MIGRATIONS)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM note").fetchall()
        connection.execute("DELETE FROM note")
        assert not checkpoint(connection, path)
        assert log.stat().st_size > 0
        reader.execute("COMMIT")
        assert checkpoint(connection, path)
        assert log.stat().st_size == 0
        assert b"a;b" not in path.read_bytes()


def locked(path: Path) -> None:
    with closing(connect(path)) as first, closing(connect(path, busy_s=0.05)) as second:
        first.execute("BEGIN IMMEDIATE")
        with transaction(second, path, writing=True):
            pass


def full(path: Path) -> None:
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA max_page_count = 2")
        with transaction(connection, path, writing=True):
            connection.execute("CREATE TABLE note (text TEXT)")
            connection.execute("INSERT INTO note VALUES (?)", ("x" * 100_000,))


def read_only(path: Path) -> None:
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA query_only = ON")
        with transaction(connection, path, writing=True):
            connection.execute("CREATE TABLE note (text TEXT)")


def without_a_folder(path: Path) -> None:
    connect(path.parent / "nowhere" / "notes.db")


def no_database(path: Path) -> None:
    path.write_bytes(b"no database " * 1000)
    connect(path)


def overwritten(path: Path) -> None:
    with closing(connect(path)) as connection:
        migrate(connection, path, MIGRATIONS)
        checkpoint(connection, path)
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\x7f" * (len(data) - 4096))
    with closing(connect(path)) as connection, translated(path):
        connection.execute("SELECT * FROM note").fetchall()


@pytest.mark.parametrize(
    ("fail", "kind"),
    [
        (locked, DatabaseLocked),
        (full, StorageFull),
        (read_only, DatabaseReadOnly),
        (without_a_folder, DatabaseReadOnly),
        (no_database, DatabaseDamaged),
        (overwritten, DatabaseDamaged),
    ],
)
def test_what_sqlite_reports_has_a_name(path: Path, fail: Callable[[Path], None], kind: type[StorageError]) -> None:
    with pytest.raises(kind, match=r"^notes\.db ") as raised:
        fail(path)
    assert isinstance(raised.value.__cause__, sqlite3.Error)


def test_a_mistake_in_a_statement_keeps_its_own_error(path: Path) -> None:
    with closing(connect(path)) as connection, pytest.raises(sqlite3.OperationalError), translated(path):
        connection.execute("SELECT * FROM nowhere")
    with pytest.raises(sqlite3.ProgrammingError), translated(path):
        connection.execute("SELECT 1")
