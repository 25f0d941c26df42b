"""A JSON file as lines of `path: value`, each with its line in the file, an empty one before and after each object.

The containers are walked here, since json tells no positions; what stands in them is json's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from knowledge.decoding import decode
from knowledge.readers.parts import Part, Refused

MAX_DEPTH = 100
_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN_KEY = re.compile(r"[^\W\d][\w$-]*")
_LONGEST_LIST = 200
"""Characters of a list of figures or words that stands on one line."""

Scalar = str | int | float | bool | None


def json_text(path: Path) -> Iterator[Part]:
    """The values, as the only part. Raises Refused, NotText."""
    text = decode(path.read_bytes())
    walk = _Walk(text)
    walk.whole()
    yield walk.part()


def json_lines(path: Path) -> Iterator[Part]:
    """The same of a file with one value a line."""
    walk = _Walk(decode(path.read_bytes()))
    walk.each_line()
    yield walk.part()


class _Walk:
    """Through one text, leaving lines behind."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = json.JSONDecoder()
        self._lines: list[str] = []
        self._numbers: list[int] = []
        self._counted = (0, 1)
        """A position and its line: the last that was asked for."""

    def whole(self) -> None:
        end = self._space(self._value(self._space(0), "", 0))
        if end != len(self._text):
            raise Refused("corrupt", self._line(end))

    def each_line(self) -> None:
        at = 0
        while (at := self._space(at)) < len(self._text):
            end = self._value(at, "", 0)
            after = self._space(end)
            if after < len(self._text) and "\n" not in self._text[end:after]:
                raise Refused("corrupt", self._line(end))
            self._boundary(self._line(end))
            at = end

    def part(self) -> Part:
        return Part("\n".join(self._lines), numbers=tuple(self._numbers))

    def _value(self, at: int, path: str, depth: int) -> int:
        """Writes the value at `at` and returns where it ends."""
        if depth > MAX_DEPTH:
            raise Refused("too_deep", self._line(at))
        match self._text[at : at + 1]:
            case "{":
                return self._object(at, path, depth)
            case "[":
                return self._array(at, path, depth)
            case _:
                value, end = self._scalar(at)
                self._write(path, _worded(value), at)
                return end

    def _object(self, at: int, path: str, depth: int) -> int:
        self._boundary(self._line(at))
        at = self._space(at + 1)
        if self._text.startswith("}", at):
            return at + 1
        while True:
            if not self._text.startswith('"', at):
                raise Refused("corrupt", self._line(at))
            key, end = self._scalar(at)
            end = self._expect(":", end)
            at, more = self._next(self._value(self._space(end), _below(path, str(key)), depth + 1), "}")
            if not more:
                self._boundary(self._line(at - 1))
                return at

    def _array(self, at: int, path: str, depth: int) -> int:
        begin, at = at, self._space(at + 1)
        if self._text.startswith("]", at):
            return at + 1
        if (short := self._short_list(begin)) is not None:
            values, end = short
            self._write(path, ", ".join(values), begin)
            return end
        number = 0
        while True:
            at, more = self._next(self._value(at, f"{path}[{number}]", depth + 1), "]")
            number += 1
            if not more:
                return at

    def _short_list(self, at: int) -> tuple[list[str], int] | None:
        """The values of a short list that holds no list and no object."""
        end = self._text.find("]", at, at + _LONGEST_LIST)
        if end < 0 or "{" in self._text[at:end] or "[" in self._text[at + 1 : end]:
            return None
        try:
            values, end = self._decoder.raw_decode(self._text, at)
        except json.JSONDecodeError:
            return None
        return [_worded(value) for value in values], end

    def _scalar(self, at: int) -> tuple[Scalar, int]:
        try:
            value, end = self._decoder.raw_decode(self._text, at)
        except json.JSONDecodeError as error:
            raise Refused("corrupt", error.lineno) from error
        except ValueError as error:  # Python reads no number of more than 4,300 digits.
            raise Refused("corrupt", self._line(at)) from error
        return value, end

    def _next(self, at: int, closing: str) -> tuple[int, bool]:
        """Where the next member begins, and whether there is one; else where the container ends."""
        at = self._space(at)
        if self._text.startswith(closing, at):
            return at + 1, False
        return self._space(self._expect(",", at)), True

    def _expect(self, mark: str, at: int) -> int:
        at = self._space(at)
        if not self._text.startswith(mark, at):
            raise Refused("corrupt", self._line(at))
        return at + 1

    def _space(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return at if found is None else found.end()

    def _write(self, path: str, words: str, at: int) -> None:
        number = self._line(at)
        for line in f"{path}: {words}".split("\n") if path else words.split("\n"):
            self._lines.append(line)
            self._numbers.append(number)

    def _boundary(self, number: int) -> None:
        if self._lines and self._lines[-1]:
            self._lines.append("")
            self._numbers.append(number)

    def _line(self, at: int) -> int:
        """The line of a position that is not before the last one asked for."""
        counted, number = self._counted
        self._counted = at, number + self._text.count("\n", counted, at)
        return self._counted[1]


def _below(path: str, key: str) -> str:
    shown = key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
    return f"{path}.{shown}" if path else shown


def _worded(value: Scalar) -> str:
    return value if isinstance(value, str) else json.dumps(value)
