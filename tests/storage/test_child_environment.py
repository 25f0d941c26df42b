"""No child of this program can read its token or keys from its own environment."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from finetune.errors import TrainingFailedError
from finetune.serving.generation import Busy
from finetune.training.run_folder import RunFolder
from finetune.training.runner import Runner
from knowledge.vectors.chroma_server import ChromaServer
from storage.child_environment import child_environment

SECRETS = {
    "DISCORD_TOKEN": "secret-1",
    "CHAT_API_KEY": "secret-2",
    "OPENAI_API_KEY": "secret-3",
    "DATABASE_URL": "postgres://me:secret-4@db",
    "HF_TOKEN": "secret-5",
}


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def test_a_child_gets_what_programs_need_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:8080")
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    found = child_environment({"ADDED": "1"})
    assert found["PATH"]
    assert (found["LC_ALL"], found["ADDED"]) == ("C.UTF-8", "1")
    assert not any("secret" in value for value in found.values())
    assert "HTTPS_PROXY" not in found
    assert child_environment(downloads=True)["PIP_INDEX_URL"] == "https://packages.example/simple"
    assert not any("secret" in value for value in child_environment(downloads=True).values())


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_the_chroma_child_has_no_secret(tmp_path: Path) -> None:
    server = ChromaServer(tmp_path / "chroma")
    server.ensure()
    pid = server.pid
    assert pid is not None
    found = environment_of(pid)
    server.stop()
    assert b"PATH=" in found
    assert b"secret" not in found


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
async def test_the_trainer_has_no_secret(tmp_path: Path) -> None:
    seen: list[bytes] = []

    async def look() -> None:
        while not seen:
            await asyncio.sleep(0.01)
            for environ in Path("/proc").glob("[0-9]*/environ"):
                command = environ.with_name("cmdline")
                try:
                    if str(tmp_path).encode() in command.read_bytes() and (found := environ.read_bytes()):
                        seen.append(found)
                except OSError:
                    continue

    looking = asyncio.create_task(look())
    with pytest.raises(TrainingFailedError):
        await Runner(Busy()).run(RunFolder(tmp_path), lambda _: None)
    looking.cancel()
    assert b"PATH=" in seen[0]
    assert b"secret" not in seen[0]
