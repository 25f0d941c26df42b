from __future__ import annotations

import pytest

from knowledge.fusion import RANK_OFFSET, fuse


def test_what_both_arms_found_comes_first() -> None:
    assert next(iter(fuse(["a", "b"], ["c", "b"]))) == "b"


def test_a_score_is_the_sum_of_reciprocal_ranks() -> None:
    fused = fuse(["a", "b"], ["b"])
    assert fused["b"] == pytest.approx(1 / (RANK_OFFSET + 2) + 1 / (RANK_OFFSET + 1))
    assert fused["a"] == pytest.approx(1 / (RANK_OFFSET + 1))


def test_an_empty_arm_changes_nothing() -> None:
    assert list(fuse([], ["a", "b"])) == ["a", "b"]
