"""How much of a guild one reader may draw on. Knows no database."""

from __future__ import annotations

import math
from dataclasses import dataclass

_SLACK = 1.5


@dataclass(frozen=True, slots=True)
class ReadableScope:
    """What one reader may draw on in one guild."""

    audiences: tuple[str, ...] | None
    """Keys; None: everything in the guild is readable, so nothing need be filtered."""
    source_count: int
    readable_count: int
    """Chunks of these audiences."""
    chunk_count: int
    """Chunks of the guild."""

    def among_all(self, readable: int) -> int:
        """How many chunks of any audience to look at, so that `readable` that may be read are likely among them."""
        return min(self.chunk_count, math.ceil(_SLACK * readable * self.chunk_count / max(1, self.readable_count)))
