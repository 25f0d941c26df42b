from __future__ import annotations

import sys

import pytest

from weights.reporter import Reporter
from weights.terminal import ProgressLine
from weights.types import Progress


def test_in_a_log_progress_is_lines_without_control_characters_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine() as line:
        line.show_fetch(Progress("small", "downloading", 1_000_000, 9_000_000))
        line.show_fetch(Progress("small", "downloading", 2_000_000, 9_000_000))
    assert capsys.readouterr() == ("", "small: downloading 1 of 9 MB\n")


def test_on_a_terminal_it_is_one_line_that_others_do_not_run_into(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with ProgressLine() as line:
        line.show("1 of 2")
        line.show("2 of 2")
        line.clear()
        sys.stderr.write("a.md\n")
        line.show("done")
    assert capsys.readouterr().err == "\r\x1b[K1 of 2\r\x1b[K2 of 2\r\x1b[Ka.md\n\r\x1b[Kdone\n"


def test_what_is_fetched_from_another_place_takes_no_progress_back() -> None:
    seen: list[Progress] = []
    reporter = Reporter("small", 10, seen.append, None)
    for done in (4, 1, 6):
        reporter.report("downloading", done)
    reporter.report("verifying", 2)
    assert [progress.done_bytes for progress in seen] == [4, 4, 6, 2]
