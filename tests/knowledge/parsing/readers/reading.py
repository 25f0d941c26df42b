"""What a reader makes of a file: its text, part by part, and what it says it left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from knowledge.parsing.readers.parts import ParsedPart
from knowledge.types import LeftOut


@dataclass(frozen=True, slots=True)
class Reading:
    parts: list[ParsedPart]
    left_out: dict[str, int]

    @property
    def text(self) -> str:
        return "\n".join(part.text for part in self.parts)


def read(reader: Callable[[bytes], Iterator[ParsedPart | LeftOut]], data: bytes) -> Reading:
    """Read in this process; the sandbox around it has tests of its own."""
    parts: list[ParsedPart] = []
    left_out: Counter[str] = Counter()
    for each in reader(data):
        if isinstance(each, LeftOut):
            left_out[each.kind] += each.count
        else:
            parts.append(each)
    return Reading(parts, dict(left_out))
