"""Reads a JSON file as lines of `path: value`, with an empty line around each object.

Edit it for how paths and values are written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from text.decoding import decode

_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_NOT_SPACE = re.compile(r"[^ \t\n\r\ufeff]")
_MARK = "\ufeff"
_PLAIN_KEY = re.compile(r"[^\W\d][\w$-]*")
_LONGEST_LIST = 200
"""Characters of a list of numbers or words that is written on one line."""

Json = dict[str, "Json"] | list["Json"] | str | bool | None
"""A JSON value. Numbers are kept as written: `1.10` is a version as often as a price."""


def read_json(data: bytes) -> Iterator[ParsedPart]:
    """Yield the values as the only part, also those of a file with several. Raises ReaderRefused, NotText."""
    lines = (line for value, _ in _values(decode(data)) for line in ("", *_path_lines(value, ""), ""))
    yield ParsedPart("\n".join(_without_repeated_blanks(lines)))


def read_json_lines(data: bytes) -> Iterator[ParsedPart]:
    """Yield the values of a file with one on each line, numbered by these lines. Raises ReaderRefused, NotText."""
    lines: list[tuple[str, int]] = []
    for value, number in _values(decode(data)):
        lines += [(line, number) for line in (*_without_repeated_blanks(_path_lines(value, "")), "")]
    yield ParsedPart("\n".join(line for line, _ in lines), numbers=tuple(number for _, number in lines))


def _values(text: str) -> list[tuple[Json, int]]:
    """Return the file's values, each with the line on which it begins, from 1. Raises ReaderRefused.

    Files of one value, with one on each line, and of one after the other are all called .json as well as .jsonl.
    """
    try:
        return [(_DECODER.decode(text.lstrip(_MARK)), 1)]
    except json.JSONDecodeError as error:
        broken = error.lineno
    by_line: list[tuple[Json, int]] = []
    for number, written in enumerate(text.split("\n"), 1):
        try:
            by_line += [(_DECODER.decode(written), number)] if written.strip() else []
        except json.JSONDecodeError:
            broken = number if by_line else broken
            break
    else:
        return by_line
    try:
        return list(_one_after_the_other(text))
    except json.JSONDecodeError as error:
        raise ReaderRefused("corrupt", broken) from error


def _one_after_the_other(text: str) -> Iterator[tuple[Json, int]]:
    at, counted, line = _skip_space(text, 0), 0, 1
    while at < len(text):
        line += text.count("\n", counted, at)
        counted = at
        value, end = _DECODER.raw_decode(text, at)
        if not isinstance(value, dict | list):
            raise json.JSONDecodeError("a bare value among others", text, at)
        yield value, line
        at = _skip_space(text, end)


def _skip_space(text: str, at: int) -> int:
    found = _NOT_SPACE.search(text, at)
    return found.start() if found else len(text)


def _without_repeated_blanks(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines, with a single empty one in place of several."""
    for is_text, same in groupby(lines, key=bool):
        yield from same if is_text else ("",)


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
