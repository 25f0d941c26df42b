"""Splits Markdown at its headings, keeping each part's heading path, first line and link anchor.

LangChain's MarkdownHeaderTextSplitter strips the indentation of code and loses line numbers. Edit it for heading paths
and anchors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from text.markdown.blocks import Block, Kind, blocks

PATH_SEPARATOR = " › "
_NAMED = re.compile(r":?\s*#([^\s{}#]{1,100})(?:\s[^{}]*)?\}")
"""An anchor as Pandoc, kramdown and MkDocs write it, possibly followed by classes and other attributes."""
_LONGEST = 300
_MARKS = re.compile(r"[^\w\- ]+")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^)\[]*\)")


@dataclass(frozen=True, slots=True)
class MarkdownPart:
    """Holds the text below one heading, up to the next."""

    heading: str | None
    """The headings above it, outermost first."""
    text: str
    line: int
    """The document's line on which `text` begins, from 1."""
    anchor: str | None
    """The fragment of a link to the heading; None: unknown."""


def cut_at_headings(markdown: str, *, by_words: bool) -> list[MarkdownPart]:
    """Return the parts that have text. A heading with neither text nor subheadings is itself the text.

    `by_words`: a heading that names no anchor gets the slug that sites make of its words.
    """
    path: list[tuple[int, str]] = []
    parts: list[MarkdownPart] = []
    lines = markdown.split("\n")
    end = Block(Kind.HEADING, len(lines), len(lines))
    headings = [*(block for block in blocks(lines) if block.kind is Kind.HEADING), end]
    anchors = Anchors(by_words=by_words)
    _append_part(parts, path, lines[: headings[0].first], 1, None)
    for heading, following in pairwise(headings):
        title, anchor = anchors.of(heading.title)
        while path and path[-1][0] >= heading.level:
            path.pop()
        path.append((heading.level, title))
        body = lines[heading.end : following.first]
        if any(line.strip() for line in body):
            _append_part(parts, path, body, heading.end + 1, anchor)
        elif following.level <= heading.level:
            parts.append(MarkdownPart(_heading_path(path), title, heading.first + 1, anchor))
    return parts


def _append_part(
    parts: list[MarkdownPart], path: list[tuple[int, str]], body: list[str], line: int, anchor: str | None
) -> None:
    text = "\n".join(body)
    if text.strip():
        parts.append(MarkdownPart(_heading_path(path), text, line, anchor))


def _heading_path(path: list[tuple[int, str]]) -> str | None:
    return PATH_SEPARATOR.join(title for _, title in path) or None


class Anchors:
    """Makes the link anchors of one document's headings, in their order."""

    def __init__(self, *, by_words: bool) -> None:
        """Start a document; `by_words`: a heading that names no anchor gets the slug that GitHub and others make."""
        self._by_words = by_words
        self._used: dict[str, int] = {}

    def of(self, heading: str) -> tuple[str, str | None]:
        """Return the heading without the anchor that it names (`Refunds {#refunds}`), and its anchor."""
        words, _, attributes = heading.rpartition("{")
        if named := _NAMED.fullmatch(attributes):
            return words.strip() or named[1], named[1]
        return heading, self._slug(heading) if self._by_words else None

    def _slug(self, heading: str) -> str | None:
        slug = _MARKS.sub("", _LINK.sub(r"\1", heading[:_LONGEST]).strip().lower()).replace(" ", "-")
        if not slug or len(heading) > _LONGEST:
            return None
        before = self._used.get(slug, 0)
        self._used[slug] = before + 1
        return f"{slug}-{before}" if before else slug
