"""The pictures of a run: what they are made of, and that nothing odd breaks them."""

from __future__ import annotations

import io
import math
import random
import subprocess
import sys
from collections.abc import Sequence

import pytest
from PIL import Image

from bot.render.charts import comparison_chart, loss_plot
from finetune.types import Interval

GREEN = (0x3F, 0xC3, 0x80)
BLUE = (0x7B, 0x86, 0xFF)
DIM_BLUE = (0x5C, 0x63, 0xA6)
GREY = (0x86, 0x8B, 0x95)
LINE = (0xF2, 0xF3, 0xF5)
GROUND = (0x31, 0x33, 0x38)

WON = Interval(0.25, 0.15, 0.35)
LOST = Interval(-0.02, -0.1, 0.06)


def picture(data: bytes) -> Image.Image:
    assert len(data) < 100_000
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == ("PNG", (1800, 840))
    return image.convert("RGB")


def places(image: Image.Image, color: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Column and row of each pixel of that colour."""
    pixels = image.tobytes()
    wanted = bytes(color)
    found = [at // 3 for at in range(0, len(pixels), 3) if pixels[at : at + 3] == wanted]
    return [(at % image.width, at // image.width) for at in found]


def falling(count: int, noise: float = 0.1) -> list[tuple[int, float]]:
    random_of = random.Random(1)
    return [
        (n, (0.4 + 2.6 * math.exp(-3 * n / count)) * math.exp(random_of.gauss(0, noise))) for n in range(1, count + 1)
    ]


def test_the_line_of_the_loss_ends_where_the_run_is_and_leaves_room_for_what_remains() -> None:
    columns = [column for column, _ in places(picture(loss_plot(falling(60), 120)), BLUE)]
    assert 150 < min(columns) < 190
    assert 900 < max(columns) < 960


def test_a_falling_loss_falls_from_the_upper_left_to_the_lower_right() -> None:
    line = sorted(places(picture(loss_plot(falling(200), 200)), BLUE))
    assert line[0][1] < 250
    assert line[-1][1] > 500


def test_the_steps_of_a_resumed_run_that_were_trained_again_count_once() -> None:
    again = [(step, loss) for step, loss in falling(60) if step > 40]
    assert loss_plot([*falling(50), *again], 120) == loss_plot(falling(50)[:40] + again, 120)
    assert loss_plot([*again, *falling(60)], 120) == loss_plot(falling(60), 120)


@pytest.mark.parametrize(
    ("losses", "total_steps"),
    [
        ([], 120),
        ([], 0),
        ([(1, 2.7)], 120),
        ([(1, 2.7), (2, 2.6)], 2),
        ([(1, 2.0), (2, 2.0), (3, 2.0)], 3),
        ([(1, 0.0), (2, 0.0), (3, 0.0)], 3),
        ([(5, 1.0), (150, 0.5)], 120),
        ([(1, math.nan)], 10),
        ([(1, 2.0), (2, math.inf), (3, math.nan), (4, 1.5)], 10),
        ([(1, 1e-9), (2, 1e9), (3, 5.0)], 10),
        (falling(20_000, noise=0.3), 25_000),
    ],
)
def test_any_course_of_a_run_can_be_drawn(losses: Sequence[tuple[int, float]], total_steps: int) -> None:
    assert picture(loss_plot(losses, total_steps)).getpixel((5, 5)) == GROUND


def test_a_gain_is_green_only_where_its_whole_interval_lies_above_zero() -> None:
    won = picture(comparison_chart(0.5, 0.75, WON, is_share=True, promoted=True))
    lost = picture(comparison_chart(0.5, 0.48, LOST, is_share=True, promoted=False))
    touching = picture(comparison_chart(0.5, 0.6, Interval(0.1, 0.0, 0.2), is_share=True, promoted=False))
    assert len(places(won, GREEN)) > 1000
    assert places(lost, GREEN) == []
    assert places(touching, GREEN) == []


def test_the_zero_line_stands_left_of_a_gain_and_within_a_doubtful_one() -> None:
    for gain, color, is_within in ((WON, GREEN, False), (LOST, GREY, True)):
        image = picture(comparison_chart(0.5, 0.6, gain, is_share=True, promoted=False))
        below = image.crop((280, 500, 1420, 720))
        zero = max(column for column, _ in places(below, LINE))
        interval = [column for column, _ in places(below, color)]
        assert (min(interval) < zero < max(interval)) is is_within
        assert zero < max(interval)


def test_bars_are_as_long_as_their_shares_and_the_tuned_one_is_bright_where_promoted() -> None:
    for promoted, color in ((True, BLUE), (False, DIM_BLUE)):
        image = picture(comparison_chart(0.25, 0.75, WON, is_share=True, promoted=promoted))
        bars = image.crop((0, 0, 1800, 420))
        tuned = len({column for column, _ in places(bars, color)})
        base = len({column for column, _ in places(bars, GREY)})
        assert tuned / base == pytest.approx(3, rel=0.03)


@pytest.mark.parametrize(
    ("base", "tuned", "gain", "is_share"),
    [
        (0.0, 0.0, Interval(0, 0, 0), True),
        (0.0, 1.0, Interval(1, 1, 1), True),
        (1.0, 0.0, Interval(-1, -1, -1), True),
        (0.21, 0.34, Interval(0.482, 0.4, 0.57), False),
        (0.0, 0.0, Interval(0, 0, 0), False),
        (3.2, 12.5, Interval(-9.3, -12.1, 0.4), False),
        (0.5, 0.5, Interval(1e-9, -1e-9, 2e-9), False),
    ],
)
@pytest.mark.parametrize("promoted", [True, False])
def test_any_comparison_can_be_drawn(base: float, tuned: float, gain: Interval, is_share: bool, promoted: bool) -> None:
    image = picture(comparison_chart(base, tuned, gain, is_share=is_share, promoted=promoted))
    edge = {image.getpixel((column, row)) for column in (0, 1, 1798, 1799) for row in range(840)}
    assert edge == {GROUND}


def test_importing_the_charts_loads_no_matplotlib() -> None:
    check = "import sys, bot.render.charts; sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
