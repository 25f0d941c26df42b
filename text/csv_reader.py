"""Reads a CSV file's text: its delimiter, the titles above its table, its header and its rows.

Documents, question and answer pairs and training sets are all read here, so all understand a file alike. An unclosed
quotation mark costs only its own line. Edit it for how delimiters and headers are recognised.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 50
_SAMPLE_CHARS = 100_000
_MOST_TITLES = 20
_LONGEST_CELL = 2**31 - 1
"""The longest cell; csv's own limit of 131,072 characters is less than a file may contain."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """Holds one row that is not empty."""

    line: int
    """The line on which it begins, from 1."""
    cells: tuple[str, ...]
    is_broken: bool = False
    """Whether its quotation marks don't match; then its line alone is cut at the delimiters."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """Holds a file's titles, header and rows."""

    titles: tuple[tuple[str, int], ...]
    """The lines above the header that name no columns, each with its number, from 1."""
    head: CsvRow
    rows: Iterator[CsvRow]
    """The rows below the header, read as they are requested."""


def read_csv(text: str, names: Sequence[Collection[str]] = (), expected: str | None = None) -> CsvTable | None:
    """Return the table in `text`, whose lines end in `\n`; None if every cell is empty.

    `names`: sets of column names, any of which makes a row the header, whatever is above it. `expected`: the delimiter
    that the file's name stands for, which is used if most rows contain it.
    """
    csv.field_size_limit(_LONGEST_CELL)
    lines = text.split("\n")
    declared = lines[0].strip().strip('"')
    is_declared = declared.lower().startswith("sep=") and len(declared) == len("sep=") + 1
    start = 1 if is_declared else 0
    sample = text[:_SAMPLE_CHARS].split("\n")
    delimiter = declared[-1] if is_declared else _delimiter(sample, names, expected)
    first = _sample_rows(sample, start, delimiter)
    width = _usual_width(first)
    rows = _read_rows(lines, start, delimiter, width)
    opening = list(islice(rows, _MOST_TITLES + 1))
    if not opening:
        return None
    named = next((at for at, row in enumerate(opening) if _names_one_of(row, names)), None)
    head = _count_titles(opening, width) if named is None else named
    titles = tuple((delimiter.join(row.cells).strip(delimiter), row.line) for row in opening[:head])
    return CsvTable(titles, opening[head], chain(opening[head + 1 :], rows))


def column_name(cell: str) -> str:
    """Return a column's name as it is compared: without case, outer spaces and quotation marks."""
    return cell.strip().strip('"').strip().casefold()


def _names_one_of(row: CsvRow, names: Sequence[Collection[str]]) -> bool:
    found = {column_name(cell) for cell in row.cells}
    return any(found.issuperset(wanted) for wanted in names)


def _delimiter(sample: list[str], names: Sequence[Collection[str]], expected: str | None) -> str:
    """Return the delimiter that yields these columns, or else the same number of columns, above one, in most rows.

    csv.Sniffer uses expressions that take quadratic time, and mistakes letters for delimiters.
    """
    tried = {delimiter: _sample_rows(sample, 0, delimiter) for delimiter in _DELIMITERS}
    for delimiter, rows in tried.items():
        if any(_names_one_of(row, names) for row in rows[: _MOST_TITLES + 1]):
            return delimiter
    if expected is not None and _usual_width(tried[expected]) > 1:
        return expected
    return max(tried, key=lambda delimiter: _width_agreement(tried[delimiter]))


def _width_agreement(rows: Sequence[CsvRow]) -> tuple[float, int]:
    """Return the share of rows that have the usual number of columns, and that number."""
    width = _usual_width(rows)
    same = sum(len(row.cells) == width for row in rows)
    return (same / len(rows), width) if width > 1 else (0.0, 0)


def _usual_width(rows: Sequence[CsvRow]) -> int:
    return max(Counter(len(row.cells) for row in rows).most_common(1), default=(0, 0))[0]


def _sample_rows(sample: list[str], start: int, delimiter: str) -> list[CsvRow]:
    return list(islice(_read_rows(sample, start, delimiter, 0), _SAMPLE_ROWS))


def _count_titles(opening: Sequence[CsvRow], width: int) -> int:
    """Return how many rows are above the header: those with a single text and, above an empty line, short ones."""
    if width < 2:
        return 0
    count = next((at for at, row in enumerate(opening) if not _is_title(row, width)), len(opening))
    for at in range(count + 1, len(opening)):
        above = opening[at - 1]
        is_apart = opening[at].line > above.line + 1 and "\n" not in "".join(above.cells)
        if is_apart and len(opening[at].cells) == width and all(_count_filled(row) < width for row in opening[:at]):
            return at
    return count if count < len(opening) else 0


def _is_title(row: CsvRow, width: int) -> bool:
    """Return whether a row has a single text, or is a comment that happens to contain the delimiter."""
    return _count_filled(row) < 2 or (len(row.cells) != width and row.cells[0].lstrip().startswith("#"))


def _count_filled(row: CsvRow) -> int:
    return sum(1 for cell in row.cells if cell.strip())


def _read_rows(lines: list[str], start: int, delimiter: str, width: int) -> Iterator[CsvRow]:
    """Yield the rows from the line at `start`, with their lines. `width`: the usual number of columns; 0: unknown."""
    at = start
    while at < len(lines):
        begin = at
        # By index: skipping to the start each time would take quadratic time.
        left = (lines[index] + "\n" for index in range(begin, len(lines)))
        records = csv.reader(left, delimiter=delimiter, strict=True)
        try:
            for cells in records:
                following = begin + records.line_num
                if following > at + 1 and _swallows_rows(lines[at + 1 : following], cells, delimiter, width):
                    break
                if any(map(str.strip, cells)):
                    yield CsvRow(at + 1, tuple(cells))
                at = following
            else:
                return
        except csv.Error:
            pass
        # Read again from the next line, so that the lines after the open quotation mark are not lost.
        yield CsvRow(at + 1, tuple(_cells_of_line(lines[at], delimiter)), is_broken=True)
        at += 1


def _swallows_rows(taken: Sequence[str], cells: Sequence[str], delimiter: str, width: int) -> bool:
    """Return whether a record with a wrong number of cells contains lines most of which are rows by themselves."""
    if width < 2 or len(cells) == width:
        return False
    return 2 * sum(len(_cells_of_line(line, delimiter)) == width for line in taken) > len(taken)


def _cells_of_line(line: str, delimiter: str) -> list[str]:
    """Return the cells of a single line; unmatched quotation marks count as letters."""
    if line.count('"') % 2:
        return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
    return next(csv.reader([line], delimiter=delimiter), [])
