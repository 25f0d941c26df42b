"""How much of a guild one reader may search. Edit it for how many more chunks are requested than needed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

_SLACK = 1.5


@dataclass(frozen=True, slots=True)
class ReadableScope:
    """Holds what one reader may search in one guild."""

    audiences: tuple[str, ...] | None
    """Audience keys; None: everything in the guild is readable, so no filter is needed."""
    source_count: int
    readable_count: int
    """Chunks of these audiences."""
    chunk_count: int
    """Chunks of the guild."""
    removed_count: int = 0
    """Chunks of removed documents, whose vectors are there until the removal can't be undone any more."""

    def of_all(self) -> ReadableScope:
        """Return the scope of those who may read everything in the guild."""
        return replace(self, audiences=None, readable_count=self.chunk_count)

    def among_all(self, readable: int) -> int:
        """Return how many chunks of any audience to fetch so that probably `readable` of them may be read."""
        return min(self.chunk_count, math.ceil(_SLACK * readable * self.chunk_count / max(1, self.readable_count)))
