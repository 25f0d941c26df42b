"""Shares and differences stand with intervals that hold them."""

from __future__ import annotations

import pytest

from benchmarks.harness.summary_statistics import paired_difference, percentile, share


def test_a_share_lies_in_its_interval_and_of_nothing_nothing_is_known() -> None:
    found = share([True] * 30 + [False] * 70)
    assert found["share"] == 0.3
    assert found["interval"] == (0.219, 0.396)
    assert share([])["interval"] == (0.0, 1.0)


def test_an_interval_of_differences_holds_their_mean_and_tells_a_clear_win() -> None:
    won = paired_difference([True] * 100, [False] * 30 + [True] * 70)
    assert won["difference"] == 0.3
    low, high = won["interval"]
    assert 0 < low < 0.3 < high < 0.5
    low, high = paired_difference([1.0, 0.0] * 50, [0.0, 1.0] * 50)["interval"]
    assert low < 0 < high


def test_a_difference_of_unequal_numbers_of_examples_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        paired_difference([1.0, 0.0], [1.0])


def test_a_percentile_lies_between_its_neighbours() -> None:
    assert percentile([4.0, 1.0, 2.0, 3.0], 50) == 2.5
