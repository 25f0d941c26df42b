"""The Markdown of results: tables, shares with their intervals, and where a figure comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

Figures = dict[str, Any]
"""What a result file holds: JSON whose form each section knows."""


def is_measured(name: str) -> bool:
    """Whether there is a result of that name."""
    return (RESULTS / f"{name}.json").exists()


def load(name: str) -> Figures:
    """The result of that name: figures and provenance."""
    result: Figures = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    return result


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[str]:
    """The lines of a table."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"
    yield ""


def share(figure: Figures) -> str:
    """A share with its interval."""
    low, high = figure["interval"]
    return f"{figure['share']:.2f} ({max(0.0, low):.2f}–{high:.2f})"


def duration(seconds: float) -> str:
    """Seconds, or minutes from a minute and a half on."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


def provenance(result: Figures) -> str:
    """What somebody needs to repeat it."""
    made = result["provenance"]
    return (
        f"`{made['command']}`, commit {made['commit']}, {made['date']}, Python {made['python']}, {made['machine']}.\n"
    )


def paired(found: dict[str, object]) -> str:
    """A difference of two ways on the same examples, with its interval."""
    low, high = found["interval"]  # type: ignore[misc]
    return f"{found['difference']:+.2f} ({low:+.2f} to {high:+.2f})"


def difference(found: dict[str, object]) -> str:
    """A difference of two R@5 on the same questions, with its interval."""
    low, high = found["interval"]  # type: ignore[misc]
    return f"{found['R@5']:+.3f} ({low:+.3f} to {high:+.3f})"
