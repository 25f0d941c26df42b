"""A CSV file as a Markdown table, whatever its delimiter and its encoding."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from knowledge.chunking.markdown_tables import markdown_table
from knowledge.decoding import decode
from knowledge.parsing.readers.parts import ParsedPart

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 50
_SAMPLE_CHARS = 100_000
MAX_COLUMNS = 2000


def read_csv(data: bytes) -> Iterator[ParsedPart]:
    """The table, as the only part; a line in it is the one of the file on which its row begins. Raises NotText."""
    csv.field_size_limit(sys.maxsize)  # A cell is as long as the file at most.
    text = decode(data)
    declared, _, rest = text.partition("\n")
    if declared.lower().startswith("sep=") and len(declared) == 5:
        rows, ahead, delimiter = rest, 1, declared[-1]
    else:
        rows, ahead, delimiter = text, 0, _delimiter(text[:_SAMPLE_CHARS])
    reader = csv.reader(io.StringIO(rows), delimiter=delimiter)
    found: list[tuple[int, list[str]]] = []
    first = 1 + ahead
    for row in reader:
        if any(cell.strip() for cell in row):
            if len(row) > MAX_COLUMNS:
                raise MemoryError(f"{len(row)} columns")
            found.append((first, row))
        first = reader.line_num + 1 + ahead
    if found:
        numbers = [number for number, _ in found]
        lines = markdown_table([row for _, row in found])
        yield ParsedPart("\n".join(lines), numbers=(numbers[0], numbers[0], *numbers[1:]))


def _delimiter(sample: str) -> str:
    """That by which most rows have as many columns as each other, and more than one.

    csv.Sniffer guesses by expressions that take quadratic time, and takes letters for delimiters.
    """
    return max(_DELIMITERS, key=lambda delimiter: _agreement(sample, delimiter))


def _agreement(sample: str, delimiter: str) -> tuple[float, int]:
    try:
        rows = list(islice(csv.reader(io.StringIO(sample), delimiter=delimiter), _SAMPLE_ROWS))
    except csv.Error:
        return 0.0, 0
    widths = Counter(len(row) for row in rows if row)
    if not widths:
        return 0.0, 0
    width, count = widths.most_common(1)[0]
    return (count / sum(widths.values()), width) if width > 1 else (0.0, 0)
