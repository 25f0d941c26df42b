"""ROC areas, calibration errors and their intervals are those of the definitions; the picture is drawn of them."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from PIL import Image

from benchmarks.harness.calibration_metrics import reliability, roc_areas
from benchmarks.report.reliability_diagram import draw


def test_an_area_is_the_share_of_pairs_in_order_and_a_tie_counts_half() -> None:
    was = [True, True, False, False]
    found = roc_areas({"ordered": [4, 3, 2, 1], "tied": [1, 1, 1, 1], "mixed": [3, 1, 2, 0]}, was, range(4))
    assert {name: each["share"] for name, each in found["areas"].items()} == {
        "ordered": 1.0,
        "tied": 0.5,
        "mixed": 0.75,
    }
    assert found["differences"]["mixed"]["difference"] == 0.25


def test_a_score_that_tells_more_has_an_interval_above_zero_and_questions_of_one_article_widen_it() -> None:
    chance = random.Random(3)
    was = [number % 2 == 0 for number in range(400)]
    good = [answer + chance.gauss(0, 0.7) for answer in was]
    noise = [chance.random() for _ in was]
    alone = roc_areas({"good": good, "noise": noise}, was, range(400))
    low, high = alone["differences"]["noise"]["interval"]
    assert 0.2 < low < alone["differences"]["noise"]["difference"] < high < 0.5
    # Each example eight times over tells no more than once.
    copied = roc_areas({"good": good * 8, "noise": noise * 8}, was * 8, list(range(400)) * 8)
    assert copied["differences"]["noise"]["interval"] == pytest.approx((low, high), abs=0.01)
    taken_apart = roc_areas({"good": good * 8, "noise": noise * 8}, was * 8, range(3200))
    apart_low, apart_high = taken_apart["differences"]["noise"]["interval"]
    assert apart_high - apart_low < (high - low) / 2


def test_a_probability_that_comes_true_as_often_as_said_has_no_error_and_one_that_boasts_has() -> None:
    was = [True] * 8 + [False] * 2
    true, boasting = reliability([0.8] * 10, was), reliability([1.0] * 10, was)
    assert (true["expected calibration error"], boasting["expected calibration error"]) == (0.0, 0.2)
    assert (true["Brier score"], boasting["Brier score"]) == (0.16, 0.2)
    (row,) = boasting["reliability"]
    assert (row["said"], row["was"], row["of"]) == (1.0, 0.8, 10)
    assert row["interval"][0] < 0.8 < row["interval"][1]


def test_a_picture_has_a_panel_for_each_name_with_what_was_said() -> None:
    bins = reliability([0.05, 0.35, 0.65, 0.95] * 20, [False, False, True, True] * 20)["reliability"]
    picture = np.asarray(Image.open(io.BytesIO(draw({"English": bins, "Chinese": bins}))).convert("RGB"), dtype=int)
    blue = np.abs(picture - (0x7B, 0x86, 0xFF)).sum(axis=2) < 30
    half = picture.shape[1] // 2
    assert blue[:, :half].sum() > 1000
    assert blue[:, half:].sum() > 1000
