"""What every reader yields, and how it refuses a file. Edit it when readers must return more."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.types import LeftOut

IMAGE_MARK = "🖼"
"""Marks a document's own description of an image, for those who cannot see it."""


@dataclass(frozen=True, slots=True)
class ParsedPart:
    """Holds a stretch of a document's text."""

    text: str
    page: int | None = None
    """From 1: a page or a slide."""
    numbers: tuple[int, ...] | None = None
    """For each line of the text, from 1: its line, sheet row or notebook cell in the file; of subtitles, its second
    from 0. None: unknown.
    """


@dataclass(frozen=True, slots=True)
class ReaderResult:
    """Holds what the child process answers: the parts, or why there are none."""

    parts: tuple[ParsedPart, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    """Each kind once."""
    reason: str | None = None
    """A name in `knowledge.errors.Reason`."""
    page: int | None = None
    """The page on which it failed."""
    line: int | None = None


class ReaderRefused(Exception):
    """The file cannot be read; `reason` is a name in `knowledge.errors.Reason`."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        """Create the refusal; `line` is where the file is wrong, from 1."""
        super().__init__(reason)
        self.reason = reason
        self.line = line
