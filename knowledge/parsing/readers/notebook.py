"""Reads a Jupyter notebook as Markdown: text, code and printed output, each line with its cell.

Edit it for which outputs are kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pydantic import BaseModel

from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from text.decoding import decode

_LONGEST_OUTPUT = 2000
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_FENCES = re.compile(r"`{3,}")

Text = str | list[str]


class _Output(BaseModel):
    output_type: str = ""
    text: Text = ""
    data: dict[str, object] = {}
    ename: str = ""
    evalue: str = ""


class _Cell(BaseModel):
    cell_type: str
    source: Text = ""
    outputs: list[_Output] = []


class _Language(BaseModel):
    name: str = "python"


class _Metadata(BaseModel):
    language_info: _Language = _Language()


class _Notebook(BaseModel):
    cells: list[_Cell]
    metadata: _Metadata = _Metadata()


def read_notebook(data: bytes) -> Iterator[ParsedPart]:
    """Yield the cells as the only part, its lines numbered by cell, from 1. Raises ReaderRefused, NotText."""
    book = _parse_notebook(decode(data))
    lines: list[str] = []
    numbers: list[int] = []
    for number, cell in enumerate(book.cells, 1):
        for block in _cell_blocks(cell, book.metadata.language_info.name):
            added = [*block.split("\n"), ""]
            lines += added
            numbers += [number] * len(added)
    yield ParsedPart("\n".join(lines), numbers=tuple(numbers))


def _parse_notebook(text: str) -> _Notebook:
    try:
        written = json.loads(text, parse_int=str)
    except json.JSONDecodeError as error:
        raise ReaderRefused("corrupt", error.lineno) from error
    if not isinstance(written, dict) or "cells" not in written:
        raise ReaderRefused("misnamed")
    return _Notebook.model_validate(written)


def _cell_blocks(cell: _Cell, language: str) -> Iterator[str]:
    source = _joined_text(cell.source).strip("\n")
    if not source.strip():
        return
    if cell.cell_type == "code":
        yield _fenced(source, language if language.isalnum() else "")
        for output in cell.outputs:
            if output_text := _output_text(output):
                yield _fenced(output_text, "")
    else:
        yield source


def _output_text(output: _Output) -> str:
    """Return what the code printed as text; empty for an image."""
    if output.ename:
        return f"{output.ename}: {output.evalue}"[:_LONGEST_OUTPUT]
    plain = output.data.get("text/plain", output.text)
    text = _joined_text(plain) if isinstance(plain, str | list) else ""
    text = _ESCAPES.sub("", text).strip("\n")
    if text.startswith(("<Figure size", "<IPython.core.display")):
        return ""
    return text if len(text) <= _LONGEST_OUTPUT else f"{text[:_LONGEST_OUTPUT].rstrip()} …"


def _joined_text(text: Text | list[object]) -> str:
    return text if isinstance(text, str) else "".join(line for line in text if isinstance(line, str))


def _fenced(text: str, language: str) -> str:
    fence = "`" * max(3, 1 + max((len(found[0]) for found in _FENCES.finditer(text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"
