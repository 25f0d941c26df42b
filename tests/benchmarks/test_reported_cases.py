"""What counts as right of a reported case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.datasets.reported_cases import FILES, QUESTIONS, TESTS, Expected
from benchmarks.service.reported_cases import is_right


def test_a_case_is_right_if_all_that_is_said_of_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "fees.md"
    path.write_text("# Fees\n\nA berth costs 40 euros.\n")
    expected = Expected("1", "fees.md", holds=("40 euros",), lacks=("50",), below=(("40", "Fees"),))
    assert is_right(expected, path)
    for wrong in (
        replace(expected, holds=("41",)),
        replace(expected, lacks=("40",)),
        replace(expected, below=(("40", "Berths"),)),
        replace(expected, refused="garbled"),
        replace(expected, begins="|", begins_if="berth"),
        replace(expected, left_out="picture"),
    ):
        assert not is_right(wrong, path)


def test_each_test_that_stands_for_a_case_exists() -> None:
    for test in TESTS.values():
        file, _, name = test.partition("::")
        assert f"def {name}" in Path(file).read_text("utf-8")
    assert not TESTS.keys() & {each.case for each in (*FILES, *QUESTIONS)}
