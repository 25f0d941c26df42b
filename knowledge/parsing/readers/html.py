"""Reads a web page as Markdown: its visible text with headings and anchors, lists, tables and code.

Edit it for what is left out of a page, and for spans, layouts and headers of tables.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused

if TYPE_CHECKING:
    from bs4 import Tag

# Elements that a browser does not show, and those that surround the text on every page of a site.
_LEFT_OUT = ("script", "style", "noscript", "template", "svg", "iframe", "nav", "footer", "aside", "form")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_ANCHOR = re.compile(r"[^\s{}#]{1,100}")
MAX_SPAN = 500
MAX_COPIED = 100_000
"""Elements and texts copied to fill the spans of all tables of a page."""
_MOST_HEAD_ROWS = 3


def read_html(data: bytes) -> Iterator[ParsedPart]:
    """Yield the page as the only part, in the encoding it states. Raises ReaderRefused and what its parser raises."""
    from bs4 import BeautifulSoup  # loaded in the child only

    soup = BeautifulSoup(data, "html.parser")
    for element in soup.select(", ".join(_LEFT_OUT)):
        element.decompose()
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    body = soup.find("main") or soup.body or soup
    if soup.title:
        soup.title.decompose()
    for heading in body.find_all(_HEADINGS):
        _note_anchor(heading)
    text = markdown_of(body)
    has_own_title = re.match(r"#\s", text) is not None
    yield ParsedPart(f"# {title}\n\n{text}" if title and text and not has_own_title else text)


def _note_anchor(heading: Tag) -> None:
    """Record a heading's anchor: its own id, a link in it to itself, which is removed, or its section's id."""
    links = [link for link in heading.find_all("a") if str(link.get("href", "")).startswith("#")]
    section = heading.parent if heading.parent is not None and heading.parent.name == "section" else None
    linked = [unquote(str(link["href"])[1:]) for link in links]
    named = [heading.get("id"), *linked, None if section is None else section.get("id")]
    for link in links:
        if not any(char.isalnum() for char in link.get_text()):
            link.decompose()
    anchor = next((name for name in named if isinstance(name, str) and _ANCHOR.fullmatch(name)), None)
    heading["data-anchor"] = anchor or ""


def markdown_of(body: Tag) -> str:
    """Return HTML as Markdown, with a heading's `data-anchor` behind it as `knowledge.chunking.headings` reads it."""
    from markdownify import MarkdownConverter

    class WithAnchors(MarkdownConverter):
        def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802
            anchor = str(el.get("data-anchor", ""))
            named = f"{text.strip()} {{#{anchor}}}" if anchor else text
            return str(super().convert_hN(n, el, named, parent_tags))  # type: ignore[misc]  # its stub leaves it out

    if not body.get_text(strip=True):
        return ""
    normalise_tables(body)
    converter = WithAnchors(heading_style="ATX", strip=["a", "img"], table_infer_header=True)
    return re.sub(r"\n{3,}", "\n\n", converter.convert_soup(body)).strip()


def normalise_tables(body: Tag) -> None:
    """Make each table a plain grid with one header row. Raises ReaderRefused if its spans make too many cells."""
    left = MAX_COPIED
    for table in body.find_all("table"):
        if table.find("table") is not None:
            _undo_layout(table)
        else:
            left -= _fill_spans(table, left)
            _join_heads(table)
            _escape_bars(table)


def _undo_layout(table: Tag) -> None:
    """Turn a table that contains tables, and so only lays out the page, into paragraphs."""
    for name in ("thead", "tbody", "tfoot", "tr", "td", "th", "caption"):
        for element in table.find_all(name):
            if element.find_parent("table") is table:
                element.name = "div"
    table.name = "div"


def _fill_spans(table: Tag, most: int) -> int:
    """Return how much was added. A row span is repeated in each row, a column span in each column of the header."""
    above: dict[int, tuple[Tag, int]] = {}
    count = 0
    for number, row in enumerate(table.find_all("tr")):
        cells = [cell.extract() for cell in row.find_all(["td", "th"], recursive=False)]
        row.clear()
        count -= sum(map(_element_count, cells))
        for cell in _place_cells(cells, above, is_head=number == 0):
            count += _element_count(cell)
            if count > most:
                raise ReaderRefused("too_large")
            row.append(cell)
    return count


def _place_cells(cells: list[Tag], above: dict[int, tuple[Tag, int]], *, is_head: bool) -> Iterator[Tag]:
    """Yield a row's cells and those that reach into it from above, whose remaining height is counted down."""
    column = 0
    for cell in cells:
        while column in above:
            yield _from_above(above, column)
            column += 1
        height = _span(cell, "rowspan")
        for offset in range(_span(cell, "colspan")):
            placed = copy.copy(cell) if offset else cell
            if offset and not is_head and cell.name != "th":
                placed.clear()
            if height > 1:
                above[column] = (placed, height - 1)
            yield placed
            column += 1
    for later in sorted(at for at in above if at >= column):
        yield _from_above(above, later)


def _from_above(above: dict[int, tuple[Tag, int]], column: int) -> Tag:
    cell, left = above.pop(column)
    if left > 1:
        above[column] = (cell, left - 1)
    return copy.copy(cell)


def _element_count(cell: Tag) -> int:
    return 1 + sum(1 for _ in cell.descendants)


def _span(cell: Tag, name: str) -> int:
    given = str(cell.attrs.pop(name, "1"))
    return min(max(int(given), 1), MAX_SPAN) if given.isascii() and given.isdigit() and len(given) < 6 else 1


def _join_heads(table: Tag) -> None:
    """Join several header rows into one: `2026` above `March` becomes `2026 March`."""
    rows = table.find_all("tr")
    heads = []
    for row in rows[:_MOST_HEAD_ROWS]:
        cells = row.find_all(["td", "th"], recursive=False)
        if not cells or any(cell.name != "th" for cell in cells):
            break
        heads.append(cells)
    if len(heads) < 2 or len({len(cells) for cells in heads}) > 1:
        return
    for stacked in zip(*heads, strict=True):
        words = dict.fromkeys(text for cell in stacked if (text := cell.get_text(" ", strip=True)))
        stacked[0].string = " ".join(words)
    for row in rows[1 : len(heads)]:
        row.decompose()


def _escape_bars(table: Tag) -> None:
    for text in table.find_all(string=lambda text: text is not None and "|" in text):
        text.replace_with(str(text).replace("|", "\\|"))
