"""What a reader gives, and how it refuses. Knows no format."""

from __future__ import annotations

from dataclasses import dataclass

PICTURE = "🖼"
"""Stands before what a document says of a picture to those who cannot see it."""


@dataclass(frozen=True, slots=True)
class ParsedPart:
    """A stretch of a document's text."""

    text: str
    page: int | None = None
    """From 1: of a page or a slide."""
    numbers: tuple[int, ...] | None = None
    """For each line of the text, from 1: the file's line, a sheet's row or a notebook's cell. None: not known."""


@dataclass(frozen=True, slots=True)
class ReaderResult:
    """What a child answers: the parts, or why there are none."""

    parts: tuple[ParsedPart, ...] = ()
    reason: str | None = None
    """A name in `knowledge.errors.Reason`."""
    page: int | None = None
    """On which it failed."""
    line: int | None = None


class ReaderRefused(Exception):
    """The file cannot be read; `reason` is a name in `knowledge.errors.Reason`."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        """`line`: on which the file is wrong, from 1."""
        super().__init__(reason)
        self.reason = reason
        self.line = line
