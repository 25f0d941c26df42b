"""Reads a web page as Markdown: its visible text with headings and anchors, lists, tables and code.

Edit it for spans, layouts and headers of tables; what is left out of a page is decided in `page_cleaning`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin

from knowledge.parsing.readers.links import linked
from knowledge.parsing.readers.page_cleaning import HEADINGS, clean_page, text_before
from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from knowledge.types import LeftOut
from text.markdown.footnotes import inline_footnotes

if TYPE_CHECKING:
    from bs4 import Tag

_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|e|ème|ère|o|a|os|as)\.?", re.IGNORECASE)
_UNRAISED = re.compile(r"\W*|TM|SM|R|MC|MD", re.IGNORECASE)
_ANCHOR = re.compile(r"[^\s{}#]{1,100}")
MAX_SPAN = 500
MAX_COPIED = 100_000
"""Elements and texts copied to fill the spans of all tables of a page."""
_MOST_HEAD_ROWS = 3


def read_html(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield the page as the only part, in the encoding it states. Raises ReaderRefused and what its parser raises."""
    from bs4 import BeautifulSoup  # loaded in the child only

    soup = BeautifulSoup(data, "html.parser")
    left_out = clean_page(soup)
    base = soup.find("base", href=True)
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    mains = soup.find_all(lambda each: each.name == "main" or each.get("role") == "main")
    body = next((main for main in mains if main.get_text(strip=True)), soup.body or soup)
    if soup.title:
        soup.title.decompose()
    for heading in body.find_all(HEADINGS):
        _note_anchor(heading)
    first = body.find(HEADINGS)
    is_repeated = first is not None and first.get_text(" ").split() == title.split()
    text = markdown_of(body, "" if base is None else str(base["href"]))
    has_own_title = re.match(r"#+\s" if is_repeated else r"#\s", text) is not None
    yield ParsedPart(f"# {title}\n\n{text}" if title and text and not has_own_title else text)
    yield from (LeftOut(kind, count) for kind, count in left_out.items() if count)


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


def markdown_of(body: Tag, base: str = "") -> str:
    """Return HTML as Markdown, with a heading's `data-anchor` behind it as `knowledge.chunking.headings` reads it.

    A list item's `data-label` is its number. Links with an address that can be used, after `base`, show it.
    """
    from markdownify import MarkdownConverter

    class WithAnchors(MarkdownConverter):
        def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802
            anchor = str(el.get("data-anchor", ""))
            named = f"{text.strip()} {{#{anchor}}}" if anchor else text
            return str(super().convert_hN(n, el, named, parent_tags))  # type: ignore[misc]  # its stub leaves it out

        def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
            if parent_tags & _UNLINKED:
                return text
            return linked(text, _address(base, str(el.get("href") or "").partition('"')[0].strip()))

        def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
            label = el.get("data-label")
            if label is None or not text.strip():
                return str(super().convert_li(el, text, parent_tags))  # type: ignore[misc]  # its stub leaves it out
            first, *others = text.strip().split("\n")
            return "\n".join([f"{label} {first}", *(f"   {line}" if line else "" for line in others)]) + "\n"

        def convert_sup(self, el: Tag, text: str, parent_tags: set[str]) -> str:
            return text if "_noformat" in parent_tags else _raised(el, text)

        def convert_sub(self, el: Tag, text: str, parent_tags: set[str]) -> str:
            return text if "_noformat" in parent_tags else _lowered(el, text)

    if not body.get_text(strip=True):
        return ""
    normalise_tables(body)
    converter = WithAnchors(heading_style="ATX", table_infer_header=True)
    markdown = re.sub(r"(?<! ) \n", "\n", converter.convert_soup(body))  # Two blanks break a line.
    return re.sub(r"\n{3,}", "\n\n", markdown).strip()


def markdown_with_notes(body: Tag) -> str:
    """Return HTML as Markdown, in which footnotes are written as in Markdown, with these at their marks."""
    return re.sub(r"\n{3,}", "\n\n", inline_footnotes(markdown_of(body))).strip("\n")


_UNLINKED = {*HEADINGS, "_noformat"}


def _address(base: str, href: str) -> str:
    """Return where a link leads, seen from `base`; empty if that is no address."""
    try:
        return urljoin(base, href)
    except ValueError:
        return ""


def _raised(element: Tag, text: str) -> str:
    """Return `10^3` for raised text; `1st`, `Boat®` and the mark of a note as they are."""
    words, before = text.strip(), text_before(element)
    link = element.find("a")
    if link is not None and str(link.get("href", "")).startswith("#"):
        return f"[{words.strip('[]')}]"
    if not before.strip() or _UNRAISED.fullmatch(words) or (before[-1:].isdigit() and _ORDINAL.fullmatch(words)):
        return text
    return f"^{words}" if re.fullmatch(r"\w+", words) else f"^({words})"


def _lowered(element: Tag, text: str) -> str:
    """Return `CO2` for lowered digits behind a letter, and `x_max` for what else is lowered."""
    words, before = text.strip(), text_before(element)
    if not words or not before.strip() or (words.isdigit() and before[-1:].isalpha()):
        return text
    return f"\\_{words}" if re.fullmatch(r"\w+", words) else f"\\_({words})"


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
