"""The page of benchmarks is what the results make it."""

from __future__ import annotations

from benchmarks.report import page as report


def test_the_page_shows_the_results_that_are_there() -> None:
    assert report.PAGE.read_text("utf-8") == report.page()


def test_every_answer_that_a_verdict_is_given_on_was_read() -> None:
    assert "not read yet" not in report.page()
