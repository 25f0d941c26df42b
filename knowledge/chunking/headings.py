"""Cuts Markdown at its headings, keeping each part's heading path and first line.

LangChain's MarkdownHeaderTextSplitter strips the indentation of code and forgets line numbers, hence this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from knowledge.chunking.anchors import Anchors

PATH_SEPARATOR = " › "

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LONGEST_HEADING = 1000
"""A longer line is text: matching takes the square of its length."""


@dataclass(frozen=True, slots=True)
class MarkdownPart:
    """The text below one heading, up to the next."""

    heading: str | None
    """The headings above it, outermost first."""
    text: str
    line: int
    """The document's line, from 1, on which `text` begins."""
    anchor: str | None
    """The fragment of a link to the heading; None where it is not known."""


def cut_at_headings(markdown: str, *, by_words: bool) -> list[MarkdownPart]:
    """The parts with text. A heading that has neither text nor subheadings is itself the text.

    `by_words`: a heading that names no anchor has the one that sites make of its words.
    """
    path: list[tuple[int, str]] = []
    parts: list[MarkdownPart] = []
    lines = markdown.split("\n")
    starts = [*_heading_lines(lines), (len(lines), 0, "")]
    anchors = Anchors(by_words=by_words)
    _append(parts, path, lines[: starts[0][0]], 1, None)
    for (number, level, heading), (following, next_level, _) in pairwise(starts):
        title, anchor = anchors.of(heading)
        while path and path[-1][0] >= level:
            path.pop()
        path.append((level, title))
        body = lines[number + 1 : following]
        if any(line.strip() for line in body):
            _append(parts, path, body, number + 2, anchor)
        elif next_level <= level:
            parts.append(MarkdownPart(_joined(path), title, number + 1, anchor))
    return parts


def _append(
    parts: list[MarkdownPart], path: list[tuple[int, str]], body: list[str], line: int, anchor: str | None
) -> None:
    text = "\n".join(body)
    if text.strip():
        parts.append(MarkdownPart(_joined(path), text, line, anchor))


def _joined(path: list[tuple[int, str]]) -> str | None:
    return PATH_SEPARATOR.join(title for _, title in path) or None


def _heading_lines(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Index, level and title of each heading outside of code fences."""
    fence = ""
    for number, line in enumerate(lines):
        if opened := _FENCE.match(line):
            mark = opened[1]
            if not fence:
                fence = mark
            elif mark[0] == fence[0] and len(mark) >= len(fence) and not line.strip(" \t" + fence[0]):
                fence = ""
        elif not fence and len(line) <= _LONGEST_HEADING and (found := _HEADING.match(line)):
            yield number, len(found[1]), found[2]
