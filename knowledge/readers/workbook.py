"""An Excel file as Markdown: a heading for each sheet, and below it its tables, told apart by empty rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.readers.cell_text import cell_text
from knowledge.readers.merged_cells import Merged, merged_cells
from knowledge.readers.office import look_over
from knowledge.readers.parts import Part, Refused
from knowledge.tables import markdown_table

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

MAX_CELLS = 5_000_000
"""Empty ones too, where a row reaches beyond them."""
MAX_ROWS = 1_100_000
_LONGEST_TITLE = 200

Row = tuple[list[str], bool]
"""A row's words, and whether cells of it were merged side by side."""


def workbook(path: Path) -> Iterator[Part]:
    """A part for each sheet that is shown. Raises Refused, and what its parser raises."""
    from openpyxl import load_workbook

    look_over(path, "xlsx")
    merged = merged_cells(path)
    book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        rows = list(_rows(sheet, merged.get(sheet.title, Merged())))
        if any(any(words) for words, _ in rows):
            yield Part("\n\n".join(_sheet(" ".join(sheet.title.split()), rows)))


def _rows(sheet: ReadOnlyWorksheet, merged: Merged) -> Iterator[Row]:
    sheet.reset_dimensions()  # What the file says of its size need not be so.
    cells = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells += len(row)
        if cells > MAX_CELLS or number > MAX_ROWS:
            raise Refused("too_large")
        words = [cell_text(cell.value, cell.number_format) if cell.value is not None else "" for cell in row]
        filled = merged.filled(number, words)
        yield filled, merged.is_wide(number)


def _sheet(name: str, rows: Sequence[Row]) -> Iterator[str]:
    """What is said above a table is its heading; below the sheet's name again stands what has no title of its own."""
    yield f"# {name}"
    titles: list[str] = []
    is_titled = False
    for block in _blocks(rows):
        said = [title for title in takewhile(lambda title: title is not None, map(_single, block)) if title]
        titles += said
        if len(said) == len(block):
            continue
        if is_titled and not titles:
            yield f"# {name}"
        is_titled = bool(titles)
        yield from _above(titles)
        yield _table(block[len(said) :])
        titles = []
    yield from titles


def _blocks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows between empty ones."""
    for is_filled, block in groupby(rows, key=lambda row: any(row[0])):
        if is_filled:
            yield list(block)


def _above(titles: Sequence[str]) -> Iterator[str]:
    """The first line above a table is its heading, unless it is a whole text."""
    for number, title in enumerate(titles):
        yield f"## {' '.join(title.split())}" if number == 0 and len(title) <= _LONGEST_TITLE else title


def _table(rows: Sequence[Row]) -> str:
    (head, is_wide), *below = rows
    if is_wide and below and _single(below[0]) is None:
        head = _joined(head, below[0][0])
        below = below[1:]
    return "\n".join(markdown_table([head, *(row for row, _ in below)]))


def _single(row: Row) -> str | None:
    """What a row says that says one thing: in one cell, or in cells that are merged."""
    words, is_wide = row
    filled = _filled(words)
    return filled[0] if len(filled) == 1 or (is_wide and len(set(filled)) == 1) else None


def _filled(words: Sequence[str]) -> list[str]:
    return [word for word in words if word]


def _joined(head: Sequence[str], second: Sequence[str]) -> list[str]:
    """Two rows of heads, of which the upper one's stand above several of the lower one's, as one."""
    width = max(len(head), len(second))
    pairs = [(head[at] if at < len(head) else "", second[at] if at < len(second) else "") for at in range(width)]
    return [" ".join(dict.fromkeys(word for word in pair if word)) for pair in pairs]
