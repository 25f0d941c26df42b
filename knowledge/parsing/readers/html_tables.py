"""Makes each table of a web page a plain grid, in place: spans filled in, layouts undone, one row of heads."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

from knowledge.parsing.readers.parts import ReaderRefused

if TYPE_CHECKING:
    from bs4 import Tag

MAX_SPAN = 500
MAX_COPIED = 100_000
"""Elements and texts, to fill in the spans of all tables of a page."""
_MOST_HEAD_ROWS = 3


def normalise_tables(body: Tag) -> None:
    """Raises Refused where the spans make too many cells."""
    left = MAX_COPIED
    for table in body.find_all("table"):
        if table.find("table") is not None:
            _undo_layout(table)
        else:
            left -= _fill_in(table, left)
            _join_heads(table)
            _escape(table)


def _undo_layout(table: Tag) -> None:
    """A table with tables inside arranges a page: its cells are paragraphs."""
    for name in ("thead", "tbody", "tfoot", "tr", "td", "th", "caption"):
        for element in table.find_all(name):
            if element.find_parent("table") is table:
                element.name = "div"
    table.name = "div"


def _fill_in(table: Tag, most: int) -> int:
    """How much was added. What spans rows stands in each, what spans columns in each column of the heads."""
    above: dict[int, tuple[Tag, int]] = {}
    count = 0
    for number, row in enumerate(table.find_all("tr")):
        cells = [cell.extract() for cell in row.find_all(["td", "th"], recursive=False)]
        row.clear()
        count -= sum(map(_size, cells))
        for cell in _placed(cells, above, is_head=number == 0):
            count += _size(cell)
            if count > most:
                raise ReaderRefused("too_large")
            row.append(cell)
    return count


def _placed(cells: list[Tag], above: dict[int, tuple[Tag, int]], *, is_head: bool) -> Iterator[Tag]:
    """A row's cells, with those that reach into it from above, which are counted down."""
    column = 0
    for cell in cells:
        while column in above:
            yield _from_above(above, column)
            column += 1
        height = _span(cell, "rowspan")
        for offset in range(_span(cell, "colspan")):
            placed = copy.copy(cell) if offset else cell
            if offset and not is_head and cell.name != "th":
                placed.clear()
            if height > 1:
                above[column] = (placed, height - 1)
            yield placed
            column += 1
    for later in sorted(at for at in above if at >= column):
        yield _from_above(above, later)


def _from_above(above: dict[int, tuple[Tag, int]], column: int) -> Tag:
    cell, left = above.pop(column)
    if left > 1:
        above[column] = (cell, left - 1)
    return copy.copy(cell)


def _size(cell: Tag) -> int:
    return 1 + sum(1 for _ in cell.descendants)


def _span(cell: Tag, name: str) -> int:
    given = str(cell.attrs.pop(name, "1"))
    return min(max(int(given), 1), MAX_SPAN) if given.isascii() and given.isdigit() and len(given) < 6 else 1


def _join_heads(table: Tag) -> None:
    """Several rows of heads become one: `2026` above `March` is `2026 March`."""
    rows = table.find_all("tr")
    heads = []
    for row in rows[:_MOST_HEAD_ROWS]:
        cells = row.find_all(["td", "th"], recursive=False)
        if not cells or any(cell.name != "th" for cell in cells):
            break
        heads.append(cells)
    if len(heads) < 2 or len({len(cells) for cells in heads}) > 1:
        return
    for stacked in zip(*heads, strict=True):
        words = dict.fromkeys(text for cell in stacked if (text := cell.get_text(" ", strip=True)))
        stacked[0].string = " ".join(words)
    for row in rows[1 : len(heads)]:
        row.decompose()


def _escape(table: Tag) -> None:
    for text in table.find_all(string=lambda text: text is not None and "|" in text):
        text.replace_with(str(text).replace("|", "\\|"))
