"""Reads a PowerPoint file as Markdown, slide by slide: title, text, tables, charts, SmartArt, comments and notes.

Edit it for which shapes are read, and in what order.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from knowledge.parsing.readers.doctype import refuse_dtd
from knowledge.parsing.readers.links import linked
from knowledge.parsing.readers.office.drawings import DIAGRAM, chart_markdown, chosen, diagram_markdown, paragraphs
from knowledge.parsing.readers.office.equations import equation_text
from knowledge.parsing.readers.office.package import MC, RELATION_ID, A, is_on, local_name, parse_xml
from knowledge.parsing.readers.office.word_numbers import number_as
from knowledge.parsing.readers.parts import IMAGE_MARK, ParsedPart
from knowledge.types import LeftOut, LeftOutKind
from text.markdown.tables import markdown_table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from pptx.shapes.autoshape import Shape
    from pptx.shapes.base import BaseShape
    from pptx.shapes.graphfrm import GraphicFrame
    from pptx.slide import Slide
    from pptx.table import Table
    from pptx.text.text import TextFrame

_COUNTED_AS = re.compile(r"(alphaLc|alphaUc|romanLc|romanUc|arabic|circleNum)\w*?(Period|ParenR|ParenBoth|Plain)?$")
_KINDS = {
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
    "circleNum": "decimalEnclosedCircle",
}
_AROUND = {"Period": ("", "."), "ParenR": ("", ")"), "ParenBoth": ("(", ")")}


def read_powerpoint(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield a part for each shown slide, even an empty one. Raises ReaderRefused and what python-pptx raises."""
    from pptx import Presentation

    refuse_dtd(data)
    footers: set[str] = set()
    for number, slide in enumerate(Presentation(io.BytesIO(data)).slides, 1):
        if slide._element.get("show") in {"0", "false"}:
            yield LeftOut(LeftOutKind.HIDDEN_SLIDE)
            continue
        reading = _SlideReading(slide, footers)
        yield ParsedPart("\n\n".join(block for block in reading.blocks() if block.strip()), number)
        yield from (LeftOut(kind, count) for kind, count in reading.left_out.items())


class _SlideReading:
    """Reads one slide, and counts what is left out of it."""

    def __init__(self, slide: Slide, footers: set[str]) -> None:
        """Take the slide, and the footers that were read on earlier slides."""
        self._slide = slide
        self._footers = footers
        self.left_out: Counter[LeftOutKind] = Counter()

    def blocks(self) -> Iterator[str]:
        """Yield the blocks of the slide's text, which may be empty."""
        _choose_forms(self._slide._element)
        title = self._slide.shapes.title
        if title is not None and not _is_hidden(title) and (words := " ".join(title.text_frame.text.split())):
            yield f"# {words}"
        shapes = list(self._slide.shapes)
        if title is not None and not _is_hidden(title):
            shapes = [shape for shape in shapes if shape.shape_id != title.shape_id]
        for shape in _in_reading_order(shapes):
            yield from self._shape_blocks(shape)
        for relation in self._slide.part.rels.values():
            if relation.reltype.rpartition("/")[2] == "comments" and not relation.is_external:
                yield from _comments(parse_xml(relation.target_part.blob))
        if self._slide.has_notes_slide and (frame := self._slide.notes_slide.notes_text_frame) is not None:
            yield "\n".join(f"> {line}" for line in frame.text.splitlines() if line.strip())

    def _shape_blocks(self, shape: BaseShape) -> Iterator[str]:
        from pptx.shapes.autoshape import Shape
        from pptx.shapes.graphfrm import GraphicFrame
        from pptx.shapes.group import GroupShape
        from pptx.shapes.picture import Movie, Picture

        if _is_hidden(shape):
            self.left_out[LeftOutKind.HIDDEN_TEXT] += any(paragraphs(shape.element))
        elif isinstance(shape, GroupShape):
            for member in _in_reading_order(list(shape.shapes)):
                yield from self._shape_blocks(member)
        elif isinstance(shape, Picture | Movie):
            kind = LeftOutKind.PICTURE if isinstance(shape, Picture) else LeftOutKind.EMBEDDED_FILE
            yield self._or_description("", shape, kind)
        elif isinstance(shape, GraphicFrame):
            yield self._frame(shape)
        elif isinstance(shape, Shape) and not _is_slide_number(shape):
            yield self._shape_text(shape)

    def _shape_text(self, shape: Shape) -> str:
        from pptx.enum.shapes import PP_PLACEHOLDER

        text = self._paragraphs_markdown(shape.text_frame)
        if shape.is_placeholder and shape.placeholder_format.type == PP_PLACEHOLDER.FOOTER:
            if text in self._footers:
                return ""
            self._footers.add(text)
        address = self._click_address(shape)
        return "\n\n".join(filter(None, (text, address))) if "\n" in text else linked(text, address)

    def _frame(self, frame: GraphicFrame) -> str:
        """Return a table, a chart or SmartArt; or else its description."""
        if frame.has_table:
            return self._table_markdown(frame.table)
        data = frame.element.find(f".//{A}graphicData")
        uri = "" if data is None else data.get("uri", "")
        if frame.has_chart or uri.endswith("chartex"):
            return self._or_description(self._part_markdown(frame, "id"), frame, LeftOutKind.CHART)
        if frame.element.find(f".//{DIAGRAM}relIds") is not None:
            return self._or_description(self._part_markdown(frame, "dm"), frame, LeftOutKind.DRAWING)
        return self._or_description("", frame, LeftOutKind.EMBEDDED_FILE)

    def _part_markdown(self, frame: GraphicFrame, relation: str) -> str:
        """Return what the part of a chart or of SmartArt says; empty if it is missing or says nothing."""
        keys = [each.get(f"{RELATION_ID}{relation}") for each in frame.element.iter()]
        key = next((key for key in keys if key is not None), "")
        if key not in self._slide.part.rels or self._slide.part.rels[key].is_external:
            return ""
        root = parse_xml(self._slide.part.related_part(key).blob)
        return chart_markdown(root) if relation == "id" else diagram_markdown(root)

    def _or_description(self, markdown: str, shape: BaseShape, kind: LeftOutKind) -> str:
        """Return the Markdown; without any, the shape's alternative text, or count it."""
        if markdown:
            return markdown
        description = " ".join(_properties(shape).get("descr", "").split())
        if not description:
            self.left_out[kind] += 1
            return ""
        return linked(f"{IMAGE_MARK} {description}", self._click_address(shape))

    def _click_address(self, shape: BaseShape) -> str:
        return self._address(_properties(shape).find(f"{A}hlinkClick"))

    def _address(self, link: Element | None) -> str:
        """Return where a link leads outside the file; empty if nowhere."""
        key = "" if link is None else link.get(f"{RELATION_ID}id", "")
        relation = self._slide.part.rels.get(key)
        return relation.target_ref if relation is not None and relation.is_external else ""

    def _paragraphs_markdown(self, frame: TextFrame) -> str:
        """Return one line for each paragraph, with its number, or with a bullet if there are several."""
        lines: list[tuple[int, str, str]] = []
        counts: dict[int, tuple[str, int]] = {}
        for paragraph in frame.paragraphs:
            text = self._paragraph_text(paragraph._p)
            if text:
                lines.append((paragraph.level, _next_number(paragraph._p, paragraph.level, counts), text))
        if len(lines) == 1:
            return " ".join(part for part in lines[0][1:] if part)
        return "\n".join(f"{'  ' * level}{number or '-'} {text}" for level, number, text in lines)

    def _paragraph_text(self, paragraph: Element) -> str:
        """Return a paragraph with its links and equations."""
        parts: list[tuple[str, str]] = []
        for child in paragraph:
            text, address = "", ""
            match local_name(child):
                case "r":
                    text = child.findtext(f"{A}t", "")
                    address = self._address(child.find(f"{A}rPr/{A}hlinkClick"))
                case "fld":
                    text = child.findtext(f"{A}t", "")
                case "br":
                    text = " "
                case "m" | "oMath" | "oMathPara":
                    text = equation_text(child)
            if parts and parts[-1][1] == address:
                text = parts.pop()[0] + text
            parts.append((text, address))
        return " ".join("".join(linked(text, address) for text, address in parts).replace("\v", " ").split())

    def _table_markdown(self, table: Table) -> str:
        """Return a table. A row span is repeated in each row, a column span in each column of the header."""
        rows: list[list[str]] = []
        for number, row in enumerate(table.rows):
            cells: list[str] = []
            for column, cell in enumerate(row.cells):
                if not cell.is_spanned:
                    cells.append("\n".join(self._paragraph_text(each._p) for each in cell.text_frame.paragraphs))
                    continue
                reaches_down = bool(rows) and cell._tc.vMerge  # python-pptx does not say in which direction
                cells.append(rows[-1][column] if reaches_down else cells[-1] if number == 0 else "")
            rows.append(cells)
        return "\n".join(markdown_table(rows)) if rows else ""


def _choose_forms(slide: Element) -> None:
    """Put one of its forms into the place of each shape that has several, which python-pptx would not read."""
    for alternatives in list(slide.iter(f"{MC}AlternateContent")):
        parent = alternatives.getparent()  # type: ignore[attr-defined]  # the elements are lxml's
        form = chosen(alternatives)
        if parent is None:
            continue
        at = parent.index(alternatives)
        parent[at : at + 1] = [] if form is None else list(form)


def _in_reading_order(shapes: list[BaseShape]) -> list[BaseShape]:
    """Return shapes from top to bottom; in the file's order if one, like a placeholder, has no position."""
    if any(shape.top is None or shape.left is None for shape in shapes):
        return shapes
    return sorted(shapes, key=lambda shape: (shape.top, shape.left))


def _properties(shape: BaseShape) -> Element:
    """Return the element that has a shape's name, description and link."""
    return shape.element._nvXxPr.cNvPr  # type: ignore[no-any-return]


def _is_hidden(shape: BaseShape) -> bool:
    properties = _properties(shape)
    return "hidden" in properties.attrib and is_on(properties, "hidden")


def _is_slide_number(shape: BaseShape) -> bool:
    from pptx.enum.shapes import PP_PLACEHOLDER

    return bool(shape.is_placeholder) and shape.placeholder_format.type == PP_PLACEHOLDER.SLIDE_NUMBER


def _comments(root: Element) -> Iterator[str]:
    for comment in root.iter():
        if local_name(comment) == "cm":
            plain = [each.text or "" for each in comment if local_name(each) == "text"]
            yield "\n".join(f"> {' '.join(text.split())}" for text in [*plain, *paragraphs(comment)] if text.strip())


def _next_number(paragraph: Element, level: int, counts: dict[int, tuple[str, int]]) -> str:
    """Return a paragraph's automatic number, such as `2.`; empty if it has none. `counts` is updated."""
    for deeper in [each for each in counts if each > level]:
        del counts[deeper]
    numbering = paragraph.find(f"{A}pPr/{A}buAutoNum")
    found = None if numbering is None else _COUNTED_AS.match(numbering.get("type", ""))
    if numbering is None or found is None:
        counts.pop(level, None)
        return ""
    kind, count = counts.get(level, ("", 0))
    start = numbering.get("startAt", "1")
    count = count + 1 if kind == found[0] else int(start) if start.isdecimal() else 1
    counts[level] = found[0], count
    before, after = _AROUND.get(found[2] or "", ("", ""))
    return f"{before}{number_as(count, _KINDS.get(found[1], 'decimal'))}{after}"
