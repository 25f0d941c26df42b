"""Reads an Excel file as Markdown: a heading for each sheet, then its tables, separated by empty rows or columns.

Edit it for merged cells, titles above tables, tables side by side, and how dates are shown.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, takewhile
from typing import TYPE_CHECKING

from knowledge.parsing.readers.doctype import refuse_dtd
from knowledge.parsing.readers.links import linked
from knowledge.parsing.readers.office.number_formats import hides_text, number_text
from knowledge.parsing.readers.office.package import Package
from knowledge.parsing.readers.office.sheet_facts import SheetFacts, sheet_drawings, sheet_facts
from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from knowledge.types import LeftOut, LeftOutKind
from text.markdown.tables import markdown_table, titles_above

if TYPE_CHECKING:
    from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

MAX_CELLS = 5_000_000
"""Includes empty cells within a row."""
MAX_ROWS = 1_048_576
"""As many as a sheet can have."""

Line = tuple[str, int]
"""A line of the text, and the row that it comes from, from 1."""
_FIGURE = re.compile(r"[^\w:/]*(?:\d[\d.,\u2019 ]*)?[^\w:/]*")
"""A number, a price or a percentage; a time and a date can name a row, like a word."""


@dataclass(frozen=True, slots=True)
class Note:
    """Holds a note on a cell."""

    cell: str
    """Such as `B5`."""
    column: int
    """The index of the cell in its row."""
    text: str


@dataclass(frozen=True, slots=True)
class SheetRow:
    """Holds a row of a sheet that is not empty, without its hidden cells."""

    number: int
    """From 1."""
    place: int
    """Its number if hidden rows did not count; rows in sequence are one table."""
    words: list[str]
    is_wide: bool
    """Whether some of its cells are merged horizontally."""
    notes: tuple[Note, ...] = ()

    @property
    def single(self) -> str | None:
        """Return the row's only text, in one cell or in merged cells; None if it has several."""
        filled = [word for word in self.words if word]
        return filled[0] if len(filled) == 1 or (self.is_wide and len(set(filled)) == 1) else None

    def between(self, first: int, end: int) -> SheetRow:
        """Return these columns of the row."""
        notes = tuple(replace(note, column=note.column - first) for note in self.notes if first <= note.column < end)
        return replace(self, words=self.words[first:end], notes=notes)


def read_excel(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield a part for each visible sheet, with its rows as numbers. Raises ReaderRefused and what openpyxl raises."""
    from openpyxl import load_workbook

    refuse_dtd(data)
    package = Package(data)
    for sheet in load_workbook(
        _with_shared_texts(data, package), read_only=True, data_only=True, keep_links=False
    ).worksheets:
        if sheet.sheet_state != "visible":
            yield LeftOut(LeftOutKind.HIDDEN_SHEET)
            continue
        name = sheet._worksheet_path.lstrip("/")
        facts = sheet_facts(package, name)
        reading = _SheetReading(sheet, facts)
        rows = list(reading.rows())
        drawn = list(_notes_on_empty_rows(rows, facts))
        for found in sheet_drawings(package, name):
            if isinstance(found, LeftOut):
                yield found
            else:
                drawn.append(found)
        yield from reading.left_out()
        lines = [*_sheet_lines(" ".join(sheet.title.split()), rows, drawn), *drawn] if rows or drawn else []
        if lines:
            yield ParsedPart("\n".join(text for text, _ in lines), numbers=tuple(number for _, number in lines))


def _with_shared_texts(data: bytes, package: Package) -> io.BytesIO:
    """Return the file with an empty table of shared texts if it names one that it doesn't contain."""
    held = io.BytesIO(data)
    if _SHARED_TEXTS not in package.names and b"/" + _SHARED_TEXTS.encode() in package.content("[Content_Types].xml"):
        with zipfile.ZipFile(held, "a") as file:
            file.writestr(_SHARED_TEXTS, f'<sst xmlns="{_SPREADSHEET}"/>')
        held.seek(0)
    return held


_SHARED_TEXTS = "xl/sharedStrings.xml"
_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _notes_on_empty_rows(rows: Sequence[SheetRow], facts: SheetFacts) -> Iterator[Line]:
    """Yield the notes on cells of rows that are shown, but have no words."""
    from openpyxl.utils.cell import get_column_letter

    worded = {row.number for row in rows}
    for (number, column), text in sorted(facts.notes.items()):
        if number not in worded and number not in facts.hidden_rows and not facts.hides_column(column):
            yield f"{get_column_letter(column)}{number}: {text}", number


class _SheetReading:
    """Reads the rows of one sheet, and counts what is left out of them."""

    def __init__(self, sheet: ReadOnlyWorksheet, facts: SheetFacts) -> None:
        self._sheet = sheet
        self._facts = facts
        self._hidden_rows = 0
        self._hidden_columns: set[int] = set()
        self._hidden_values = 0
        self._formulas = 0

    def left_out(self) -> Iterator[LeftOut]:
        """Yield what the rows read so far do not say."""
        for kind, count in (
            (LeftOutKind.HIDDEN_ROW, self._hidden_rows),
            (LeftOutKind.HIDDEN_COLUMN, len(self._hidden_columns)),
            (LeftOutKind.HIDDEN_TEXT, self._hidden_values),
            (LeftOutKind.FORMULA, self._formulas),
        ):
            if count:
                yield LeftOut(kind, count)

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows that are shown and not empty."""
        merged = self._facts.merged
        above: dict[tuple[int, int], str] = {}
        self._sheet.reset_dimensions()  # The size that the file states may be wrong.
        cells = skipped = 0
        for number, row in enumerate(self._sheet.iter_rows(), 1):
            cells += len(row)
            if cells > MAX_CELLS or number > MAX_ROWS:
                raise ReaderRefused("too_large")
            is_hidden = number in self._facts.hidden_rows
            words = [self._cell_words(cell, number, column, is_hidden) for column, cell in enumerate(row, 1)]
            for top, left, right in merged.get(number, ()):
                if top == number:
                    above[top, left] = words[left - 1] if left <= len(words) else ""
                words += [""] * (right - len(words))
                words[left - 1 : right] = [above.get((top, left), "")] * (right - left + 1)
            if is_hidden:
                skipped += 1
                self._hidden_rows += any(words)
            elif any(words):
                is_wide = any(self._is_wide(left, right) for _, left, right in merged.get(number, ()))
                yield self._shown(SheetRow(number, number - skipped, words, is_wide))

    def _is_wide(self, left: int, right: int) -> bool:
        """Return whether several of these columns are shown."""
        if not self._facts.hidden_columns:
            return right > left
        shown = (column for column in range(left, right + 1) if not self._facts.hides_column(column))
        return len(list(islice(shown, 2))) > 1

    def _shown(self, row: SheetRow) -> SheetRow:
        """Return the row without the cells of hidden columns, with its notes."""
        from openpyxl.utils.cell import get_column_letter

        if not self._facts.hidden_columns and not self._facts.notes:
            return row
        columns = list(range(1, len(row.words) + 1))
        if self._facts.hidden_columns:
            hidden = {column for column in columns if self._facts.hides_column(column)}
            self._hidden_columns |= {column for column in hidden if row.words[column - 1]}
            columns = [column for column in columns if column not in hidden]
        notes = tuple(
            Note(f"{get_column_letter(column)}{row.number}", at, self._facts.notes[row.number, column])
            for at, column in enumerate(columns)
            if (row.number, column) in self._facts.notes
        )
        return replace(row, words=[row.words[column - 1] for column in columns], notes=notes)

    def _cell_words(self, cell: ReadOnlyCell | EmptyCell, number: int, column: int, is_hidden: bool) -> str:
        place = number, column
        if cell.value is None:
            formula = self._facts.formulas.get(place, "")
            self._formulas += bool(formula) and not is_hidden and not self._facts.hides_column(column)
            return formula
        words = cell_text(cell.value, cell.number_format)
        if words is None:
            self._hidden_values += not is_hidden and not self._facts.hides_column(column)
            return ""
        return linked(words, self._facts.links[place]) if place in self._facts.links else words


def _sheet_lines(name: str, rows: Sequence[SheetRow], drawn: Sequence[Line]) -> Iterator[Line]:
    """Yield a sheet's lines: a title above a table as its heading, or else the sheet's name again."""
    yield f"# {name}", rows[0].number if rows else drawn[0][1]
    titles: list[Line] = []
    is_titled = False
    for block in _tables(rows):
        own_rows = list(takewhile(lambda row: row.single is not None, block))
        # A cell may have several lines, but one row number.
        titles += [(" ".join((row.single or "").split()), row.number) for row in own_rows]
        titles += [line for row in own_rows for line in _note_lines(row, ())]
        if len(own_rows) == len(block):
            continue
        if is_titled and not titles:
            yield f"# {name}", block[0].number
        is_titled = bool(titles)
        yield from titles_above(titles)
        yield from _table_lines(block[len(own_rows) :])
        yield "", block[-1].number
        titles = []
    yield from titles


def _tables(rows: Sequence[SheetRow]) -> Iterator[list[SheetRow]]:
    """Yield the rows between empty ones; of tables side by side, one after the other, each with their common titles."""
    for _, grouped in groupby(enumerate(rows), key=lambda each: each[1].place - each[0]):
        block = [row for _, row in grouped]
        titles = list(takewhile(lambda row: row.single is not None, block))
        spans = _column_spans(block[len(titles) :])
        if len(spans) < 2:
            spans = _column_spans(block)  # Titles beside each other may stand in rows of their own.
            titles = []
        if len(spans) < 2:
            yield block
            continue
        for first, end in spans:
            columns = [row.between(first, end) for row in block[len(titles) :]]
            for at, table in enumerate(_tables([row for row in columns if any(row.words)])):
                yield [*titles, *table] if at == 0 else table


def _column_spans(rows: Sequence[SheetRow]) -> list[tuple[int, int]]:
    """Return the columns of each table side by side: the first, and the one after the last.

    A column left empty only for its looks parts no table: what is right of it has no names of its own.
    """
    width = max((len(row.words) for row in rows), default=0)
    filled = [any(at < len(row.words) and row.words[at] for row in rows) for at in range(width)]
    spans: list[tuple[int, int]] = []
    for is_filled, grouped in groupby(range(width), key=lambda at: filled[at]):
        columns = list(grouped)
        if not is_filled:
            continue
        span = columns[0], columns[-1] + 1
        if spans and not (_is_table(rows, span) and _is_table(rows, spans[-1]) and _has_names(rows, span, spans[-1])):
            span = spans.pop()[0], span[1]
        spans.append(span)
    return spans


def _is_table(rows: Sequence[SheetRow], span: tuple[int, int]) -> bool:
    first, end = span
    return end - first > 1 and sum(any(row.words[first:end]) for row in rows) > 1


def _has_names(rows: Sequence[SheetRow], span: tuple[int, int], before: tuple[int, int]) -> bool:
    """Return whether a table's first column names its rows, or is called like that of the table before."""
    own, other = ([row.words[first] if first < len(row.words) else "" for row in rows] for first, _ in (span, before))
    if any(name and name == same for name, same in zip(own[:2], other[:2], strict=True)):
        return True
    names = [name for name in own[1:] if name]
    return 2 * sum(not _FIGURE.fullmatch(name) for name in names) > len(names)


def _table_lines(rows: Sequence[SheetRow]) -> Iterator[Line]:
    head, *below = rows
    words = head.words
    if head.is_wide and below and below[0].single is None:
        words = _merge_head_rows(words, below.pop(0).words)
    lines = markdown_table([words, *(row.words for row in below)])
    yield from zip(lines, (head.number, head.number, *(row.number for row in below)), strict=True)
    notes = [*_note_lines(head, ()), *(line for row in below for line in _note_lines(row, words))]
    if notes:
        yield "", rows[-1].number
        yield from notes


def _note_lines(row: SheetRow, head: Sequence[str]) -> Iterator[Line]:
    """Yield the notes on a row's cells, each with the row's first word and the column's name."""
    name = next((word for word in row.words if word), "")
    for note in row.notes:
        column = head[note.column] if note.column < len(head) else ""
        where = ", ".join(dict.fromkeys(word for word in (name, column) if word)) if head else ""
        yield f"{note.cell}{f' ({where})' if where else ''}: {note.text}", row.number


def _merge_head_rows(head: Sequence[str], second: Sequence[str]) -> list[str]:
    """Return two header rows as one, where the upper row's cells span several of the lower row's."""
    width = max(len(head), len(second))
    pairs = [(head[at] if at < len(head) else "", second[at] if at < len(second) else "") for at in range(width)]
    return [" ".join(dict.fromkeys(word for word in pair if word)) for pair in pairs]


def cell_text(value: object, number_format: str) -> str | None:
    """Return a cell's value nearly as the sheet shows it: percentages, units, dates and times; None if it is hidden."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return number_text(value, number_format)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", timespec=_precision(value.second))
    if isinstance(value, dt.time):
        return value.isoformat(timespec=_precision(value.second))
    if isinstance(value, dt.timedelta):
        return _duration(value)
    return None if hides_text(number_format) else str(value).strip()


def _precision(seconds: int) -> str:
    return "seconds" if seconds else "minutes"


def _duration(value: dt.timedelta) -> str:
    """Return hours and minutes, also of more than a day, like `26:05`."""
    minutes, seconds = divmod(abs(round(value.total_seconds())), 60)
    sign = "-" if value < dt.timedelta() else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}{f':{seconds:02}' if seconds else ''}"
