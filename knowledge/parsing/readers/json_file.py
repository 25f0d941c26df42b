"""A JSON file as lines of `path: value`, an empty one before and after each object: each line tells its own place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby

from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from text.decoding import decode

_PLAIN_KEY = re.compile(r"[^\W\d][\w$-]*")
_LONGEST_LIST = 200
"""Characters of a list of figures or words that stands on one line."""

Json = dict[str, "Json"] | list["Json"] | str | bool | None
"""Figures are kept as they are written: `1.10` is a version as often as a price."""


def read_json(data: bytes) -> Iterator[ParsedPart]:
    """The values, as the only part. Raises Refused, NotText."""
    yield ParsedPart("\n".join(_spaced(_parsed(decode(data), 1))))


def read_json_lines(data: bytes) -> Iterator[ParsedPart]:
    """The same of a file with one value a line; the numbers are those lines. Raises Refused, NotText."""
    lines: list[tuple[str, int]] = []
    for number, written in enumerate(decode(data).split("\n"), 1):
        if written.strip():
            lines += [(line, number) for line in (*_spaced(_parsed(written, number)), "")]
    yield ParsedPart("\n".join(line for line, _ in lines), numbers=tuple(number for _, number in lines))


def _parsed(text: str, first_line: int) -> Json:
    try:
        value: Json = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise ReaderRefused("corrupt", first_line + error.lineno - 1) from error
    return value


def _spaced(value: Json) -> Iterator[str]:
    """The lines, with a single empty one wherever there are several."""
    for is_text, lines in groupby(_lines(value, ""), key=bool):
        yield from lines if is_text else ("",)


def _lines(value: Json, path: str) -> Iterator[str]:
    match value:
        case dict():
            yield ""
            for key, member in value.items():
                yield from _lines(member, _below(path, key))
            yield ""
        case list() if (short := _on_one_line(value)) is not None:
            yield from _named(path, short)
        case list():
            for number, member in enumerate(value):
                yield from _lines(member, f"{path}[{number}]")
        case _:
            yield from _named(path, _worded(value))


def _on_one_line(values: list[Json]) -> str | None:
    """A short list that holds no list and no object."""
    if not values or len(values) > _LONGEST_LIST or any(isinstance(value, dict | list) for value in values):
        return None
    joined = ", ".join(map(_worded, values))
    return joined if len(joined) <= _LONGEST_LIST else None


def _named(path: str, words: str) -> list[str]:
    return (f"{path}: {words}" if path else words).split("\n")


def _below(path: str, key: str) -> str:
    shown = key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
    return f"{path}.{shown}" if path else shown


def _worded(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
