"""From a training file's bytes to its rows: the number of a line, and its fields by name.

Edit this file to support another file format than JSON and CSV.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath

from finetune.errors import BrokenArrayError, DatasetEmptyError, DatasetNotTextError
from text.csv_reader import column_name, read_csv
from text.decoding import NotText, decode

_JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
# Control characters within strings are reported by name where the fields are examined.
_JSON = json.JSONDecoder(strict=False)
_NOT_SPACE = re.compile(r"[^ \t\n\r]")


Fields = dict[str, object]
"""The values of a row by the names of their fields."""


class BadLine(Exception):
    """Raised for a line that is left out. It never leaves this package: it becomes a LineProblem."""

    def __init__(self, code: str, **figures: object) -> None:
        super().__init__(code)
        self.code = code
        self.figures = tuple((name, str(value)) for name, value in figures.items())


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """Holds one object of a JSON file, or one record of a CSV file."""

    line: int
    """The line where it starts, from 1; in a JSON array that is all on one line, its place in the array."""
    fields: Fields | BadLine


def read_rows(data: bytes, name: str, forms: Sequence[Collection[str]], limit: int) -> list[TrainingRow]:
    """Return the first `limit` rows that are not blank; CSV cells are text, and their names in lower case.

    `forms` are the sets of fields by any of which the header of a CSV is recognised.

    Raises DatasetEmptyError, DatasetNotTextError and BrokenArrayError.
    """
    text = _decode(data, name)
    start = text.lstrip()[:1]
    if not start:
        raise DatasetEmptyError(name)
    if start == "[":
        rows = _array_rows(text, name)
    elif start == "{" or PurePath(name).suffix.lower() in _JSON_SUFFIXES:
        rows = _json_rows(text)
    else:
        rows = _csv_rows(text, forms)
    return list(islice(rows, limit))


def _decode(data: bytes, name: str) -> str:
    try:
        return decode(data)
    except NotText as error:
        raise DatasetNotTextError(name) from error


def _json_rows(text: str) -> Iterator[TrainingRow]:
    # A string may hold Unicode line separators, which end no line here.
    for line, written in enumerate(text.split("\n"), 1):
        if written.strip():
            yield TrainingRow(line, _json_fields(written.strip()))


def _json_fields(written: str) -> Fields | BadLine:
    try:
        value = _JSON.decode(written)
    except (ValueError, RecursionError):
        return BadLine("broken_json")
    return value if isinstance(value, dict) else BadLine("not_object")


def _array_rows(text: str, name: str) -> Iterator[TrainingRow]:
    is_on_one_line = "\n" not in text.strip()
    at, counted, line = _skip_space(text, text.index("[") + 1), 0, 0 if is_on_one_line else 1
    is_open = not text.startswith("]", at)
    while is_open:
        line += 1 if is_on_one_line else text.count("\n", counted, at)
        counted = at
        try:
            value, end = _JSON.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise BrokenArrayError(name, line) from error
        yield TrainingRow(line, value if isinstance(value, dict) else BadLine("not_object"))
        at = _skip_space(text, end)
        is_open = text.startswith(",", at)
        if is_open:
            at = _skip_space(text, at + 1)
    if not text.startswith("]", at) or _skip_space(text, at + 1) < len(text):
        raise BrokenArrayError(name, line + text.count("\n", counted, at))


def _skip_space(text: str, at: int) -> int:
    """Return the position of the next character that is not white space, otherwise the end."""
    found = _NOT_SPACE.search(text, at)
    return found.start() if found else len(text)


def _csv_rows(text: str, forms: Sequence[Collection[str]]) -> Iterator[TrainingRow]:
    table = read_csv(text, forms)
    if table is None:
        return
    names = [column_name(cell) for cell in table.head.cells]
    for row in table.rows:
        yield TrainingRow(row.line, BadLine("broken_csv") if row.is_broken else _csv_fields(names, row.cells))


def _csv_fields(names: Sequence[str], cells: Sequence[str]) -> Fields | BadLine:
    if any(cell.strip() for cell in cells[len(names) :]):
        return BadLine("too_many_cells", cells=len(cells), columns=len(names))
    return dict(zip(names, cells, strict=False))
