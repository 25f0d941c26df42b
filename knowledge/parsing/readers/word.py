"""Reads a Word file as Markdown: headings, lists, tables, notes, boxes, equations and image descriptions.

Edit it for how styles become headings; what mammoth does not read is in `office.word_body`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from knowledge.parsing.readers.doctype import refuse_dtd
from knowledge.parsing.readers.html import markdown_of
from knowledge.parsing.readers.office.word_body import (
    BLOCK,
    HEADING_STYLE,
    LABEL,
    QUOTE_STYLE,
    TITLE_STYLE,
    rewrite_word,
)
from knowledge.parsing.readers.parts import ParsedPart
from knowledge.types import LeftOut

if TYPE_CHECKING:
    from bs4 import Tag

# The title of a document ranks above its headings.
_STYLES = "\n".join(
    [
        f"p.{TITLE_STYLE} => h1:fresh",
        *(f"p.{HEADING_STYLE}{level} => h{min(level + 2, 6)}:fresh" for level in range(6)),
        f"p.{QUOTE_STYLE} => blockquote:fresh",
        "p[style-name='Subtitle'] => p:fresh",
        "p[style-name='Quote'] => blockquote:fresh",
        "p[style-name='Intense Quote'] => blockquote:fresh",
    ]
)
_LINE_END = re.compile(r"\s*\n[\s-]*")


def read_word(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield the document as the only part. Raises ReaderRefused, RecursionError, and what parsers raise."""
    import mammoth
    from bs4 import BeautifulSoup

    refuse_dtd(data)
    body = rewrite_word(data)
    soup = BeautifulSoup(mammoth.convert_to_html(io.BytesIO(body.docx), style_map=_STYLES).value, "html.parser")
    for box in soup.find_all("input", type="checkbox"):
        box.replace_with("☒ " if box.has_attr("checked") else "☐ ")
    for item in soup.find_all("li"):
        _note_label(item)
    yield ParsedPart(_with_blocks(markdown_of(soup), body.blocks))
    yield from (LeftOut(kind, count) for kind, count in body.left_out.items() if count)


def _note_label(item: Tag) -> None:
    """Record the number of a list item that stands in front of its text."""
    text = item.find(string=LABEL)
    if text is not None and text.find_parent("li") is item and (found := LABEL.search(text)):
        item["data-label"] = found[1]
        text.replace_with(LABEL.sub("", text, count=1))


def _with_blocks(markdown: str, blocks: Sequence[str]) -> str:
    """Return the Markdown with its diagrams and charts; within a table, on one line."""

    def block(found: re.Match[str]) -> str:
        return blocks[int(found[1])] if int(found[1]) < len(blocks) else ""

    def on_one_line(found: re.Match[str]) -> str:
        return _LINE_END.sub("; ", block(found)).replace("|", "\\|")

    lines = []
    for line in markdown.split("\n"):
        alone = BLOCK.fullmatch(line.strip())
        lines.append(block(alone) if alone else BLOCK.sub(on_one_line, line))
    return "\n".join(lines)
