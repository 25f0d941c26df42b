"""An Excel file as Markdown: a heading for each sheet, and below it its tables, told apart by empty rows."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import TYPE_CHECKING

from knowledge.parsing.readers.doctype import refuse_dtd
from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from text.markdown_tables import markdown_table, titles_above

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

MAX_CELLS = 5_000_000
"""Empty ones too, where a row reaches beyond them."""
MAX_ROWS = 1_048_576
"""As many as a sheet can have."""
MAX_RANGES = 20_000
MAX_RANGE_CELLS = 5000
"""Of merged cells; a larger range is a frame around a page, and no cell of a table."""

Line = tuple[str, int]
"""A line of the text, and the row that it comes from, from 1."""
Ranges = dict[int, list[tuple[int, int, int]]]
"""Merged cells, by the number of each row that they touch: first row, first and last column, from 1."""
_CURRENCY = re.compile(r"\[\$([^\]\-]{1,4})|\\?\"?([£€¥$])(?![^\[]*\])")
_DECIMALS = re.compile(r"0\.(0+)")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One that is not empty."""

    number: int
    """From 1."""
    words: list[str]
    is_wide: bool
    """Cells of it are merged side by side."""

    @property
    def single(self) -> str | None:
        """What it says where it says one thing: in one cell, or in cells that are merged."""
        filled = [word for word in self.words if word]
        return filled[0] if len(filled) == 1 or (self.is_wide and len(set(filled)) == 1) else None


def read_excel(data: bytes) -> Iterator[ParsedPart]:
    """A part for each sheet that is shown, its numbers the sheet's rows. Raises Refused, and what its parser raises."""
    from openpyxl import load_workbook

    refuse_dtd(data)
    for sheet in load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False).worksheets:
        if sheet.sheet_state == "visible" and (rows := list(_rows(sheet))):
            lines = list(_sheet(" ".join(sheet.title.split()), rows))
            yield ParsedPart("\n".join(text for text, _ in lines), numbers=tuple(number for _, number in lines))


def _rows(sheet: ReadOnlyWorksheet) -> Iterator[SheetRow]:
    merged = _merged(sheet)
    above: dict[tuple[int, int], str] = {}
    sheet.reset_dimensions()  # What the file says of its size need not be so.
    cells = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells += len(row)
        if cells > MAX_CELLS or number > MAX_ROWS:
            raise ReaderRefused("too_large")
        words = [cell_text(cell.value, cell.number_format) if cell.value is not None else "" for cell in row]
        for top, left, right in merged.get(number, ()):
            if top == number:
                above[top, left] = words[left - 1] if left <= len(words) else ""
            words += [""] * (right - len(words))
            words[left - 1 : right] = [above.get((top, left), "")] * (right - left + 1)
        if any(words):
            yield SheetRow(number, words, any(right > left for _, left, right in merged.get(number, ())))


def _merged(sheet: ReadOnlyWorksheet) -> Ranges:
    """The reader that streams rows does not tell them."""
    from defusedxml.ElementTree import iterparse
    from openpyxl.utils.cell import range_boundaries
    from openpyxl.worksheet._reader import MERGE_TAG

    found: Ranges = defaultdict(list)
    with sheet._get_source() as source:
        content = source.read()
    if b"mergeCell" not in content:
        return found
    for _, element in iterparse(io.BytesIO(content)):
        if element.tag == MERGE_TAG:
            for merged in list(element)[:MAX_RANGES]:
                left, top, right, bottom = range_boundaries(merged.attrib["ref"])
                if (bottom - top + 1) * (right - left + 1) <= MAX_RANGE_CELLS:
                    for number in range(top, bottom + 1):
                        found[number].append((top, left, right))
        elif element.tag.endswith("}row"):
            element.clear()
    return found


def _sheet(name: str, rows: Sequence[SheetRow]) -> Iterator[Line]:
    """What is said above a table is its heading; below the sheet's name again stands what has no title of its own."""
    yield f"# {name}", rows[0].number
    titles: list[Line] = []
    is_titled = False
    for block in _blocks(rows):
        said = [
            (" ".join((row.single or "").split()), row.number)  # A cell may hold lines, and has one number.
            for row in takewhile(lambda row: row.single is not None, block)
        ]
        titles += said
        if len(said) == len(block):
            continue
        if is_titled and not titles:
            yield f"# {name}", block[0].number
        is_titled = bool(titles)
        yield from titles_above(titles)
        yield from _table(block[len(said) :])
        yield "", block[-1].number
        titles = []
    yield from titles


def _blocks(rows: Sequence[SheetRow]) -> Iterator[list[SheetRow]]:
    """The rows between empty ones."""
    for _, block in groupby(enumerate(rows), key=lambda each: each[1].number - each[0]):
        yield [row for _, row in block]


def _table(rows: Sequence[SheetRow]) -> Iterator[Line]:
    head, *below = rows
    words = head.words
    if head.is_wide and below and below[0].single is None:
        words = _joined(words, below.pop(0).words)
    lines = markdown_table([words, *(row.words for row in below)])
    return zip(lines, (head.number, head.number, *(row.number for row in below)), strict=True)


def _joined(head: Sequence[str], second: Sequence[str]) -> list[str]:
    """Two rows of heads, of which the upper one's stand above several of the lower one's, as one."""
    width = max(len(head), len(second))
    pairs = [(head[at] if at < len(head) else "", second[at] if at < len(second) else "") for at in range(width)]
    return [" ".join(dict.fromkeys(word for word in pair if word)) for pair in pairs]


def cell_text(value: object, number_format: str) -> str:
    """Percentages, currencies, dates and times in words; other formats are left out."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, number_format)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", timespec="minutes")
    if isinstance(value, dt.time):
        return value.isoformat(timespec="minutes")
    return str(value).strip()


def _number(value: float, number_format: str) -> str:
    shown = number_format[:100].partition(";")[0]
    found = _DECIMALS.search(shown)
    if "%" in shown:
        return f"{value:.{len(found[1]) if found else 0}%}"
    currency = _CURRENCY.search(shown)
    if currency is None:
        return f"{value:.10g}" if isinstance(value, float) else str(value)
    symbol = (currency[1] or currency[2]).strip('"')
    figure = f"{value:,.{len(found[1]) if found else 0}f}"
    return f"{symbol}{figure}" if len(symbol) == 1 else f"{symbol} {figure}"
