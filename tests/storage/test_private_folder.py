from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot.__main__
import finetune.__main__
import knowledge.__main__
from storage.private_folder import make_private
from tests.fakes.hashing_embeddings import HashingEmbeddings


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def readable_by_others(folder: Path) -> list[Path]:
    return [path for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_a_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    make_private(folder)
    (folder / "new.txt").write_text("new")
    assert readable_by_others(folder) == []


@pytest.mark.parametrize("command", ["bot", "knowledge", "finetune"])
def test_every_command_keeps_the_data_folder_private(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(folder))
    match command:
        case "bot":
            bot.__main__.main(["explain", "none"])
        case "knowledge":
            knowledge.__main__.main(["list", "--guild", "Chess club"], HashingEmbeddings())
        case "finetune":
            finetune.__main__.main(["list", "--guild", "Chess club"])
    assert list(folder.iterdir())
    assert readable_by_others(folder) == []
