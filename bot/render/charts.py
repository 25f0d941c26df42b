"""Pictures of a training run, as PNG bytes of 1800 x 840 px: 900 x 420 at double density, for Discord's dark theme.

Their few words are the same in both languages. Each call takes about 0.2 s, so it belongs in a thread.
Edit this file to change how these pictures look.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from finetune.types import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator
    from numpy.typing import NDArray

_INCHES = (9.0, 4.2)
_DPI = 200
_MOST_POINTS = 250
_FONT = "DejaVu Sans"
_BACKGROUND = "#313338"
_TRACK = "#3b3d44"
_GRID = "#43454c"
_TEXT = "#f2f3f5"
_MUTED = "#b5bac1"
_GREY = "#868b95"
_BLUE = "#7b86ff"
_DIM_BLUE = "#5c63a6"
_GREEN = "#3fc380"


def loss_plot(losses: Sequence[tuple[int, float]], total_steps: int) -> bytes:
    """Draw the training loss by step, as points and as a smoothed line, with room for the steps to come.

    `losses` has steps and losses. For a step that was trained again after a kill, the later loss counts; a loss that is
    not a number, as in a run that diverged, is left out.
    """
    by_step = dict(losses)
    steps = sorted(step for step, loss in by_step.items() if math.isfinite(loss))
    values = [by_step[step] for step in steps]
    smooth = _smoothed(values)
    last_step = max(total_steps, *steps, 1)
    low, high = _bounds(values, smooth)

    figure = _figure()
    axes = figure.add_axes((0.085, 0.135, 0.875, 0.715), facecolor=_BACKGROUND)
    _hide_frame(axes)
    axes.spines["bottom"].set(visible=True, color=_GREY)
    axes.grid(color=_GRID, linewidth=1)
    axes.set(xlim=(0, last_step * 1.02), ylim=(low, high))
    axes.xaxis.set_major_locator(_ticks(7, integer=True))
    axes.yaxis.set_major_locator(_ticks(5))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_formatter("{x:g}" if values else "")
    axes.axvline(last_step, color=_GREY, linewidth=1.2, linestyle=(0, (4, 3)))
    every = 1 + len(values) // _MOST_POINTS
    axes.plot(steps[::every], values[::every], "o", color=_BLUE, alpha=0.35, markersize=4, markeredgewidth=0)
    axes.plot(steps, smooth, color=_BLUE, linewidth=2.8, solid_capstyle="round", solid_joinstyle="round")
    if values:
        axes.plot(steps[-1:], smooth[-1:], "o", color=_TEXT, markersize=8, clip_on=False, zorder=4)
    label = f"loss {smooth[-1]:.2f}" if values else "loss"
    _write(figure, 0.085, 0.925, label, size=16, weight="bold", color=_TEXT)
    reached = steps[-1] if steps else 0
    _write(figure, 0.96, 0.925, f"step {reached:,} / {total_steps:,}", size=15, align="right", color=_MUTED)
    return _png(figure)


def comparison_chart(base: float, tuned: float, gain: Interval, *, is_share: bool, promoted: bool) -> bytes:
    """Draw the scores before and after, and below them the gain with its 95 % interval.

    If `is_share`, scores and gain are shares, shown in per cent. The gain is green if its whole interval is above zero;
    the tuned bar is coloured and ticked if the adapter was `promoted`.
    """
    figure = _figure()
    scale = max(1.0, base, tuned)
    axes = figure.add_axes((0.15, 0.49, 0.645, 0.44), facecolor=_BACKGROUND)
    _hide_frame(axes)
    axes.set(xlim=(0, scale), ylim=(1.5, -0.5), xticks=[], yticks=[])
    axes.barh([0, 1], [scale, scale], height=0.62, color=_TRACK)
    axes.barh([0, 1], [base, tuned], height=0.62, color=[_GREY, _BLUE if promoted else _DIM_BLUE])
    for y, name, score in ((0.82, "base", base), (0.60, "tuned", tuned)):
        is_best = promoted and name == "tuned"
        weight, color = ("bold", _TEXT) if is_best else ("normal", _MUTED)
        _write(figure, 0.135, y, f"✓ {name}" if is_best else name, size=17, align="right", weight=weight, color=color)
        label = f"{score * 100:.1f} %" if is_share else f"{score:.2f}"
        _write(figure, 0.81, y, label, size=18, weight="bold", color=_TEXT)
    _draw_gain(figure, gain, is_share)
    return _png(figure)


def _draw_gain(figure: Figure, gain: Interval, is_share: bool) -> None:
    color = _GREEN if gain.low > 0 else _GREY
    factor, places = (100, ".1f") if is_share else (1, ".2f")
    mean, low, high = (value * factor for value in (gain.mean, gain.low, gain.high))
    left, right = min(low, mean, 0.0), max(high, mean, 0.0)
    room = (right - left) * 0.08 or 1.0
    axes = figure.add_axes((0.15, 0.155, 0.645, 0.21), facecolor=_BACKGROUND)
    _hide_frame(axes)
    axes.set(xlim=(left - room, right + room), ylim=(-1, 1), yticks=[])
    axes.grid(axis="x", color=_GRID, linewidth=1)
    axes.xaxis.set_major_locator(_ticks(6))
    axes.xaxis.set_major_formatter(lambda value, _: _signed(value, "g"))
    axes.axvline(0, color=_TEXT, linewidth=1.8)
    axes.plot([low, high], [0, 0], color=color, linewidth=5, solid_capstyle="round")
    axes.plot([mean], [0], "o", color=color, markersize=15, markeredgecolor=_BACKGROUND, markeredgewidth=2.5)
    _write(figure, 0.135, 0.29, "Δ", size=18, align="right", color=_MUTED)
    _write(figure, 0.135, 0.205, "95 %", size=12, align="right", color=_MUTED)
    _write(figure, 0.81, 0.29, _signed(mean, places), size=18, weight="bold", color=color if gain.low > 0 else _MUTED)
    _write(figure, 0.81, 0.205, f"{_signed(low, places)} … {_signed(high, places)}", size=12, color=_MUTED)


def _signed(value: float, places: str) -> str:
    """Return a number with its sign and a true minus; zero has no sign."""
    text = f"{value:+{places}}".replace("-", "−")
    return text if text.strip("+−0.") else text[1:]


def _figure() -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DPI, facecolor=_BACKGROUND)
    FigureCanvasAgg(figure)
    return figure


def _hide_frame(axes: Axes) -> None:
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=7, labelsize=13, labelcolor=_MUTED, labelfontfamily=_FONT)
    axes.set_axisbelow(True)


def _ticks(most: int, *, integer: bool = False) -> Locator:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(most, integer=integer, steps=[1, 2, 2.5, 5, 10])


def _write(
    figure: Figure, x: float, y: float, text: str, *, size: int, align: str = "left", weight: str = "normal", color: str
) -> None:
    """Write `text` at `x` and `y`, which are shares of the picture, from the lower left."""
    figure.text(x, y, text, fontsize=size, ha=align, va="center", weight=weight, color=color, family=_FONT)


def _smoothed(values: Sequence[float]) -> list[float]:
    """Return, for each value, that of a straight line fitted to its neighbours, a tenth of all values on either side.

    Unlike a running mean, it neither lags behind a falling loss nor bends at the ends.
    """
    import numpy as np

    count, reach = len(values), max(2, len(values) // 10)
    if count < 3:
        return list(values)
    place, y = np.arange(count, dtype=float), np.asarray(values, dtype=float)
    first, end = np.maximum(place - reach, 0).astype(int), np.minimum(place + reach + 1, count).astype(int)

    def mean(of: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.concatenate(([0.0], np.cumsum(of)))
        return np.asarray((sums[end] - sums[first]) / (end - first))

    x_mean, y_mean = mean(place), mean(y)
    slope = (mean(place * y) - x_mean * y_mean) / (mean(place**2) - x_mean**2)
    fitted = y_mean + slope * (place - x_mean)
    return [float(value) for value in np.clip(fitted, y.min(), y.max())]


def _bounds(values: Sequence[float], smooth: Sequence[float]) -> tuple[float, float]:
    """Return the limits of the axis: from 0, or from below the lowest value if 0 would flatten the line.

    Single outliers may be outside.
    """
    if not values:
        return 0.0, 1.0
    high = max(*smooth, sorted(values)[int(len(values) * 0.98)])
    low = min(values)
    if 0 <= low < high / 2 or high == low:
        return min(low, 0.0), max(high * 1.08, low + 1e-6)
    room = (high - low) * 0.15
    return low - room, high + room


def _png(figure: Figure) -> bytes:
    written = io.BytesIO()
    figure.savefig(written, format="png", facecolor=_BACKGROUND, metadata={"Software": None})
    return written.getvalue()
