from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from knowledge.errors import DatabaseTooNew, DiskFull
from knowledge.store.database import _MIGRATIONS, Database


def test_a_database_keeps_its_version_and_is_opened_again(tmp_path: Path) -> None:
    Database(tmp_path / "knowledge.db").close()
    Database(tmp_path / "knowledge.db").close()
    connection = sqlite3.connect(tmp_path / "knowledge.db")
    assert connection.execute("PRAGMA user_version").fetchone() == (len(_MIGRATIONS),)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_later_programs_database_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "knowledge.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DatabaseTooNew, match="version 99"):
        Database(tmp_path / "knowledge.db")


def test_a_failed_write_is_undone(tmp_path: Path) -> None:
    database = Database(tmp_path / "knowledge.db")
    with pytest.raises(ZeroDivisionError), database.write() as db:
        db.execute("INSERT INTO guilds (id, name) VALUES ('1', 'x')")
        raise ZeroDivisionError
    with database.read() as db:
        assert db.execute("SELECT count(*) FROM guilds").fetchone()[0] == 0
    database.close()


def test_a_full_disk_is_named_and_what_is_there_is_still_read(small_disk: Path) -> None:
    database = Database(small_disk / "knowledge.db")
    with database.write() as db:
        db.execute("INSERT INTO guilds (id, name) VALUES ('1', 'x')")
    with pytest.raises(DiskFull, match="the disk is full"), database.write() as db:
        db.execute("INSERT INTO guilds (id, name) VALUES ('2', ?)", ("x" * 90_000_000,))
    with database.read() as db:
        assert [row["id"] for row in db.execute("SELECT id FROM guilds")] == ["1"]
    database.close()


def test_a_first_opening_waits_for_another_connection(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "knowledge.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # As while it switches the file to WAL.
    with ThreadPoolExecutor(1) as threads:
        opening = threads.submit(Database, tmp_path / "knowledge.db")
        wait([opening], timeout=0.3)
        assert not opening.done()
        other.execute("COMMIT")
        opening.result(timeout=20).close()
    other.close()


def test_many_first_openings_at_once_make_one_database(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for attempt in range(20):
            for database in threads.map(Database, [tmp_path / str(attempt) / "knowledge.db"] * 8):
                database.close()
