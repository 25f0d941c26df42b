"""Reads a JSON file as lines of `path: value`, with an empty line around each object.

Edit it for how paths and values are written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby

from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from text.decoding import decode

_PLAIN_KEY = re.compile(r"[^\W\d][\w$-]*")
_LONGEST_LIST = 200
"""Characters of a list of numbers or words that is written on one line."""

Json = dict[str, "Json"] | list["Json"] | str | bool | None
"""A JSON value. Numbers are kept as written: `1.10` is a version as often as a price."""


def read_json(data: bytes) -> Iterator[ParsedPart]:
    """Yield the values as the only part. Raises ReaderRefused, NotText."""
    yield ParsedPart("\n".join(_without_repeated_blanks(_parse_json(decode(data), 1))))


def read_json_lines(data: bytes) -> Iterator[ParsedPart]:
    """Yield the values of a file with one on each line, numbered by these lines. Raises ReaderRefused, NotText."""
    lines: list[tuple[str, int]] = []
    for number, written in enumerate(decode(data).split("\n"), 1):
        if written.strip():
            lines += [(line, number) for line in (*_without_repeated_blanks(_parse_json(written, number)), "")]
    yield ParsedPart("\n".join(line for line, _ in lines), numbers=tuple(number for _, number in lines))


def _parse_json(text: str, first_line: int) -> Json:
    try:
        value: Json = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise ReaderRefused("corrupt", first_line + error.lineno - 1) from error
    return value


def _without_repeated_blanks(value: Json) -> Iterator[str]:
    """Yield the lines, with a single empty one in place of several."""
    for is_text, lines in groupby(_path_lines(value, ""), key=bool):
        yield from lines if is_text else ("",)


def _path_lines(value: Json, path: str) -> Iterator[str]:
    match value:
        case dict():
            yield ""
            for key, member in value.items():
                yield from _path_lines(member, _child_path(path, key))
            yield ""
        case list() if (short := _short_list(value)) is not None:
            yield from _labelled_lines(path, short)
        case list():
            for number, member in enumerate(value):
                yield from _path_lines(member, f"{path}[{number}]")
        case _:
            yield from _labelled_lines(path, _value_text(value))


def _short_list(values: list[Json]) -> str | None:
    """Return a short list without lists or objects in it as one line; None for any other."""
    if not values or len(values) > _LONGEST_LIST or any(isinstance(value, dict | list) for value in values):
        return None
    joined = ", ".join(map(_value_text, values))
    return joined if len(joined) <= _LONGEST_LIST else None


def _labelled_lines(path: str, words: str) -> list[str]:
    return (f"{path}: {words}" if path else words).split("\n")


def _child_path(path: str, key: str) -> str:
    shown = key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
    return f"{path}.{shown}" if path else shown


def _value_text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
