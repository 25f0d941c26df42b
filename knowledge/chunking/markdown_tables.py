"""Tables in Markdown: written from rows, and cut between rows with their head above each part. Knows no document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_RULE = re.compile(r"[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)*[ \t]*:?-+:?[ \t]*\|?[ \t]*")
_LONGEST_RULE = 20_000
_CELL_END = re.compile(r"(?<!\\)\|")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")


def markdown_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table whose first row is its head: two, and one for each other row. Empty columns are left out."""
    width = max(len(row) for row in rows)
    cells = [[_cell(row[at]) if at < len(row) else "" for at in range(width)] for row in rows]
    kept = [at for at in range(width) if any(row[at] for row in cells)]
    lines = ["| " + " | ".join(row[at] for at in kept) + " |" for row in cells]
    return [lines[0], "|" + " --- |" * len(kept), *lines[1:]]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some lines of a text, of which `head` are a table's head; 0: no table."""

    first: int
    """The number of its first line, from 0."""
    lines: tuple[str, ...]
    head: int


def stretches(text: str) -> Iterator[Stretch]:
    """The text's tables, and what stands between them, in order. A table within a code fence is none."""
    lines = text.split("\n")
    start, at, fenced = 0, 0, False
    while at < len(lines):
        fenced ^= _FENCE.match(lines[at]) is not None
        if fenced or not _begins_table(lines, at):
            at += 1
            continue
        if start < at:
            yield Stretch(start, tuple(lines[start:at]), 0)
        start, at = at, at + 2
        while at < len(lines) and lines[at].lstrip().startswith("|"):
            at += 1
        yield Stretch(start, tuple(lines[start:at]), 2)
        start = at
    if start < len(lines):
        yield Stretch(start, tuple(lines[start:]), 0)


def _begins_table(lines: Sequence[str], at: int) -> bool:
    if at + 1 >= len(lines) or not lines[at].lstrip().startswith("|"):
        return False
    rule = lines[at + 1]
    return "|" in rule and len(rule) <= _LONGEST_RULE and _RULE.fullmatch(rule) is not None


def cut_table(table: Stretch, weigh: Callable[[str], int], limit: int) -> Iterator[tuple[str, int]]:
    """Parts of at most `limit`, each with the head above its rows, and the line of its first row.

    A row that is too long for it, with the head above, is written as `head: cell` on lines of their own, at any length.
    """
    head = "\n".join(table.lines[: table.head])
    rows: list[str] = []
    first, weight, head_weight = table.first, 0, weigh(head) + 1
    for number, row in enumerate(table.lines[table.head :], table.first + table.head):
        row_weight = weigh(row) + 1
        if rows and head_weight + weight + row_weight > limit:
            yield "\n".join([head, *rows]), first
            rows, weight = [], 0
        if head_weight + row_weight > limit:
            yield _record(table.lines[0], row), number
            continue
        if not rows:
            first, weight = number, 0
        rows.append(row)
        weight += row_weight
    if rows or len(table.lines) == table.head:
        yield "\n".join([head, *rows]), first


def _record(head: str, row: str) -> str:
    names, cells = _cells(head), _cells(row)
    pairs = [(names[at] if at < len(names) else "", cell) for at, cell in enumerate(cells) if cell]
    return "\n".join(f"{name}: {cell}" if name else cell for name, cell in pairs)


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in _CELL_END.split(row.strip().removeprefix("|").removesuffix("|"))]
