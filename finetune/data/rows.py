"""From a training file's bytes to its rows: the number of a line, and its fields by name.

Knows the formats JSON and CSV, and nothing of what makes an example.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath

from finetune.errors import BrokenArrayError, DatasetEmptyError, DatasetNotTextError

_JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
_DELIMITERS = ",;\t"
# Control characters within strings are reported by name where the fields are examined.
_JSON = json.JSONDecoder(strict=False)
_ODD = re.compile("[\x00-\x08\x0e-\x1f\ue000-\uf8ff]")
_NOT_SPACE = re.compile(r"[^ \t\n\r]")


Fields = dict[str, object]
"""What was written, by the name of its field."""


class BadLine(Exception):
    """Why a line is left out. Never leaves this package: it becomes a LineProblem."""

    def __init__(self, code: str, **figures: object) -> None:
        super().__init__(code)
        self.code = code
        self.figures = tuple((name, str(value)) for name, value in figures.items())


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One object of a JSON file, or one record of a CSV file."""

    line: int
    """Where it begins, from 1; in a JSON array that is all on one line, its place in the array."""
    fields: Fields | BadLine


def read_rows(data: bytes, name: str, limit: int) -> list[TrainingRow]:
    """The first `limit` rows that are not blank; CSV cells are text, and their names in lower case.

    Raises DatasetEmptyError, DatasetNotTextError and BrokenArrayError.
    """
    text = _decode(data, name).replace("\r\n", "\n").replace("\r", "\n")
    start = text.lstrip()[:1]
    if not start:
        raise DatasetEmptyError(name)
    if start == "[":
        rows = _array_rows(text, name)
    elif start == "{" or PurePath(name).suffix.lower() in _JSON_SUFFIXES:
        rows = _json_rows(text)
    else:
        rows = _csv_rows(text)
    return list(islice(rows, limit))


def _decode(data: bytes, name: str) -> str:
    """UTF-8, with or without its mark, else GB18030, which holds every older Chinese encoding but Big5."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text or _looks_binary(text):
            break
        return text
    raise DatasetNotTextError(name)


def _looks_binary(text: str) -> bool:
    """Control and private-use characters betray bytes that only happen to decode."""
    return len(_ODD.findall(text)) > len(text) * 0.01


def _json_rows(text: str) -> Iterator[TrainingRow]:
    # A string may hold further line separators of Unicode, which end no line here.
    for line, written in enumerate(io.StringIO(text, newline="\n"), 1):
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
    at, counted, line = _next(text, text.index("[") + 1), 0, 0 if is_on_one_line else 1
    is_open = not text.startswith("]", at)
    while is_open:
        line += 1 if is_on_one_line else text.count("\n", counted, at)
        counted = at
        try:
            value, end = _JSON.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise BrokenArrayError(name, line) from error
        yield TrainingRow(line, value if isinstance(value, dict) else BadLine("not_object"))
        at = _next(text, end)
        is_open = text.startswith(",", at)
        if is_open:
            at = _next(text, at + 1)
    if not text.startswith("]", at) or _next(text, at + 1) < len(text):
        raise BrokenArrayError(name, line + text.count("\n", counted, at))


def _next(text: str, at: int) -> int:
    """Where the next character that is no white space stands, else the end."""
    found = _NOT_SPACE.search(text, at)
    return found.start() if found else len(text)


def _csv_rows(text: str) -> Iterator[TrainingRow]:
    lines = io.StringIO(text, newline="\n")
    line, header = next((line, written) for line, written in enumerate(iter(lines.readline, ""), 1) if written.strip())
    delimiter = max(_DELIMITERS, key=header.count)
    names = [cell.strip().strip('"').strip().lower() for cell in header.split(delimiter)]
    line, start = line + 1, lines.tell()
    records = _csv_records(lines, delimiter)
    while True:
        try:
            cells = next(records, None)
        except csv.Error:
            # A quotation mark left open must not swallow the lines after it.
            lines.seek(start)
            lines.readline()
            records = _csv_records(lines, delimiter)
            yield TrainingRow(line, BadLine("broken_csv"))
        else:
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield TrainingRow(line, _csv_fields(names, cells))
        end = lines.tell()
        line, start = line + text.count("\n", start, end), end


def _csv_records(lines: io.StringIO, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(iter(lines.readline, ""), delimiter=delimiter, strict=True)


def _csv_fields(names: list[str], cells: list[str]) -> Fields | BadLine:
    if any(cell.strip() for cell in cells[len(names) :]):
        return BadLine("too_many_cells", cells=len(cells), columns=len(names))
    return dict(zip(names, cells, strict=False))
