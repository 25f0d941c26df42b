"""Writes Markdown tables from rows, and cuts them between rows with the header above each part.

Edit it for how tables are written and cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from text.markdown.blocks import table_cells

HEAD_LINES = 2
"""The lines of a table's header: the names of its columns and the line below them."""
_LONGEST_TITLE = 200


def markdown_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table whose first row is its header: two, then one per row, without empty columns."""
    width = max(len(row) for row in rows)
    cells = [[_cell(row[at]) if at < len(row) else "" for at in range(width)] for row in rows]
    kept = [at for at in range(width) if any(row[at] for row in cells)]
    lines = ["| " + " | ".join(row[at] for at in kept) + " |" for row in cells]
    return [lines[0], "|" + " --- |" * len(kept), *lines[1:]]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def titles_above(titles: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Yield the lines above a table with their numbers; the first is its heading, unless it is a whole text."""
    for place, (title, number) in enumerate(titles):
        is_heading = place == 0 and len(title) <= _LONGEST_TITLE
        yield f"## {' '.join(title.split())}" if is_heading else " ".join(title.split()), number
        yield "", number


def cut_table(lines: Sequence[str], weigh: Callable[[str], int], limit: int) -> Iterator[tuple[str, int]]:
    """Yield parts of at most `limit`, each with the header above its rows, and the line index of its first row.

    A row that is too long even alone is written as `header: cell` on lines of their own, at any length.
    """
    head, names = "\n".join(lines[:HEAD_LINES]), table_cells(lines[0])
    rows: list[str] = []
    first, weight, head_weight = 0, 0, weigh(head) + 1
    for number, row in enumerate(lines[HEAD_LINES:], HEAD_LINES):
        row_weight = weigh(row) + 1
        if rows and head_weight + weight + row_weight > limit:
            yield "\n".join([head, *rows]), first
            rows, weight = [], 0
        if head_weight + row_weight > limit:
            yield _record(names, row), number
            continue
        if not rows:
            first, weight = number, 0
        rows.append(row)
        weight += row_weight
    if rows or len(lines) == HEAD_LINES:
        yield "\n".join([head, *rows]), first


def named_cells(names: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Return a row's cells that are not empty, each behind the name of its column if that has one."""
    filled = [(names[at] if at < len(names) else "", cell) for at, cell in enumerate(cells) if cell]
    return [f"{name}: {cell}" if name else cell for name, cell in filled]


def _record(names: Sequence[str], row: str) -> str:
    return "\n".join(named_cells(names, table_cells(row)))
