"""A model of the operator's own choice: from a folder, and from a hub by the hub's own client."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from weights.errors import OwnModelError
from weights.store import Weights

FILES = {"config.json": b"{}", "model.safetensors": b"x" * 300_000, "tokenizer.json": b"{}", "code.py": b"evil()"}
COMMIT = "1" * 40

FETCH = """
import sys
from pathlib import Path
from weights.store import Weights
seen = []
folder = Weights(Path("models")).ensure("hf:somebody/toy", lambda progress: seen.append(progress))
print(folder, seen[-1].done_bytes, seen[-1].total_bytes)
"""

FETCH_PLAIN = """
from pathlib import Path
from weights.store import Weights
print(Weights(Path("models")).ensure("hf:somebody/toy"))
"""

REVISION = "v1.2"
FETCH_REVISION = f"""
import logging
from pathlib import Path
from weights.store import Weights
logging.basicConfig(level=logging.INFO)
Weights(Path("models")).ensure("hf:somebody/toy@{REVISION}")
"""


class _Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []
    commit: ClassVar[str] = COMMIT

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.asked.append(self.path)
        name = self.path.rpartition("/")[2]
        if "/resolve/" in self.path:
            etag = f'"{hashlib.sha256(FILES[name]).hexdigest()}"'
            self._send(200, FILES[name], {"X-Repo-Commit": self._commit(), "ETag": etag})
        elif "/tree/" in self.path:
            rows = [{"type": "file", "path": name, "size": len(data), "oid": "a" * 40} for name, data in FILES.items()]
            self._send(200, json.dumps(rows).encode(), {})
        elif self.path.startswith("/api/models/somebody/toy"):
            info = {"id": "somebody/toy", "sha": self._commit(), "siblings": [{"rfilename": name} for name in FILES]}
            self._send(200, json.dumps(info).encode(), {})
        else:
            self._send(404, b"", {})

    def _commit(self) -> str:
        """The commit that is asked for, or else the latest."""
        named = [part for part in self.path.split("/") if len(part) == len(COMMIT) and part.isdigit()]
        return named[0] if named else self.commit

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_repository_is_fetched_with_progress_and_without_anything_that_runs(tmp_path: Path, hub: str) -> None:
    # The client reads its hub's address when it is imported, hence the process.
    environment = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    environment.pop("HF_HUB_OFFLINE", None)
    done = subprocess.run(
        [sys.executable, "-c", FETCH], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    folder, done_bytes, total_bytes = done.stdout.split()
    assert {path.name for path in Path(folder).iterdir()} == {"config.json", "model.safetensors", "tokenizer.json"}
    assert (Path(folder) / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    # The client counts the small files in as they come.
    assert int(done_bytes) == int(total_bytes) >= len(FILES["model.safetensors"])


def test_a_repository_is_fetched_at_the_revision_that_is_named_and_its_commit_is_told(tmp_path: Path, hub: str) -> None:
    environment = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    environment.pop("HF_HUB_OFFLINE", None)
    done = subprocess.run(
        [sys.executable, "-c", FETCH_REVISION],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"/revision/{REVISION}" in "".join(_Hub.asked)
    assert f"hf:somebody/toy@{COMMIT} pins it" in done.stderr


def test_a_repository_without_a_revision_stays_at_the_commit_that_was_fetched_first(
    tmp_path: Path, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())}
    environment.pop("HF_HUB_OFFLINE", None)
    folders = []
    for commit in (COMMIT, "2" * 40):
        monkeypatch.setattr(_Hub, "commit", commit)
        command = [sys.executable, "-c", FETCH_PLAIN]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        folders.append(Path(done.stdout.strip()).name)
    assert folders == [COMMIT, COMMIT]
    (record,) = (tmp_path / "models" / "hub-commits").iterdir()
    assert (record.name, record.read_text("utf-8")) == ("somebody--toy", COMMIT)
    # Without the record, the latest is fetched again.
    record.unlink()
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert Path(done.stdout.strip()).name == "2" * 40


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ((), "it has no config.json"),
        (("config.json", "pytorch_model.bin"), "it has no safetensors"),
    ],
)
def test_a_folder_that_holds_no_model_says_what_is_missing(tmp_path: Path, files: tuple[str, ...], told: str) -> None:
    for name in files:
        (tmp_path / name).write_text("{}")
    with pytest.raises(OwnModelError, match=told):
        Weights(tmp_path / "models").ensure(f"hf:{tmp_path}")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OwnModelError, match="there is no such folder"):
        Weights(tmp_path).ensure("hf:/nowhere/at/all")
