"""Writes the Markdown of results: tables, shares with their intervals, and where a figure comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

from benchmarks.harness.results import RESULTS
from benchmarks.harness.summary_statistics import Difference, Share

Figures = dict[str, Any]
"""The figures of one result: JSON of a form that its own section knows."""


class Provenance(TypedDict):
    """Where a result comes from."""

    command: str
    commit: str
    date: str
    python: str
    machine: str


class MeasuredResult(TypedDict):
    """What a file of benchmarks/results holds."""

    figures: Figures
    provenance: Provenance


def is_measured(name: str) -> bool:
    """Return whether there is a result of that name."""
    return (RESULTS / f"{name}.json").exists()


def load(name: str) -> MeasuredResult:
    """Return the result of that name."""
    result: MeasuredResult = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    return result


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[str]:
    """Yield the lines of a table."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"
    yield ""


def share(figure: Share) -> str:
    """Return a share with its interval."""
    low, high = figure["interval"]
    return f"{figure['share']:.2f} ({max(0.0, low):.2f}–{high:.2f})"


def difference(figure: Difference) -> str:
    """Return a paired difference with its interval."""
    low, high = figure["interval"]
    return f"{figure['difference']:+.2f} ({low:+.2f} to {high:+.2f})"


def duration(seconds: float) -> str:
    """Return seconds, or minutes from a minute and a half on."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


def provenance(result: MeasuredResult) -> str:
    """Return what somebody needs to repeat the measurement."""
    made = result["provenance"]
    return (
        f"`{made['command']}`, commit {made['commit']}, {made['date']}, Python {made['python']}, {made['machine']}.\n"
    )
