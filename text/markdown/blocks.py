"""Finds a Markdown text's headings, code, tables and comments, as CommonMark and GitHub's tables define them.

It reads line by line and keeps nothing: markdown-it-py, against which it is tested, makes two million tokens of a table
of one megabyte. Lists and quotations are only distinguished from paragraphs. Edit it for the syntax of blocks.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

LONGEST_HEADING = 1000
"""Characters; a longer line is text."""

_LONGEST_FRONT_MATTER = 200
_LONGEST_OPENING = 200
_FENCE = re.compile(r"[ \t]*(`{3,}(?=[^`]*$)|~{3,})")
_ATX = re.compile(r"(#{1,6})(?:[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|$)")
_QUOTE = re.compile(r" {0,3}>")
_NO_TITLE = re.compile(r" {0,3}(?:<[A-Za-z!?/]|\[[^\]]+\]:)")
"""Lines below which dashes make no heading: HTML, the target of a link."""
_RAW = re.compile(r" {0,3}<(pre|script|style|textarea)(?=[\s>]|$)", re.IGNORECASE)
_COMMENT = re.compile(r" {0,3}<!--")
_FIELD = re.compile(r"[\w-]+[ \t]*:")
_COLUMN = re.compile(r"[ \t]*:?-+:?[ \t]*")
_CELL_END = re.compile(r"(?<!\\)\|")
_BACKTICKS = re.compile(r"`+")
_PARAGRAPH = re.compile(r"[^\n]+(?:\n(?![ \t]*\n)[^\n]*)*")


class Kind(StrEnum):
    """Names what a block is."""

    TEXT = "text"
    """Everything else: paragraphs, lists, quotations, empty lines."""
    HEADING = "heading"
    CODE = "code"
    """A code block, including its fences."""
    TABLE = "table"
    RAW_HTML = "raw_html"
    """HTML shown as it is or not at all: `<pre>`, `<script>` and similar."""
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Block:
    """Holds consecutive lines of one kind."""

    kind: Kind
    first: int
    """The index of its first line, from 0."""
    end: int
    """The index after its last line."""
    level: int = 0
    """The level of a heading, 1 to 6."""
    title: str = ""
    """The text of a heading, without its signs."""


def blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Yield the blocks in order, with every line in one of them."""
    return _Scanner(lines).blocks()


def opening_fence(line: str) -> tuple[str, str] | None:
    """Return the indentation and list marker before a fence, and the fence; None if the line opens no code."""
    item = _LIST_ITEM.match(line)
    start = item.end() if item else 0
    found = _FENCE.match(line, start)
    return None if found is None else (line[: found.start(1)], found[1])


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Holds the parts of a code block, so that it can be cut and its pieces fenced again."""

    fence: str
    language: str
    opening: str
    """The line with the fence and the language."""
    reopening: str
    """The opening line without a list marker, for a further piece."""
    text: str
    closing: str
    is_closed: bool
    """Whether it ends within these lines."""


def code_block(lines: Sequence[str]) -> CodeBlock | None:
    """Return the code block on these lines, closed or not; None if there is none or its first line is too long."""
    opened = opening_fence(lines[0])
    if opened is None or len(lines[0]) > _LONGEST_OPENING:
        return None
    before, fence = opened
    last = lines[-1].strip()
    is_closed = len(lines) > 1 and len(last) >= len(fence) and not last.strip(fence[0])
    margin = " " * len(before.expandtabs(4))
    text = "\n".join(lines[1:-1] if is_closed else lines[1:])
    reopening = lines[0][len(before) :]
    language = reopening[len(fence) :].strip()
    return CodeBlock(fence, language, lines[0], margin + reopening, text, margin + fence, is_closed)


def table_cells(row: str) -> list[str]:
    """Return the cells of a table's row, with or without outer bars."""
    return [cell.strip() for cell in _CELL_END.split(row.strip().removeprefix("|").removesuffix("|"))]


def without_comments(markdown: str) -> str:
    """Return the text without its comments, every line where it was. An unclosed comment stays."""
    return _outside_code(markdown, _blank_comments) if "<!--" in markdown else markdown


def without_code_blocks(markdown: str) -> str:
    """Return the text with empty lines in place of code blocks."""
    lines = markdown.split("\n")
    for block in blocks(lines):
        if block.kind is Kind.CODE:
            # The length stays the same, so that positions stay valid.
            lines[block.first : block.end] = ["\n" * len(line) for line in lines[block.first : block.end]]
    return "\n".join(lines)


def sub_outside_code(pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str], markdown: str) -> str:
    """Return the text after `pattern.sub`, with code blocks and inline code unchanged."""
    return _outside_code(markdown, lambda text: pattern.sub(replace, text))


def touches_code(markdown: str, start: int, end: int) -> bool:
    """Return whether any of the text from `start` to `end` is in a code block."""
    return _touches(markdown, start, end, {Kind.CODE})


def touches_code_or_table(markdown: str, start: int, end: int) -> bool:
    """Return whether any of the text from `start` to `end` is in a code block or a table."""
    return _touches(markdown, start, end, {Kind.CODE, Kind.TABLE})


def _touches(markdown: str, start: int, end: int, kinds: Set[Kind]) -> bool:
    lines = markdown.split("\n")
    first, last = markdown.count("\n", 0, start), markdown.count("\n", 0, end)
    return any(block.kind in kinds and block.first <= last and first < block.end for block in blocks(lines))


def _outside_code(markdown: str, change: Callable[[str], str]) -> str:
    kept: list[str] = []
    at = 0
    for start, end in _code_spans(markdown):
        kept += [change(markdown[at:start]), markdown[start:end]]
        at = end
    return "".join([*kept, change(markdown[at:])])


def _blank_comments(text: str) -> str:
    kept: list[str] = []
    at = 0
    for start, end in _comments(text):
        kept += [text[at:start], "\n" * text.count("\n", start, end)]
        at = end
    return "".join([*kept, text[at:]])


def _comments(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        at = end + 3
        yield start, at


def _code_spans(markdown: str) -> Iterator[tuple[int, int]]:
    """Yield where code blocks and inline code are, in order; a comment is no code, whatever it contains."""
    lines = markdown.split("\n")
    at = 0
    for block in blocks(lines):
        length = sum(len(line) + 1 for line in lines[block.first : block.end])
        if block.kind in {Kind.CODE, Kind.RAW_HTML}:
            yield at, min(at + length, len(markdown))
        elif block.kind is not Kind.COMMENT:
            yield from _inline_code(markdown, at, min(at + length, len(markdown)))
        at += length


def _inline_code(markdown: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield spans from a run of backticks to the next of the same length in the same paragraph."""
    for paragraph in _PARAGRAPH.finditer(markdown, start, end):
        text, offset = paragraph[0], paragraph.start()
        comments = list(_comments(text))
        runs = [found.span() for found in _BACKTICKS.finditer(text) if not _is_within(found.start(), comments)]
        of_length: dict[int, list[int]] = {}
        for number in reversed(range(len(runs))):
            of_length.setdefault(runs[number][1] - runs[number][0], []).append(number)
        number = 0
        while number < len(runs):
            first, last = runs[number]
            first += _is_escaped(text, first)
            closing = of_length.get(last - first, [])
            while closing and closing[-1] <= number:
                closing.pop()
            if closing:
                number = closing[-1]
                yield offset + first, offset + runs[number][1]
            number += 1


def _is_within(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    number = bisect_right(spans, (at, len(spans))) - 1
    return number >= 0 and at < spans[number][1]


def _is_escaped(text: str, at: int) -> bool:
    before = text[max(0, at - 100) : at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


class _Scanner:
    """Scans the lines of a text once."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._text_from = self._front_matter_end()
        """Where the text begins that is in no block yet."""
        self._paragraph: int | None = None
        """Where a paragraph begins that a row of dashes would make a heading."""
        self._is_contained = False
        """Whether the line above is in a list or quotation, whose paragraph may continue without its sign."""
        self._item_indent: int | None = None
        """Where the text of the latest list item begins; more indented lines belong to it."""

    def blocks(self) -> Iterator[Block]:
        if self._text_from:
            yield Block(Kind.TEXT, 0, self._text_from)
        at = self._text_from
        while at < len(self._lines):
            block = self._block_at(at)
            if block is None:
                at += 1
                continue
            if self._text_from < block.first:
                yield Block(Kind.TEXT, self._text_from, block.first)
            yield block
            at = self._text_from = block.end
            self._paragraph, self._is_contained = None, False
        if self._text_from < len(self._lines):
            yield Block(Kind.TEXT, self._text_from, len(self._lines))

    def _block_at(self, at: int) -> Block | None:
        """Return the block that begins on this line; None if it is text, which is noted for the next line."""
        line = self._lines[at]
        if not line.strip():
            self._paragraph, self._is_contained = None, False
            return None
        indent = _indent(line)
        if not self._is_contained:
            self._leave_item(indent)
        if (end := self._code_end(at, indent)) is not None:
            return Block(Kind.CODE, at, end)
        if indent <= 3:
            if (heading := self._underlined(at)) or (heading := self._atx(at, indent)):
                self._item_indent = None
                return heading
            if (raw := self._raw(at)) is not None:
                self._leave_item(indent)
                return raw
        if (end := self._table_end(at)) is not None:
            return Block(Kind.TABLE, at, end)
        self._note_text(at, indent)
        return None

    def _note_text(self, at: int, indent: int) -> None:
        line = self._lines[at]
        if _RULE.match(line):
            self._paragraph, self._is_contained = None, False
            self._leave_item(indent)
        elif item := _LIST_ITEM.match(line):
            self._paragraph, self._is_contained = None, True
            self._item_indent = len(item[0].expandtabs(4))
        elif _QUOTE.match(line) or (self._paragraph is None and _NO_TITLE.match(line)):
            self._paragraph, self._is_contained = None, True
            self._leave_item(indent)
        elif self._paragraph is None and not self._is_contained and indent <= 3 and self._item_indent is None:
            self._paragraph = at

    def _leave_item(self, indent: int) -> None:
        if self._item_indent is not None and indent < self._item_indent:
            self._item_indent = None

    def _code_end(self, at: int, indent: int) -> int | None:
        """Return the line after the closing fence, or the text's end; None if no fence opens here."""
        opened = opening_fence(self._lines[at])
        if opened is None or (indent > 3 and self._item_indent is None and _LIST_ITEM.match(self._lines[at]) is None):
            return None
        before, fence = opened
        if item := _LIST_ITEM.match(before):
            self._item_indent = indent = len(item[0].expandtabs(4))
        # Code within a list item ends with the item.
        least = self._item_indent if self._item_indent is not None and indent >= self._item_indent else 0
        for end in range(at + 1, len(self._lines)):
            bare = self._lines[end].strip()
            closes = len(bare) >= len(fence) and not bare.strip(fence[0])
            if closes and least <= _indent(self._lines[end]) <= least + 3:
                return end + 1
            if least and bare and _indent(self._lines[end]) < least:
                return end
        return len(self._lines)

    def _atx(self, at: int, indent: int) -> Block | None:
        line = self._lines[at]
        found = _ATX.match(line, indent)
        if (
            found is None
            or len(line) > LONGEST_HEADING
            or (self._item_indent is not None and indent >= self._item_indent)
        ):
            return None
        title = line[found.end() :].strip()
        bare = title.rstrip("#")
        if not bare or bare[-1] in " \t":  # Closing signs follow a space: `## C#` has none.
            title = bare.rstrip()
        return Block(Kind.HEADING, at, at + 1, len(found[1]), title) if title else None

    def _underlined(self, at: int) -> Block | None:
        if self._paragraph is None or not (found := _UNDERLINE.match(self._lines[at])):
            return None
        title = " ".join(line.strip() for line in self._lines[self._paragraph : at])
        if len(title) > LONGEST_HEADING:
            self._paragraph, self._is_contained = None, True
            return None
        return Block(Kind.HEADING, self._paragraph, at + 1, 1 if found[1][0] == "=" else 2, title)

    def _raw(self, at: int) -> Block | None:
        line = self._lines[at]
        if _COMMENT.match(line):
            kind, closing = Kind.COMMENT, "-->"
        elif found := _RAW.match(line):
            kind, closing = Kind.RAW_HTML, f"</{found[1].lower()}>"
        else:
            return None
        for end in range(at, len(self._lines)):
            if closing in self._lines[end].lower():
                return Block(kind, at, end + 1)
        return Block(kind, at, len(self._lines))

    def _table_end(self, at: int) -> int | None:
        """Return the line after the last row of the table whose header is here; None if there is none."""
        head = self._lines[at]
        if "|" not in head or at + 1 >= len(self._lines):
            return None
        rule = self._lines[at + 1]
        if "-" not in rule or "|" not in rule or rule.strip(" \t|:-"):
            return None
        columns = _CELL_END.split(rule.strip().removeprefix("|").removesuffix("|"))
        if not all(_COLUMN.fullmatch(column) for column in columns):
            return None
        is_framed = head.lstrip().startswith("|")
        if not is_framed and len(columns) != len(table_cells(head)):
            return None
        end = at + 2
        while end < len(self._lines) and self._is_row(self._lines[end], is_framed=is_framed):
            end += 1
        return end

    def _is_row(self, line: str, *, is_framed: bool) -> bool:
        if is_framed:
            return line.lstrip().startswith("|")
        return "|" in line and not any(begin.match(line.lstrip()) for begin in (_ATX, _FENCE, _LIST_ITEM, _QUOTE))

    def _front_matter_end(self) -> int:
        """Return the line after the front matter, whose closing dashes make no heading; 0 if there is none."""
        lines = self._lines[:_LONGEST_FRONT_MATTER]
        if len(lines) < 3 or lines[0].rstrip() != "---" or not _FIELD.match(lines[1]):
            return 0
        return next((at + 1 for at in range(2, len(lines)) if lines[at].rstrip() in {"---", "..."}), 0)


def _indent(line: str) -> int:
    return len(line[: len(line) - len(line.lstrip(" \t"))].expandtabs(4))
