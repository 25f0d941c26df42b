"""Question and answer pairs from a CSV or JSONL file, checked line by line. Knows no library."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from pydantic import BaseModel, ValidationError

from knowledge.decoding import NotText, decode
from knowledge.errors import DocumentError, QAPairError, Reason
from knowledge.parsing.qa_pairs import checked_pair, question_key
from knowledge.types import QAPair


@dataclass(frozen=True, slots=True)
class NumberedQAPair:
    """A pair and the line on which it begins, from 1."""

    line: int
    pair: QAPair


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """Why a line is left out, in an English sentence."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What a file says."""

    pairs: tuple[NumberedQAPair, ...]
    problems: tuple[ImportProblem, ...]


class _Row(BaseModel):
    question: str | list[str]
    answer: str


def read_qa_pairs(data: bytes, name: str) -> ImportedFile:
    """The pairs of a file with the fields `question` and `answer`. Raises DocumentError where it is no such file."""
    text = _decoded(data, name)
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
            problems.append(ImportProblem(line, f"it asks what line {first} asks: join them, or leave one out"))
            continue
        seen.update(dict.fromkeys(keys, line))
        pairs.append(NumberedQAPair(line, pair))
    return ImportedFile(tuple(pairs), tuple(problems))


def _wordings(row: _Row) -> list[str]:
    return [row.question] if isinstance(row.question, str) else row.question


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, _Row | str]]:
    """Each row, or what is wrong with it, with its first line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns = [column.strip().casefold() for column in next(reader)]
    if not {"question", "answer"} <= set(columns):
        raise DocumentError(Reason.UNSUPPORTED, f"{name}: its first line names no columns `question` and `answer`")
    question, answer = columns.index("question"), columns.index("answer")
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield line, f"it cannot be read as CSV ({error})"
            continue
        if cells is None:
            return
        if not cells:
            continue
        if len(cells) != len(columns):
            yield line, f"it has {len(cells)} cells, the first line has {len(columns)}: quote cells with commas"
        else:
            yield line, _Row(question=cells[question], answer=cells[answer])


def _json_rows(text: str) -> Iterator[tuple[int, _Row | str]]:
    for line, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        try:
            yield line, _Row.model_validate(json.loads(written))
        except (ValueError, RecursionError) as error:
            known = isinstance(error, ValidationError)
            yield line, "it has no text in `question` and `answer`" if known else "it is no JSON object on one line"


def _decoded(data: bytes, name: str) -> str:
    try:
        return decode(data)
    except NotText as error:
        raise DocumentError(Reason.BINARY, f"{name}: it is no text file: save it as text in UTF-8") from error
