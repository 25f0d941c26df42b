"""Puts the segments of a page in reading order: columns one after the other, tables row by row.

A band is a stretch of a page through which a gap runs from top to bottom. It holds columns of text if each side's lines
are long and full, and a table otherwise. Edit it for what distinguishes the two.
"""

from __future__ import annotations

import math
import re
import statistics
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge.parsing.pdf_layout.glyphs import UNREADABLE, Box
from knowledge.parsing.pdf_layout.segments import Segment

_LEAST_GUTTER = 0.8
"""The narrowest gap between columns, in sizes of the font."""
_FARTHEST_ROW = 4.0
"""The distance of a row from the band above it, in sizes of the font."""
_SAME_HEIGHT = 0.08
"""How far apart the baselines of a table's cells may be, in sizes of the font."""
_LEAST_ROWS = 3
_MOST_ROWS = 400
"""Of one band; a longer table is cut."""
_PROSE_CHARS = 14
"""The usual length of a column's lines from which it may be prose; a Chinese character counts as three."""
_PROSE_FILL = 0.6
"""The usual length of its lines, as a share of its width."""
_TIGHT = 0.75
"""The distance of a row that continues the one above it, as a share of the usual distance of rows."""
_RULE_HEIGHT = 40.0
"""Points; what is drawn higher than that is no line or shading of a row."""
LABEL = re.compile(
    r"(?:[•◦▪▫■□●○‣·∙*–—-]|\(?\d{1,3}[.)]|\d{1,2}(?:\.\d{1,2})+\.?|\(?[A-Za-z][.)]|\[[ xX✓]?\]|[☐☑☒✓✔➢➤►▶\ufffd])$"
)
"""A sign or a number before an item of a list."""
Rows = Sequence[Sequence[Segment]]
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """Holds a line of text."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    column: Span
    """Where the lines around it begin and end."""


@dataclass(frozen=True, slots=True)
class Table:
    """Holds a table's rows, all of the same number of cells."""

    rows: tuple[tuple[str, ...], ...]


Block = Line | Table


def blocks_of(rows: Rows, drawn: Callable[[], Sequence[Box]]) -> Iterator[Block]:
    """Yield the blocks in reading order. `drawn`: the bounds of the lines and rectangles on the page."""
    rows = [_with_labels_joined(row) for row in rows]
    at = 0
    text: list[Sequence[Segment]] = []
    while at < len(rows):
        band = _band_at(rows, at)
        if band is None:
            text.append(rows[at])
            at += 1
            continue
        yield from _text_lines(text)
        text = []
        yield from _band_blocks(band, drawn)
        at += len(band.rows)
    yield from _text_lines(text)


@dataclass(frozen=True, slots=True)
class _Band:
    rows: Rows
    gutters: tuple[Span, ...]

    def column_of(self, segment: Segment) -> int:
        middles = [(left + right) / 2 for left, right in self.gutters]
        return bisect_right(middles, (segment.left + segment.right) / 2)

    def columns(self) -> list[list[Segment]]:
        found: list[list[Segment]] = [[] for _ in range(len(self.gutters) + 1)]
        for row in self.rows:
            for segment in row:
                found[self.column_of(segment)].append(segment)
        return found


def _with_labels_joined(row: Sequence[Segment]) -> list[Segment]:
    """Return a row whose list items have their signs before them."""
    joined: list[Segment] = []
    for segment in row:
        if joined and LABEL.match(joined[-1].text) and segment.left - joined[-1].right < 3 * segment.size:
            label = joined.pop()
            sign = "•" if label.text == UNREADABLE else label.text
            text = f"{sign} {segment.text}"
            joined.append(Segment(text, label.left, segment.right, segment.baseline, segment.size))
        else:
            joined.append(segment)
    return joined


def _band_at(rows: Rows, start: int) -> _Band | None:
    """Return the band that begins with this row; None if there is none."""
    if len(rows[start]) < 2 and not _are_beside_each_other(rows, start):
        return None
    free = _without([(-math.inf, math.inf)], rows[start])
    gutters = _gutters(free, rows[start][0].size)
    end = start + 1
    while end < min(len(rows), start + _MOST_ROWS) and _distance(rows, end) <= _FARTHEST_ROW:
        left_over = _without(free, rows[end])
        found = _gutters(left_over, rows[start][0].size)
        if not found or (len(found) < len(gutters) and end - start >= _LEAST_ROWS):
            break
        free, gutters = left_over, found
        end += 1
    while gutters:
        band = _Band(rows[start:end], gutters)
        if _is_supported(band):
            return band
        fewer = tuple(gutter for number, gutter in enumerate(gutters) if _sides(band, number) >= 2)
        if len(fewer) == len(gutters):
            return None
        gutters = fewer
    return None


def _without(free: Sequence[Span], row: Sequence[Segment]) -> list[Span]:
    """Return what is left of free stretches beside the segments of a row."""
    for segment in row:
        free = [
            part
            for left, right in free
            for part in ((left, min(right, segment.left)), (max(left, segment.right), right))
            if part[0] < part[1]
        ]
    return list(free)


def _gutters(free: Sequence[Span], size: float) -> tuple[Span, ...]:
    """Return the free stretches that are between segments and wide enough to separate columns."""
    inner = (span for span in free if not math.isinf(span[0]) and not math.isinf(span[1]))
    return tuple(span for span in inner if span[1] - span[0] >= _LEAST_GUTTER * size)


def _are_beside_each_other(rows: Rows, at: int) -> bool:
    """Return whether this row and the next are at nearly the same height, without being above each other."""
    if at + 1 >= len(rows) or _distance(rows, at + 1) > 0.8:
        return False
    first, second = rows[at][0], rows[at + 1][0]
    return first.right < second.left or second.right < first.left


def _distance(rows: Rows, at: int) -> float:
    """Return the distance of a row from the one above it, in sizes of the larger font."""
    above, below = rows[at - 1][0], rows[at][0]
    return (above.baseline - below.baseline) / max(above.size, below.size)


def _sides(band: _Band, gutter: int) -> int:
    """Return how many segments are next to a gutter, on the side that has fewer."""
    columns = band.columns()
    return min(len(columns[gutter]), len(columns[gutter + 1]))


def _is_supported(band: _Band) -> bool:
    """Return whether enough rows have something in several columns, so that the gap is no coincidence."""
    if any(_sides(band, number) < 2 for number in range(len(band.gutters))):
        return False
    if _is_prose(band):
        return True
    shared = sum(len({band.column_of(segment) for segment in row}) > 1 for row in band.rows)
    return len(band.rows) >= _LEAST_ROWS - (len(band.gutters) > 1) and shared >= max(2, len(band.rows) / 3)


def _band_blocks(band: _Band, drawn: Callable[[], Sequence[Box]]) -> Iterator[Block]:
    rules = _row_rules(band, drawn())
    if not rules and _is_prose(band):
        for column in band.columns():
            yield from blocks_of([[segment] for segment in column], drawn)
        return
    rows = list(band.rows)
    before, after = _lone_rows(band, rows), _lone_rows(band, rows[::-1])
    end = len(rows) - after
    yield from _text_lines(rows[:before])
    shown = _Band(rows[before:end], band.gutters)
    if _is_form(shown):
        yield from _text_lines(shown.rows)
    else:
        yield Table(tuple(_table_rows(shown, rules)))
    yield from _text_lines(rows[end:])


def _is_prose(band: _Band) -> bool:
    """Return whether each column has lines of running text, or lines at heights of their own."""
    if _is_uneven(band):
        return True
    for column in band.columns():
        rows = len({segment.baseline for segment in column})
        left, right = min(segment.left for segment in column), max(segment.right for segment in column)
        usual = statistics.median(_chars(segment.text) for segment in column)
        fill = statistics.median(segment.width for segment in column) / max(right - left, 1)
        if rows < 2 or usual < _PROSE_CHARS or fill < _PROSE_FILL:
            return False
    return not _breaks_at_the_same_heights(band)


def _is_uneven(band: _Band) -> bool:
    """Return whether lines beside each other are not at the same height, as a table's cells are."""
    shared = [row for row in band.rows if len(row) > 1]
    offsets = [
        (max(each.baseline for each in row) - min(each.baseline for each in row)) / row[0].size for row in shared
    ]
    return len(offsets) > 1 and statistics.median(offsets) > _SAME_HEIGHT


def _chars(text: str) -> int:
    return sum(3 if char > "\u2e80" else 1 for char in text)


def _breaks_at_the_same_heights(band: _Band) -> bool:
    """Return whether the columns' paragraphs begin beside each other, several times, as the rows of a table do."""
    tops: list[set[int]] = []
    for column in band.columns():
        lines = sorted(column, key=lambda segment: -segment.baseline)
        distances = [above.baseline - below.baseline for above, below in pairwise(lines)]
        usual = statistics.median(distances)
        wide = {round(below.baseline / 3) for below, gap in zip(lines[1:], distances, strict=True) if gap > 1.3 * usual}
        tops.append(wide)
    shared = set.intersection(*tops)
    return len(shared) >= 2 and 2 * len(shared) > max(map(len, tops))


def _row_rules(band: _Band, drawn: Sequence[Box]) -> tuple[float, ...]:
    """Return the heights of the lines, or edges of shaded rows, between a table's rows; none if it has few."""
    segments = [segment for row in band.rows for segment in row]
    top = max(segment.baseline + segment.size for segment in segments) + 6
    bottom = min(segment.baseline for segment in segments) - 12
    crossed = [
        box
        for box in drawn
        if box[3] - box[1] <= _RULE_HEIGHT
        and bottom <= box[1] <= box[3] <= top
        and any(box[0] <= left and right <= box[2] for left, right in band.gutters)
    ]
    heights = sorted({round(edge / 3) for box in crossed for edge in (box[1], box[3])}, reverse=True)
    apart = [height * 3.0 for number, height in enumerate(heights) if number == 0 or heights[number - 1] - height > 1]
    return tuple(apart) if len(apart) >= max(_LEAST_ROWS, len(band.rows) / 4) else ()


def _lone_rows(band: _Band, rows: Rows) -> int:
    """Return how many rows at this end have only a first cell, and so are above or below the table."""
    count = 0
    while count < len(rows) and {band.column_of(segment) for segment in rows[count]} == {0}:
        count += 1
    return count


def _is_form(band: _Band) -> bool:
    """Return whether these are labels with what was written beside them."""
    labels = [row[0].text for row in band.rows if row]
    return len(band.gutters) == 1 and 2 * sum(label.endswith((":", "：")) for label in labels) > len(labels)


def _table_rows(band: _Band, rules: Sequence[float]) -> Iterator[tuple[str, ...]]:
    for rows in _grouped(band, rules):
        cells: list[list[str]] = [[] for _ in range(len(band.gutters) + 1)]
        for row in rows:
            for segment in row:
                cells[band.column_of(segment)].append(segment.text)
        yield tuple(" ".join(texts) for texts in cells)


def _grouped(band: _Band, rules: Sequence[float]) -> Iterator[Rows]:
    """Yield the lines of text of each row of the table."""
    by_rules = _by_rules(band, rules)
    if by_rules:
        yield from by_rules
        return
    usual = _usual_distance(band)
    group: list[Sequence[Segment]] = []
    for at, row in enumerate(band.rows):
        if group and not (at and _continues(band, at, usual)):
            yield group
            group = []
        group.append(row)
    yield group


def _by_rules(band: _Band, rules: Sequence[float]) -> list[Rows]:
    """Return the rows between lines if they are a table's rows: a cell in each has one line of text."""
    groups: dict[int, list[Sequence[Segment]]] = {}
    for row in band.rows:
        above = sum(height > row[0].baseline + row[0].size / 3 for height in rules)
        groups.setdefault(above, []).append(row)
    for rows in groups.values():
        columns = _Band(rows, band.gutters).columns()
        if len(rows) > 1 and all(len(column) != 1 for column in columns):
            return []
    return list(groups.values()) if len(groups) >= _LEAST_ROWS else []


def _usual_distance(band: _Band) -> float:
    """Return how far the rows with all their cells are from the line above them."""
    full = [
        band.rows[at - 1][0].baseline - row[0].baseline
        for at, row in enumerate(band.rows)
        if at and len({band.column_of(segment) for segment in row}) == len(band.gutters) + 1
    ]
    return statistics.median(full) if full else 0.0


def _continues(band: _Band, at: int, usual: float) -> bool:
    """Return whether this line of text belongs to the row above it."""
    row = band.rows[at]
    columns = {band.column_of(segment) for segment in row}
    if len(columns) > len(band.gutters):
        return False
    distance = band.rows[at - 1][0].baseline - row[0].baseline
    is_lone = len(row) == 1 and 0 not in columns and row[0].text[:1].islower()
    return distance <= _TIGHT * usual or (is_lone and distance <= 1.5 * row[0].size)


def _text_lines(rows: Rows) -> Iterator[Line]:
    if not rows:
        return
    column = (min(row[0].left for row in rows), max(row[-1].right for row in rows))
    for row in rows:
        ordered = row if row[0].text.isascii() else _logical_order(row)
        text = " ".join(segment.text for segment in ordered)
        size = max(segment.size for segment in row)
        yield Line(text, row[0].left, row[-1].right, row[0].baseline, size, column)


def _logical_order(row: Sequence[Segment]) -> Sequence[Segment]:
    is_turned = sum("\u0590" <= segment.text[0] <= "\u08ff" for segment in row) * 2 > len(row)
    return row[::-1] if is_turned else row
