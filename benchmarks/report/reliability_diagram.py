"""Draws the reliability diagram of a probability as a PNG: predicted against actual shares, and their counts.

It has a dark background of its own, so that it is legible on a light page too.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.harness.calibration_metrics import Bin

_INCHES = (9.0, 5.2)
_DPI = 200
_FONT = "DejaVu Sans"
_GROUND = "#313338"
_GRID = "#43454c"
_TEXT = "#f2f3f5"
_MUTED = "#b5bac1"
_GREY = "#868b95"
_BLUE = "#7b86ff"


def draw(panels: Mapping[str, Sequence[Bin]]) -> bytes:
    """Return the diagram, with one panel for each name, side by side."""
    figure = Figure(figsize=_INCHES, dpi=_DPI, facecolor=_GROUND)
    FigureCanvasAgg(figure)
    width = 0.92 / len(panels)
    for number, (name, bins) in enumerate(panels.items()):
        left = 0.075 + number * width
        upper = figure.add_axes((left, 0.36, width - 0.075, 0.53), facecolor=_GROUND)
        lower = figure.add_axes((left, 0.13, width - 0.075, 0.17), facecolor=_GROUND)
        _draw_reliability(upper, name, bins)
        _draw_counts(lower, bins)
        if number == 0:
            upper.set_ylabel("held the answer", color=_MUTED, family=_FONT, fontsize=12)
            lower.set_ylabel("searches", color=_MUTED, family=_FONT, fontsize=12)
    written = io.BytesIO()
    figure.savefig(written, format="png", facecolor=_GROUND, metadata={"Software": None})
    return written.getvalue()


def _draw_reliability(axes: Axes, name: str, bins: Sequence[Bin]) -> None:
    said, was = [each["said"] for each in bins], [each["was"] for each in bins]
    below = [max(0.0, each["was"] - each["interval"][0]) for each in bins]
    above = [max(0.0, each["interval"][1] - each["was"]) for each in bins]
    _quiet(axes)
    axes.set(xlim=(0, 1), ylim=(-0.02, 1.02), xticks=[0, 0.2, 0.4, 0.6, 0.8, 1], yticks=[0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1.4, linestyle=(0, (4, 3)))
    axes.errorbar(said, was, (below, above), fmt="none", ecolor=_BLUE, elinewidth=2, capsize=4, capthick=2)
    axes.plot(said, was, "-o", color=_BLUE, linewidth=2, markersize=8, markeredgecolor=_GROUND, clip_on=False, zorder=4)
    axes.set_title(name, color=_TEXT, family=_FONT, fontsize=15, weight="bold", loc="left", pad=10)


def _draw_counts(axes: Axes, bins: Sequence[Bin]) -> None:
    _quiet(axes)
    axes.set(xlim=(0, 1), xticks=[0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.bar([int(each["said"] * 10) / 10 + 0.05 for each in bins], [each["of"] for each in bins], 0.09, color=_GREY)
    axes.set_xlabel("said probability", color=_MUTED, family=_FONT, fontsize=12)
    axes.locator_params(axis="y", nbins=3)


def _quiet(axes: Axes) -> None:
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=6, labelsize=11, labelcolor=_MUTED, labelfontfamily=_FONT)
    axes.grid(color=_GRID, linewidth=1)
    axes.set_axisbelow(True)
