"""Reads a CSV file as a Markdown table, whatever its delimiter and encoding. Edit it for its limit and line numbers."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.parsing.readers.parts import ParsedPart
from text.csv_reader import CsvRow, read_csv
from text.decoding import decode
from text.markdown.tables import markdown_table, titles_above

MAX_COLUMNS = 2000


def read_csv_file(data: bytes) -> Iterator[ParsedPart]:
    """Yield the table as the only part, with the file's line for each row. Raises NotText."""
    yield from _read(data, None)


def read_tsv_file(data: bytes) -> Iterator[ParsedPart]:
    """Yield the table of a file whose cells are separated by tabs, and may contain commas. Raises NotText."""
    yield from _read(data, "\t")


def _read(data: bytes, delimiter: str | None) -> Iterator[ParsedPart]:
    table = read_csv(decode(data), expected=delimiter)
    if table is None:
        return
    rows = [_checked_width(row) for row in (table.head, *table.rows)]
    above = list(titles_above(table.titles))
    lines = [text for text, _ in above] + markdown_table([row.cells for row in rows])
    numbers = [row.line for row in rows]
    yield ParsedPart("\n".join(lines), numbers=(*(line for _, line in above), numbers[0], *numbers))


def _checked_width(row: CsvRow) -> CsvRow:
    """Return the row. Raises MemoryError if it has too many columns for a table."""
    if len(row.cells) > MAX_COLUMNS:
        raise MemoryError(f"{len(row.cells)} columns")
    return row
