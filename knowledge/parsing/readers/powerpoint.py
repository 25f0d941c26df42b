"""Reads a PowerPoint file as Markdown, slide by slide: title, text, tables, charts, image descriptions and notes.

Edit it for which shapes are read, and in what order.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from knowledge.parsing.readers.doctype import refuse_dtd
from knowledge.parsing.readers.parts import IMAGE_MARK, ParsedPart
from text.markdown_tables import markdown_table

if TYPE_CHECKING:
    from pptx.chart.chart import Chart
    from pptx.shapes.base import BaseShape
    from pptx.shapes.graphfrm import GraphicFrame
    from pptx.slide import Slide
    from pptx.table import Table
    from pptx.text.text import TextFrame

_MOST_CHART_ROWS = 200


def read_powerpoint(data: bytes) -> Iterator[ParsedPart]:
    """Yield a part for each slide, even an empty one. Raises ReaderRefused and what python-pptx raises."""
    from pptx import Presentation

    refuse_dtd(data)
    for number, slide in enumerate(Presentation(io.BytesIO(data)).slides, 1):
        yield ParsedPart("\n\n".join(block for block in _slide_blocks(slide) if block.strip()), number)


def _slide_blocks(slide: Slide) -> Iterator[str]:
    title = slide.shapes.title
    if title is not None and (words := " ".join(title.text_frame.text.split())):
        yield f"# {words}"
    shapes = [shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id]
    for shape in _in_reading_order(shapes):
        yield from _shape_blocks(shape)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        yield "\n".join(f"> {line}" for line in frame.text.splitlines() if line.strip())


def _in_reading_order(shapes: list[BaseShape]) -> list[BaseShape]:
    """Return shapes from top to bottom; in the file's order if one, like a placeholder, has no position."""
    if any(shape.top is None or shape.left is None for shape in shapes):
        return shapes
    return sorted(shapes, key=lambda shape: (shape.top, shape.left))


def _shape_blocks(shape: BaseShape) -> Iterator[str]:
    from pptx.shapes.autoshape import Shape
    from pptx.shapes.graphfrm import GraphicFrame
    from pptx.shapes.group import GroupShape
    from pptx.shapes.picture import Picture

    if isinstance(shape, GroupShape):
        for member in _in_reading_order(list(shape.shapes)):
            yield from _shape_blocks(member)
    elif isinstance(shape, Picture):
        if description := _picture_description(shape):
            yield f"{IMAGE_MARK} {description}"
    elif isinstance(shape, GraphicFrame):
        yield _frame_markdown(shape)
    elif isinstance(shape, Shape):
        yield _paragraphs_markdown(shape.text_frame)


def _frame_markdown(frame: GraphicFrame) -> str:
    """Return a table or a chart; empty if python-pptx cannot read it, like a 3-D chart."""
    try:
        if frame.has_table:
            return _table_markdown(frame.table)
        return _chart_markdown(frame.chart) if frame.has_chart else ""
    except (ValueError, KeyError, IndexError, AttributeError):
        return ""


def _picture_description(picture: BaseShape) -> str:
    """Return the image's alternative text."""
    (properties,) = picture.element.xpath(".//p:nvPicPr/p:cNvPr") or (None,)
    return "" if properties is None else " ".join(properties.get("descr", "").split())


def _paragraphs_markdown(frame: TextFrame) -> str:
    """Return one line for each paragraph, with a bullet if there are several."""
    lines = [(paragraph.level, " ".join(paragraph.text.split())) for paragraph in frame.paragraphs]
    lines = [(level, text) for level, text in lines if text]
    if len(lines) == 1:
        return lines[0][1]
    return "\n".join(f"{'  ' * level}- {text}" for level, text in lines)


def _table_markdown(table: Table) -> str:
    """Return a table. A row span is repeated in each row, a column span in each column of the header."""
    rows: list[list[str]] = []
    for number, row in enumerate(table.rows):
        cells: list[str] = []
        for column, cell in enumerate(row.cells):
            if not cell.is_spanned:
                cells.append(cell.text_frame.text)
                continue
            reaches_down = bool(rows) and cell._tc.vMerge  # python-pptx does not say in which direction
            cells.append(rows[-1][column] if reaches_down else cells[-1] if number == 0 else "")
        rows.append(cells)
    return "\n".join(markdown_table(rows)) if rows else ""


def _chart_markdown(chart: Chart) -> str:
    """Return a chart's values as the table that it was drawn from."""
    plot = next(iter(chart.plots), None)
    if plot is None:
        return ""
    series = list(plot.series)
    rows = [["", *(str(each.name) for each in series)]]
    for at, category in enumerate(list(plot.categories)[:_MOST_CHART_ROWS]):
        values = [each.values[at] if at < len(each.values) else None for each in series]
        rows.append([str(category), *("" if value is None else f"{value:.10g}" for value in values)])
    title = chart.chart_title.text_frame.text.strip() if chart.has_title else ""
    return "\n\n".join(part for part in (title, "\n".join(markdown_table(rows)) if len(rows) > 1 else "") if part)
