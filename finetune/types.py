"""The data that crosses the edge of this package: champions.

Frozen and free of I/O; chains and bot may import this module and no other of the package.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Champion:
    """The adapter that answers for one skill of one guild, with what was measured when it was promoted."""

    guild_id: str
    skill: str
    adapter_sha256: str
    base: str
    """The model that it was trained on, by the name of `TUNING_BASE`."""
    audience_key: str
    """`guild` or `channel:<id>`: that of its data set."""
    example_count: int
    held_out_score: float
    """0 to 1, on examples that it was not trained on."""
    base_score: float
    """The untuned base's score on the same examples."""
    reads_passages: bool
    """Whether it was evaluated with passages too, and won: opens the combined route."""
    training_seconds: float
