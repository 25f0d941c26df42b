"""Which cells of an Excel file's sheets are merged: the library that streams rows does not tell."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError

MAX_RANGES = 20_000
MAX_RANGE_CELLS = 5000
"""A larger range is a frame around a page, and no cell of a table."""
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"


@dataclass(slots=True)
class Merged:
    """Of one sheet: by the number of a row, its ranges as first row, first column and last column."""

    by_row: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    _seen: dict[tuple[int, int], str] = field(default_factory=dict)

    def add(self, top: int, left: int, bottom: int, right: int) -> None:
        """A range, from 1, both ends within."""
        for row in range(top, bottom + 1):
            self.by_row.setdefault(row, []).append((top, left, right))

    def filled(self, number: int, words: list[str]) -> list[str]:
        """A row with what is merged written into each of its cells. The rows are asked for in their order."""
        for top, left, right in self.by_row.get(number, ()):
            if top == number:
                self._seen[top, left] = words[left - 1] if left <= len(words) else ""
            word = self._seen.get((top, left), "")
            words += [""] * (right - len(words))
            words[left - 1 : right] = [word] * (right - left + 1)
        return words

    def is_wide(self, number: int) -> bool:
        """Whether cells of the row are merged side by side."""
        return any(right > left for _, left, right in self.by_row.get(number, ()))


def merged_cells(path: Path) -> dict[str, Merged]:
    """By the titles of the sheets. What cannot be told is left out: the rows are there all the same."""
    found: dict[str, Merged] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for title, part in _sheets(archive):
                found[title] = _ranges(archive, part)
    except (KeyError, ParseError, ValueError):
        return found
    return found


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    targets = {
        attributes.get("Id"): attributes.get("Target", "")
        for attributes in _elements(archive, _RELATIONS, "Relationship")
    }
    for attributes in _elements(archive, _WORKBOOK, "sheet"):
        relation = next((value for name, value in attributes.items() if name.endswith("}id")), None)
        target = targets.get(relation, "")
        yield attributes.get("name", ""), posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _ranges(archive: zipfile.ZipFile, part: str) -> Merged:
    from openpyxl.utils.cell import range_boundaries

    merged = Merged()
    with archive.open(part) as file:
        if not any(b"mergeCells" in line for line in _pieces(file)):
            return merged
    for number, attributes in enumerate(_elements(archive, part, "mergeCell")):
        left, top, right, bottom = range_boundaries(attributes["ref"])
        if number >= MAX_RANGES:
            break
        if None not in (left, top, right, bottom) and (bottom - top + 1) * (right - left + 1) <= MAX_RANGE_CELLS:
            merged.add(top, left, bottom, right)
    return merged


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The file in pieces, each with the end of the last before it."""
    end = b""
    while piece := file.read(1_000_000):
        yield end + piece
        end = piece[-20:]


def _elements(archive: zipfile.ZipFile, part: str, name: str) -> Iterator[dict[str, str]]:
    from defusedxml.ElementTree import iterparse

    with archive.open(part) as file:
        for _, element in iterparse(file):
            if element.tag.endswith("}" + name):
                yield dict(element.attrib)
            element.clear()
