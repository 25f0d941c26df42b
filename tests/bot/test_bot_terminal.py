"""`python -m bot` as a person starts it, up to the point where it needs Discord or a model."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import discord
import pytest

from bot import terminal
from bot.__main__ import main
from bot.startup.instance_lock import instance_lock

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _fresh_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISCORD_TOKEN", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))


class _Refuses(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"message": "401: Unauthorized", "code": 0}')

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def refusing_discord(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = HTTPServer(("127.0.0.1", 0), _Refuses)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(discord.http.Route, "BASE", f"http://127.0.0.1:{server.server_port}/api/v10")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def test_without_a_token_it_says_so_and_names_the_local_discord(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 1
    told = capsys.readouterr().err
    assert told.startswith("DISCORD_TOKEN is not set.")
    assert "--local" in told


@pytest.mark.usefixtures("refusing_discord")
def test_a_wrong_token_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "wrong.token.here")
    assert main([]) == 1
    told = capsys.readouterr().err.strip()
    assert told.startswith("Discord refused the token in DISCORD_TOKEN.")
    assert len(told.splitlines()) == 1
    assert "wrong.token.here" not in told


def test_discord_out_of_reach_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:9/api/v10")
    monkeypatch.setenv("DISCORD_TOKEN", "some.token.here")
    assert main([]) == 1
    assert capsys.readouterr().err.startswith("Discord isn't responding.")


def test_a_mistyped_setting_ends_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKN=x\n", "utf-8")
    assert main([]) == 1
    assert "Did you mean DISCORD_TOKEN?" in capsys.readouterr().err


def test_an_unknown_decision_cannot_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "nothing"]) == 1
    assert "There is no record of a decision 'nothing'" in capsys.readouterr().err


def test_a_channel_that_is_not_there_is_named_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--local", "--channel", "nowhere"]) == 1
    assert "Choose one of: ask-the-crew, tool-shed, committee." in capsys.readouterr().err
    asyncio.set_event_loop(None)


def test_a_second_bot_on_the_same_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "some.token.here")
    for command in ([], ["--local"]):
        with instance_lock(tmp_path / "data"):
            assert main(command) == 1
        assert capsys.readouterr().err.startswith("Another bot is already using the data folder")


def test_a_folder_that_cannot_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file" / "data"))
    assert main(["--local"]) == 1
    assert "Set DATA_DIR to a writable folder." in capsys.readouterr().err


@pytest.mark.parametrize("port", ["99999", "-1", "http"])
def test_a_port_that_is_none_is_a_wrong_argument(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--local", f"--port={port}"])
    assert ended.value.code == 2
    assert "a port is a number from 1 to 65535" in capsys.readouterr().err


def test_a_question_that_is_broken_off_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def ask(*_: object, **__: object) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(terminal, "ask", ask)
    assert main(["ask", "How long?", "--guild", "Harbour Lights"]) == 130
    assert capsys.readouterr().err.strip() == "Interrupted."


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_reader_that_closes_the_pipe_is_no_traceback(options: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        command = [sys.executable, "-m", "weights", "list", *options]
        ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    finally:
        os.close(writing)
    assert (ended.stderr, ended.returncode) == ("", 1)
