"""Reads an Excel file as Markdown: a heading for each sheet, then its tables, separated by empty rows.

Edit it for merged cells, titles above tables, and how numbers and dates are shown.
"""

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
from knowledge.types import LeftOut, LeftOutKind
from text.markdown_tables import markdown_table, titles_above

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

MAX_CELLS = 5_000_000
"""Includes empty cells within a row."""
MAX_ROWS = 1_048_576
"""As many as a sheet can have."""
MAX_RANGES = 20_000
MAX_RANGE_CELLS = 5000
"""The size of a merged range; a larger one frames a page and is no cell of a table."""

Line = tuple[str, int]
"""A line of the text, and the row that it comes from, from 1."""
Ranges = dict[int, list[tuple[int, int, int]]]
"""Merged ranges by each row that they touch: first row, first and last column, from 1."""
_CURRENCY = re.compile(r"\[\$([^\]\-]{1,4})|\\?\"?([£€¥$])(?![^\[]*\])")
_DECIMALS = re.compile(r"0\.(0+)")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """Holds a row of a sheet that is not empty."""

    number: int
    """From 1."""
    words: list[str]
    is_wide: bool
    """Whether some of its cells are merged horizontally."""

    @property
    def single(self) -> str | None:
        """Return the row's only text, in one cell or in merged cells; None if it has several."""
        filled = [word for word in self.words if word]
        return filled[0] if len(filled) == 1 or (self.is_wide and len(set(filled)) == 1) else None


def read_excel(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield a part for each visible sheet, with its rows as numbers. Raises ReaderRefused and what openpyxl raises."""
    from openpyxl import load_workbook

    refuse_dtd(data)
    for sheet in load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False).worksheets:
        if sheet.sheet_state != "visible":
            yield LeftOut(LeftOutKind.HIDDEN_SHEET)
        elif rows := list(_sheet_rows(sheet)):
            lines = list(_sheet_lines(" ".join(sheet.title.split()), rows))
            yield ParsedPart("\n".join(text for text, _ in lines), numbers=tuple(number for _, number in lines))


def _sheet_rows(sheet: ReadOnlyWorksheet) -> Iterator[SheetRow]:
    merged = _merged_ranges(sheet)
    above: dict[tuple[int, int], str] = {}
    sheet.reset_dimensions()  # The size that the file states may be wrong.
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


def _merged_ranges(sheet: ReadOnlyWorksheet) -> Ranges:
    """Return the sheet's merged ranges, which openpyxl's streaming reader does not report."""
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


def _sheet_lines(name: str, rows: Sequence[SheetRow]) -> Iterator[Line]:
    """Yield a sheet's lines: a title above a table as its heading, or else the sheet's name again."""
    yield f"# {name}", rows[0].number
    titles: list[Line] = []
    is_titled = False
    for block in _row_blocks(rows):
        own_titles = [
            (" ".join((row.single or "").split()), row.number)  # A cell may have several lines, but one row number.
            for row in takewhile(lambda row: row.single is not None, block)
        ]
        titles += own_titles
        if len(own_titles) == len(block):
            continue
        if is_titled and not titles:
            yield f"# {name}", block[0].number
        is_titled = bool(titles)
        yield from titles_above(titles)
        yield from _table_lines(block[len(own_titles) :])
        yield "", block[-1].number
        titles = []
    yield from titles


def _row_blocks(rows: Sequence[SheetRow]) -> Iterator[list[SheetRow]]:
    """Yield the rows between empty ones."""
    for _, block in groupby(enumerate(rows), key=lambda each: each[1].number - each[0]):
        yield [row for _, row in block]


def _table_lines(rows: Sequence[SheetRow]) -> Iterator[Line]:
    head, *below = rows
    words = head.words
    if head.is_wide and below and below[0].single is None:
        words = _merge_head_rows(words, below.pop(0).words)
    lines = markdown_table([words, *(row.words for row in below)])
    return zip(lines, (head.number, head.number, *(row.number for row in below)), strict=True)


def _merge_head_rows(head: Sequence[str], second: Sequence[str]) -> list[str]:
    """Return two header rows as one, where the upper row's cells span several of the lower row's."""
    width = max(len(head), len(second))
    pairs = [(head[at] if at < len(head) else "", second[at] if at < len(second) else "") for at in range(width)]
    return [" ".join(dict.fromkeys(word for word in pair if word)) for pair in pairs]


def cell_text(value: object, number_format: str) -> str:
    """Return a cell's value nearly as the sheet shows it: percentages, currencies, dates and times."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number_text(value, number_format)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", timespec="minutes")
    if isinstance(value, dt.time):
        return value.isoformat(timespec="minutes")
    return str(value).strip()


def _number_text(value: float, number_format: str) -> str:
    shown = number_format[:100].partition(";")[0]
    found = _DECIMALS.search(shown)
    if "%" in shown:
        return f"{value:.{len(found[1]) if found else 0}%}"
    currency = _CURRENCY.search(shown)
    if currency is None:
        return f"{value:.10g}" if isinstance(value, float) else str(value)
    symbol = (currency[1] or currency[2]).strip('"')
    number = f"{value:,.{len(found[1]) if found else 0}f}"
    return f"{symbol}{number}" if len(symbol) == 1 else f"{symbol} {number}"
