"""Files that members sent, on a real disk."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import UploadAltered, UploadMissing
from bot.jobs.uploads import Uploads

DATA = b"# Permits\n\nA permit costs nine pounds a night."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "uploads"


@pytest.fixture
def uploads(folder: Path) -> Uploads:
    return Uploads(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


async def test_what_is_put_is_read_by_its_sha256(uploads: Uploads, folder: Path) -> None:
    sha256 = await uploads.put(DATA)
    assert sha256 == hashlib.sha256(DATA).hexdigest()
    assert await uploads.read(sha256) == DATA
    assert [path.name for path in folder.iterdir()] == [sha256]


async def test_it_is_there_for_the_next_process(uploads: Uploads, folder: Path) -> None:
    sha256 = await uploads.put(DATA)
    assert await Uploads(folder).read(sha256) == DATA


async def test_the_same_bytes_are_kept_once(uploads: Uploads, folder: Path) -> None:
    assert await uploads.put(DATA) == await uploads.put(DATA)
    assert len(list(folder.iterdir())) == 1


async def test_putting_it_again_mends_what_was_altered(uploads: Uploads, folder: Path) -> None:
    sha256 = await uploads.put(DATA)
    (folder / sha256).write_bytes(b"other")
    await uploads.put(DATA)
    assert await uploads.read(sha256) == DATA


async def test_an_altered_file_is_not_read(uploads: Uploads, folder: Path) -> None:
    sha256 = await uploads.put(DATA)
    (folder / sha256).write_bytes(DATA + b"!")
    with pytest.raises(UploadAltered, match=sha256):
        await uploads.read(sha256)


async def test_what_was_discarded_is_missing_and_may_be_discarded_again(uploads: Uploads, folder: Path) -> None:
    sha256 = await uploads.put(DATA)
    await uploads.discard(sha256)
    await uploads.discard(sha256)
    with pytest.raises(UploadMissing, match=sha256):
        await uploads.read(sha256)
    assert list(folder.iterdir()) == []


async def test_a_full_disk_is_told_by_its_number_and_nothing_stays(small_disk: Path) -> None:
    uploads = Uploads(small_disk / "uploads")
    with pytest.raises(OSError, match="No space left") as raised:
        await uploads.put(b"x" * 2_000_000)
    assert raised.value.errno == errno.ENOSPC
    assert list((small_disk / "uploads").iterdir()) == []
