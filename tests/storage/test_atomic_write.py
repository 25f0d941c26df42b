from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage.atomic_write import UNFINISHED, delete_tree, move_whole, new_folder, owner_of, write_whole

_KILLED = """
import os, signal, sys
from pathlib import Path
from storage.atomic_write import write_whole
sys.addaudithook(lambda event, _: os.kill(os.getpid(), signal.SIGKILL) if event == "os.rename" else None)
write_whole(Path(sys.argv[1]), b"new", owner="me")
"""


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.json", b"old")
    write_whole(tmp_path / "a.json", b"new", mode=0o600)
    assert (tmp_path / "a.json").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o600
    assert len(list(tmp_path.iterdir())) == 1


def test_several_threads_write_the_same_file_at_once(tmp_path: Path) -> None:
    contents = [bytes([n]) * 1_000_000 for n in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda data: write_whole(tmp_path / "a", data), contents))
    assert (tmp_path / "a").read_bytes() in contents
    assert len(list(tmp_path.iterdir())) == 1


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="a"):
        write_whole(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_kill_leaves_the_old_file_and_an_owners_unfinished_one_that_a_later_write_clears(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    assert subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False).returncode == -9
    assert path.read_bytes() == b"old"
    (left,) = tmp_path.glob(f"*{UNFINISHED}")
    assert (owner_of(left), owner_of(path)) == ("me", None)
    write_whole(path, b"newer")
    assert left.exists()  # It may be another's that is still writing.
    os.utime(left, (0, 0))
    write_whole(path, b"newest")
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_a_finished_file_gets_its_name(tmp_path: Path) -> None:
    (tmp_path / "partial").write_bytes(b"all")
    move_whole(tmp_path / "partial", tmp_path / "whole")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("whole", b"all")]


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "a") as part:
        (part / "one").write_bytes(b"1")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with new_folder(tmp_path / "a") as first, new_folder(tmp_path / "a") as second:
        (first / "inside").mkdir()
        (first / "inside" / "one").write_bytes(b"1")
        (second / "two").write_bytes(b"2")
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "two"]  # The second was there first.


def test_a_folder_is_deleted_or_an_error_is_raised(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    delete_tree(tmp_path / "a")
    delete_tree(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        delete_tree(tmp_path / "file")
