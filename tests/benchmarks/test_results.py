"""A result names the commit that was measured, not one that was made meanwhile."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.harness.results import commit_at


def test_the_commit_is_the_one_that_was_checked_out_when_the_measurement_began(tmp_path: Path) -> None:
    first = _commit(tmp_path, "2026-01-01T10:00:00+00:00")
    second = _commit(tmp_path, "2026-01-01T12:00:00+00:00")
    assert commit_at(datetime(2026, 1, 1, 11, tzinfo=UTC), tmp_path) == first
    assert commit_at(datetime(2026, 1, 1, 13, tzinfo=UTC), tmp_path) == second
    assert first != second


def test_outside_of_a_repository_the_commit_is_unknown(tmp_path: Path) -> None:
    assert commit_at(datetime(2026, 1, 1, tzinfo=UTC), tmp_path) == "unknown"


def _commit(folder: Path, when: str) -> str:
    named = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    dated = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    environment = {**os.environ, **named, **dated, "GIT_CONFIG_GLOBAL": os.devnull}
    for command in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", when]):
        subprocess.run(["git", *command], cwd=folder, env=environment, check=True)
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=folder, capture_output=True, text=True, check=True
    )
    return found.stdout.strip()
