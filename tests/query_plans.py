"""What SQLite does for each statement of a piece of work: whether it finds rows by an index, or reads a whole table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest


class Statements:
    """The statements that were run, with their values."""

    def __init__(self) -> None:
        self._run: list[str] = []

    @contextmanager
    def watched(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Note what is run on connections that are opened while the block lasts."""
        connect = sqlite3.connect

        def traced(*arguments: object, **options: object) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*arguments, **options)  # type: ignore[call-overload]
            connection.set_trace_callback(self._run.append)
            return connection

        with monkeypatch.context() as patch:
            patch.setattr(sqlite3, "connect", traced)
            yield

    def plans(self, path: Path) -> dict[str, list[str]]:
        """The steps of each SELECT, UPDATE and DELETE, as SQLite names them."""
        asked = [run for run in self._run if run.lstrip().startswith(("SELECT", "UPDATE", "DELETE"))]
        with closing(sqlite3.connect(path)) as database:
            return {run: [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {run}")] for run in asked}

    def scans(self, path: Path) -> dict[str, list[str]]:
        """The statements that read a whole table or index, or sort what they found."""
        return {
            run: slow
            for run, steps in self.plans(path).items()
            if (slow := [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step])
        }
