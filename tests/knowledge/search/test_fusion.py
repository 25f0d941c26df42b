from __future__ import annotations

import pytest

from knowledge.search.fusion import fuse


def test_what_both_arms_found_comes_first() -> None:
    assert next(iter(fuse({"a": 0.9, "b": 0.85, "x": 0.7}, {"c": 9.0, "b": 8.0}))) == "b"


def test_a_score_is_the_mean_of_both_on_their_scales() -> None:
    fused = fuse({"a": 0.9, "b": 0.8, "c": 0.7}, {"b": 10.0, "d": 4.0})
    assert fused == pytest.approx({"b": 0.75, "a": 0.5, "d": 0.2, "c": 0.0})
    assert list(fused) == ["b", "a", "d", "c"]


def test_a_high_score_from_one_retriever_ranks_before_two_medium_ones() -> None:
    fused = fuse({"a": 0.95, "b": 0.82, "c": 0.81, "x": 0.8}, {"b": 3.0, "c": 2.9, "a": 2.0})
    assert next(iter(fused)) == "a"


def test_an_empty_arm_changes_no_order() -> None:
    assert list(fuse({}, {"a": 2.0, "b": 1.0})) == ["a", "b"]
    assert list(fuse({"a": 0.9, "b": 0.8}, {})) == ["a", "b"]
    assert fuse({}, {}) == {}


def test_one_candidate_of_an_arm_has_its_whole_score() -> None:
    assert fuse({"a": 0.9}, {"b": 0.000001}) == {"a": 0.5, "b": 0.5}
