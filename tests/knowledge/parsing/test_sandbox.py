"""The child process that reads a file: what it may use, what it is told, and what it leaves."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.errors import Reason
from knowledge.parsing.loader import READER_LIMITS
from knowledge.parsing.sandbox import SandboxResult, run_sandboxed
from tests.knowledge.office_files import budget, slide_deck, word_handbook
from tests.knowledge.pdfs import pdf

READER = "knowledge.parsing.reader_process"


@pytest.mark.parametrize(
    ("media", "data"), [("pdf", pdf(["a"])), ("docx", word_handbook()), ("pptx", slide_deck()), ("xlsx", budget())]
)
def test_a_reader_leaves_nothing_on_the_disk(
    media: str, data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert run_sandboxed(READER, [media], data, READER_LIMITS).code == 0
    assert not list(tmp_path.iterdir())


def test_a_child_that_takes_too_long_is_killed_and_says_why() -> None:
    assert run_sandboxed(READER, ["pdf"], pdf(["a"]), replace(READER_LIMITS, seconds=0)).reason is Reason.TOO_SLOW


def test_a_child_with_too_little_memory_ends_in_its_reason() -> None:
    ended = run_sandboxed(READER, ["csv"], b"a,b\n" * 2_000_000, replace(READER_LIMITS, memory_bytes=150 * 1024**2))
    assert b'"reason": "too_large"' in ended.output


def test_an_answer_that_is_too_long_is_not_given() -> None:
    ended = run_sandboxed(READER, ["csv"], b"a,b\n" * 1000, replace(READER_LIMITS, output_bytes=500))
    assert b'"reason": "too_large"' in ended.output and len(ended.output) < 500


@pytest.mark.parametrize(
    ("code", "reason"), [(None, "too_slow"), (-24, "too_slow"), (-9, "too_large"), (-6, "too_large"), (1, "corrupt")]
)
def test_the_end_of_a_child_that_gave_no_answer_tells_why(code: int | None, reason: str) -> None:
    assert SandboxResult(code, b"").reason == reason


def test_a_child_gets_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tell.py").write_text("import os, sys\nsys.stdout.write('\\n'.join(os.environ))")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    names = run_sandboxed("tell", [], b"", READER_LIMITS).output.decode().split()
    assert "PATH" in names and "DISCORD_TOKEN" not in names


def test_nothing_of_the_document_is_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    script = """
import sys
from knowledge.parsing.sandbox import origin_of
print("warning: odd cell 'salary of Ann'", file=sys.stderr)
try:
    int("salary of Ann")
except ValueError as error:
    print(origin_of(error), file=sys.stderr)
raise RuntimeError("salary of Ann")
"""
    (tmp_path / "quoting.py").write_text(script)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(Path.cwd())]))
    assert run_sandboxed("quoting", [], b"", READER_LIMITS).code == 1
    assert "ValueError in quoting.py, line 6" in caplog.text
    assert "salary" not in caplog.text
