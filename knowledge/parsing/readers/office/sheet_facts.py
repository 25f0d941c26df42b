"""Reads of a sheet what openpyxl's streaming reader does not report: merged and hidden cells, formulas, notes, links.

Edit it for what else a sheet's XML says of its cells.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from knowledge.parsing.readers.office.drawings import DIAGRAM, chosen, diagram_markdown, paragraphs
from knowledge.parsing.readers.office.package import MC, RELATION_ID, Package, Relation, is_on, local_name
from knowledge.parsing.readers.parts import IMAGE_MARK
from knowledge.types import LeftOut, LeftOutKind

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_RANGES = 20_000
MAX_RANGE_CELLS = 5000
"""The size of a merged range; a larger one frames a page and is no cell of a table."""

Place = tuple[int, int]
"""Row and column, from 1."""
Ranges = dict[int, list[tuple[int, int, int]]]
"""Merged ranges by each row that they touch: first row, first and last column, from 1."""

_MARKS = (b"mergeCell", b"hidden=", b"<f", b":f", b"yperlink", b'ht="0"', b'width="0"')
"""A sheet without any of them has no facts but its notes."""
_LINK_FORMULA = re.compile(r'\s*HYPERLINK\(\s*"([^"]+)"', re.IGNORECASE)
_LONGEST_FORMULA = 200
_THREAD_NOTICE = "[Threaded comment]"


@dataclass(slots=True)
class SheetFacts:
    """Holds what is known of a sheet besides its values."""

    merged: Ranges = field(default_factory=lambda: defaultdict(list))
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last of each range."""
    formulas: dict[Place, str] = field(default_factory=dict)
    """Those that have no stored value."""
    links: dict[Place, str] = field(default_factory=dict)
    notes: dict[Place, str] = field(default_factory=dict)

    def hides_column(self, column: int) -> bool:
        """Return whether a column is hidden."""
        return any(first <= column <= last for first, last in self.hidden_columns)


def sheet_facts(package: Package, name: str) -> SheetFacts:
    """Return what a sheet's XML says. Raises ParseError."""
    facts = SheetFacts()
    content = package.content(name)
    relations = package.relations(name)
    if any(mark in content for mark in _MARKS):
        _read_sheet(content, relations, facts)
    for place, text in _notes(package, relations):
        facts.notes[place] = f"{facts.notes[place]} {text}" if place in facts.notes else text
    return facts


def _read_sheet(content: bytes, relations: Mapping[str, Relation], facts: SheetFacts) -> None:
    from defusedxml.ElementTree import iterparse

    shared: dict[str, tuple[str, str]] = {}
    has_formulas = b"<f" in content or b":f" in content
    number = 0
    for _, element in iterparse(io.BytesIO(content), forbid_dtd=True):
        match local_name(element):
            case "row":
                stated = element.get("r", "")
                number = int(stated) if stated.isdecimal() else number + 1
                if _is_hidden(element, "ht"):
                    facts.hidden_rows.add(number)
                if has_formulas:
                    _read_formulas(element, number, shared, facts)
                element.clear()
            case "col" if _is_hidden(element, "width"):
                facts.hidden_columns.append((int(element.get("min", "0")), int(element.get("max", "0"))))
            case "mergeCells":
                _read_merged(element, facts.merged)
            case "hyperlink":
                relation = relations.get(element.get(f"{RELATION_ID}id", ""))
                if relation is not None and relation.is_external:
                    facts.links[_place(element.get("ref", "A1").partition(":")[0])] = relation.target


def _is_hidden(element: Element, size: str) -> bool:
    return ("hidden" in element.attrib and is_on(element, "hidden")) or element.get(size) in {"0", "0.0"}


def _read_merged(element: Element, merged: Ranges) -> None:
    from openpyxl.utils.cell import range_boundaries

    for each in list(element)[:MAX_RANGES]:
        left, top, right, bottom = range_boundaries(each.attrib["ref"])
        if (bottom - top + 1) * (right - left + 1) <= MAX_RANGE_CELLS:
            for number in range(top, bottom + 1):
                merged[number].append((top, left, right))


def _read_formulas(row: Element, number: int, shared: dict[str, tuple[str, str]], facts: SheetFacts) -> None:
    column = 0
    for cell in row:
        stated = cell.get("r")
        column = _place(stated)[1] if stated else column + 1
        parts = {local_name(part): part for part in cell}
        formula = parts.get("f")
        if formula is None:
            continue
        text = _formula(formula, stated or "A1", shared)
        if link := _LINK_FORMULA.match(text):
            facts.links[number, column] = link[1]
        value = parts.get("v")
        if value is None or not (value.text or cell.get("t") == "str"):
            facts.formulas[number, column] = f"={text}"[:_LONGEST_FORMULA]


def _formula(element: Element, cell: str, shared: dict[str, tuple[str, str]]) -> str:
    """Return a formula as this cell has it, also if it shares it with others."""
    text, group = (element.text or "").strip(), element.get("si")
    if element.get("t") != "shared" or group is None:
        return text
    if text:
        shared[group] = text, cell
        return text
    if group not in shared:
        return ""
    from openpyxl.formula.translate import Translator, TranslatorError

    master, origin = shared[group]
    try:
        return str(Translator(f"={master}", origin=origin).translate_formula(cell)).removeprefix("=")
    except TranslatorError:
        return master


def _place(cell: str) -> Place:
    from openpyxl.utils.cell import coordinate_to_tuple

    row, column = coordinate_to_tuple(cell.replace("$", ""))
    return int(row), int(column)


def _notes(package: Package, relations: Mapping[str, Relation]) -> Iterator[tuple[Place, str]]:
    """Yield the notes on cells; of a discussion, what was said, and not the notice to older programs."""
    for kind, tag in (("comments", "comment"), ("threadedComment", "threadedComment")):
        for relation in relations.values():
            root = package.xml(relation.target) if relation.kind == kind and not relation.is_external else None
            for element in [] if root is None else root.iter():
                text = _note_text(element) if local_name(element) == tag else ""
                if text and not text.startswith(_THREAD_NOTICE):
                    yield _place(element.get("ref", "A1")), text


def _note_text(element: Element) -> str:
    texts = [part.text or "" for part in element.iter() if local_name(part) in {"t", "text"}]
    return " ".join("".join(texts).split())


def sheet_drawings(package: Package, name: str) -> Iterator[tuple[str, int] | LeftOut]:
    """Yield the texts that lie over a sheet's cells, each with its row, and what says nothing. Raises ParseError."""
    for relation in package.relations(name).values():
        root = package.xml(relation.target) if relation.kind == "drawing" and not relation.is_external else None
        if root is None:
            continue
        inner = package.relations(relation.target)
        for anchor in root:
            start = next((each for each in anchor if local_name(each) == "from"), None)
            row = "" if start is None else next((each.text or "" for each in start if local_name(each) == "row"), "")
            for found in _anchored(package, anchor, inner):
                yield found if isinstance(found, LeftOut) else (found, int(row) + 1 if row.isdecimal() else 1)


def _anchored(package: Package, element: Element, relations: Mapping[str, Relation]) -> Iterator[str | LeftOut]:
    for child in element:
        match local_name(child):
            case "sp" | "pic" if _is_shape_hidden(child):
                if any(paragraphs(child)):
                    yield LeftOut(LeftOutKind.HIDDEN_TEXT)
            case "sp":
                if text := " ".join(paragraphs(child)):
                    yield text
            case "pic":
                words = " ".join(_name(child).get("descr", "").split())
                yield f"{IMAGE_MARK} {words}" if words else LeftOut(LeftOutKind.PICTURE)
            case "relIds" if child.tag == f"{DIAGRAM}relIds":
                relation = relations.get(child.get(f"{RELATION_ID}dm", ""))
                root = None if relation is None else package.xml(relation.target)
                lines = "" if root is None else diagram_markdown(root)
                yield from lines.split("\n") if lines else [LeftOut(LeftOutKind.DRAWING)]
            case "AlternateContent" if child.tag == f"{MC}AlternateContent":
                if (form := chosen(child)) is not None:
                    yield from _anchored(package, form, relations)
            case _:
                yield from _anchored(package, child, relations)


def _is_shape_hidden(shape: Element) -> bool:
    properties = _name(shape)
    return "hidden" in properties and properties["hidden"] in {"1", "true"}


def _name(shape: Element) -> Mapping[str, str]:
    return next((each.attrib for each in shape.iter() if local_name(each) == "cNvPr"), {})
