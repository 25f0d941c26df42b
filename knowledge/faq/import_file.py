"""Reads question and answer pairs from a CSV or JSONL file, and checks each line.

Edit it for accepted columns and the messages about faulty lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from pydantic import BaseModel, ValidationError

from knowledge.errors import DocumentError, QAPairError, Reason
from knowledge.parsing.loader import decode_file
from knowledge.parsing.qa_pairs import checked_pair, question_key
from knowledge.types import QAPair
from text.csv_reader import column_name, read_csv
from text.plurals import counted

_COLUMNS = frozenset({"question", "answer"})


@dataclass(frozen=True, slots=True)
class NumberedQAPair:
    """Holds a pair and the line on which it begins, from 1."""

    line: int
    pair: QAPair


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """Says in an English sentence why a line is skipped."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """Holds what was read from a file."""

    pairs: tuple[NumberedQAPair, ...]
    problems: tuple[ImportProblem, ...]


class _QAPairRow(BaseModel):
    question: str | list[str]
    answer: str


def read_qa_pairs(data: bytes, name: str) -> ImportedFile:
    """Return the pairs of a file with the fields `question` and `answer`. Raises DocumentError if it has none."""
    text = decode_file(data, name)
    if not text.strip():
        raise DocumentError(Reason.EMPTY, f"{name}: the file is empty")
    rows = _csv_rows(text, name) if PurePath(name).suffix.lower() == ".csv" else _json_rows(text)
    pairs: list[NumberedQAPair] = []
    problems: list[ImportProblem] = []
    seen: dict[str, int] = {}
    for line, row in rows:
        try:
            pair = row if isinstance(row, str) else checked_pair(_wordings(row), row.answer)
        except QAPairError as error:
            pair = str(error)
        if isinstance(pair, str):
            problems.append(ImportProblem(line, pair))
            continue
        keys = [question_key(question) for question in pair.questions]
        first = next((seen[key] for key in keys if key in seen), None)
        if first is not None:
            problems.append(ImportProblem(line, f"asks the same as line {first}: merge them, or remove one"))
            continue
        seen.update(dict.fromkeys(keys, line))
        pairs.append(NumberedQAPair(line, pair))
    return ImportedFile(tuple(pairs), tuple(problems))


def _wordings(row: _QAPairRow) -> list[str]:
    return [row.question] if isinstance(row.question, str) else row.question


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, _QAPairRow | str]]:
    """Yield each row, or what is wrong with it, with its first line."""
    table = read_csv(text, [_COLUMNS])
    columns = [] if table is None else [column_name(cell) for cell in table.head.cells]
    if table is None or not _COLUMNS.issubset(columns):
        raise DocumentError(Reason.UNSUPPORTED, f"{name}: there are no columns `question` and `answer`")
    question, answer = columns.index("question"), columns.index("answer")
    for row in table.rows:
        if row.is_broken:
            yield row.line, 'its quotation marks don\'t match: close each one, and write "" for one inside a cell'
        elif len(row.cells) != len(columns):
            found = f"has {counted(len(row.cells), 'cell')} instead of {len(columns)}"
            yield row.line, f"{found}: quote cells that contain the separator"
        else:
            yield row.line, _QAPairRow(question=row.cells[question], answer=row.cells[answer])


def _json_rows(text: str) -> Iterator[tuple[int, _QAPairRow | str]]:
    for line, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        try:
            yield line, _QAPairRow.model_validate(json.loads(written))
        except (ValueError, RecursionError) as error:
            known = isinstance(error, ValidationError)
            yield line, "has no text in `question` and `answer`" if known else "not a JSON object on one line"
