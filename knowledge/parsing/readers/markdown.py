"""Rewrites the HTML tables and headings of a Markdown text in Markdown, each line with the file's own.

Edit it for what HTML in Markdown is more than text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from knowledge.parsing.readers.html import markdown_of
from knowledge.parsing.readers.parts import ParsedPart
from text.markdown.blocks import Kind, blocks

MAX_TABLE_CHARS = 2_000_000
_LONGEST_HEADING = 1000
_TABLE_TAG = re.compile(r"<(/?)table(?=[\s>])[^>]*>", re.IGNORECASE)
_HEADING = re.compile(rf"^[ \t]*<h([1-6])(?=[\s>])[^>]*>(.{{1,{_LONGEST_HEADING}}}?)</h\1>", re.I | re.M | re.S)
_ROW = re.compile(r"<tr(?=[\s>])", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n)+")
Line = tuple[str, int]
"""A line of the result, and the line of the file that it comes from, from 1."""


def read_markdown(data: bytes) -> Iterator[ParsedPart]:
    """Yield the text as the only part, with the file's line numbers. Raises what the parser of HTML raises."""
    lines = data.decode().split("\n")
    found = [line for block in blocks(lines) for line in _rewritten(lines, block.first, block.end, block.kind)]
    yield ParsedPart("\n".join(text for text, _ in found), numbers=tuple(number for _, number in found))


def _rewritten(lines: list[str], first: int, end: int, kind: Kind) -> Iterator[Line]:
    if kind is not Kind.TEXT:
        yield from ((line, number) for number, line in enumerate(lines[first:end], first + 1))
        return
    text = _HEADING.sub(_heading, "\n".join(lines[first:end]))
    starts = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]

    def number_of(at: int) -> int:
        return first + bisect_right(starts, at)

    at = 0
    for start, stop in _tables(text):
        yield from _plain(text[at:start], number_of(at))
        yield from _table(text[start:stop], number_of, start)
        at = stop
    yield from _plain(text[at:], number_of(at))


def _plain(text: str, number: int) -> Iterator[Line]:
    yield from ((line, number + offset) for offset, line in enumerate(text.split("\n")))


def _heading(found: re.Match[str]) -> str:
    """Return a heading of HTML in Markdown, on as many lines; unchanged if it has no words."""
    title = " ".join(_TAG.sub(" ", found[2]).split())
    return f"{'#' * int(found[1])} {title}" + "\n" * found[0].count("\n") if title else found[0]


def _tables(text: str) -> Iterator[tuple[int, int]]:
    """Yield where tables begin and end that close, and are not in inline code; those within others are part of them."""
    depth = start = 0
    for tag in _TABLE_TAG.finditer(text):
        if not depth and (tag[1] or text.count("`", text.rfind("\n", 0, tag.start()) + 1, tag.start()) % 2):
            continue
        depth += -1 if tag[1] else 1
        if depth == 1 and not tag[1]:
            start = tag.start()
        if not depth and tag.end() - start <= MAX_TABLE_CHARS:
            yield start, tag.end()


def _table(html: str, number_of: Callable[[int], int], start: int) -> Iterator[Line]:
    """Yield the lines of a table in Markdown, its rows with their own numbers where there are as many."""
    from bs4 import BeautifulSoup  # loaded in the child only

    written = markdown_of(BeautifulSoup(_EMPTY_LINES.sub("\n", html), "html.parser"))
    rows = [number_of(start + found.start()) for found in _ROW.finditer(html)]
    lines = written.split("\n")
    count = sum(line.startswith("|") for line in lines)
    numbers = iter([*rows[:1], *rows]) if count == len(rows) + 1 else iter(())
    number = number_of(start)
    yield "", number
    for line in lines:
        number = next(numbers, number) if line.startswith("|") else number
        yield line, number
    yield "", number
