"""`python -m bot ask` as a person runs it: one question, many, a broken line, an interruption, a closed pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bot.__main__ import main
from chains.types import SignalName
from knowledge.__main__ import main as knowledge

ROOT = Path(__file__).parents[2]
TOOLS = "# Borrowing\n\nMembers may borrow up to three tools at a time, for seven days. Hand tools need no deposit.\n"
GUILD = "Harbour Lights"
WHO = "Who are you?"
"""Answered from facts: what the terminal does is the same for every answer, and a model would take its time."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, small_model_folder: Path) -> Mapping[str, str]:
    """A server with one document; its name is what a person writes."""
    folder = tmp_path_factory.mktemp("terminal")
    (folder / "tools.md").write_text(TOOLS, "utf-8")
    named = {
        "DATA_DIR": str(folder / "data"),
        "MODEL_DIR": str(small_model_folder.parent),
        "CHAT_MODEL": "embedded-small",
        "MAX_ANSWER_TOKENS": "24",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in named.items():
            patch.setenv(name, value)
        assert knowledge(["ingest", str(folder / "tools.md"), "--guild", GUILD]) == 0
    return named


@pytest.fixture(autouse=True)
def _set(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def _lines(path: Path, lines: Sequence[str]) -> str:
    path.write_text("\n".join(lines), "utf-8")
    return str(path)


def test_many_questions_are_answered_in_order_and_a_broken_line_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        WHO,
        '{"question": "How long',
        "",
        json.dumps({"question": "How long can I borrow a tool?", "route": "abstain"}),
        json.dumps({"question": "And tools?", "history": [{"question": "How long?", "answer": "A week."}]}),
        "x" * 2001,
        "why did you say that?",
        "你有哪些文档？",
    ]
    path = _lines(tmp_path / "questions.txt", asked)
    assert main(["ask", "--questions", path, "--guild", GUILD, "--json"]) == 1
    given = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["line"] for each in given] == [1, 2, 4, 5, 6, 7, 8]
    who, broken, requested, follow_up, too_long, why, documents = given
    assert list(who)[:5] == ["line", "question", "route", "answer", "reason"]
    assert (who["route"], who["question"], who["model"]) == ("direct", WHO, None)
    assert who["answer"] == who["text"] and "**Routewise**" in who["answer"]
    assert "computed from facts" in who["reason"]
    assert (broken["question"], set(broken)) == (None, {"line", "question", "error"})
    assert "isn't a question in JSON" in broken["error"]
    assert requested["route"] == "abstain"
    assert follow_up["decision"]["signals"][0]["name"] == SignalName.PASSAGES_HOLD_ANSWER
    assert "2,001 characters; the limit is 2,000" in too_long["error"]
    assert "**Route:" in why["answer"] and "on record for the answer before" in why["answer"]
    assert "1 份文档" in documents["answer"] and "`tools.md`" in documents["answer"]


def test_without_json_each_answer_is_readable_and_what_failed_is_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _lines(tmp_path / "questions.txt", [WHO, "{"])
    assert main(["ask", "--questions", path, "--guild", GUILD, "--route", "direct"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(f"> {WHO}\nI'm **Routewise**"), err
    assert "\ndirect: " in out and "\npython -m bot explain " in out
    assert "Line 2: The line isn't a question in JSON" in err


def test_one_question_as_json_begins_with_route_answer_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "What can I do with you?", "--guild", GUILD, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer)[:3] == ["route", "answer", "reason"]
    assert answer["route"] == "direct"
    assert "python -m knowledge ingest" in answer["answer"]
    assert answer["decision"]["bot_topic"] == "abilities"


@pytest.mark.parametrize("arguments", [[], ["How long?", "--questions", "file.txt"]])
def test_there_is_one_question_or_a_file_of_them(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ask", *arguments, "--guild", GUILD])
    assert ended.value.code == 2
    assert "--questions" in capsys.readouterr().err


def test_a_missing_file_and_an_unknown_server_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "--questions", str(tmp_path / "none.txt"), "--guild", GUILD]) == 1
    assert "none.txt can't be read: No such file or directory." in capsys.readouterr().err
    path = _lines(tmp_path / "questions.txt", [WHO])
    assert main(["ask", "--questions", path, "--guild", "Nowhere", "--json"]) == 1
    out, err = capsys.readouterr()
    assert (out, "Nowhere" in err) == ("", True)


def _start(stdout: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bot", "ask", "--questions", "-", "--guild", GUILD, "--json"]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ)
    )


def test_an_interruption_while_it_waits_for_the_next_question_ends_it_cleanly() -> None:
    with _start(subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdin.write(f"{WHO}\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["line"] == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        told = process.stderr.read()
    assert told.strip().splitlines()[-1] == "Interrupted."
    assert "Traceback" not in told


def test_a_reader_that_closes_the_pipe_gets_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        process = _start(writing)
    finally:
        os.close(writing)
    _, told = process.communicate(f"{WHO}\n" * 3, timeout=120)
    assert process.returncode == 1
    assert "Traceback" not in told and "BrokenPipe" not in told
