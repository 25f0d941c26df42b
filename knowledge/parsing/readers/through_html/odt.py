"""Reads an OpenDocument text as Markdown: headings, lists with their numbers, tables, notes, boxes and comments.

The document is rewritten as HTML first. Edit it for what an element becomes, and for what is left out.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter as Tally
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from knowledge.parsing.readers.doctype import refuse_dtd
from knowledge.parsing.readers.html import MAX_SPAN, markdown_with_notes
from knowledge.parsing.readers.office.equations import mathml_text
from knowledge.parsing.readers.office.package import Package, local_name
from knowledge.parsing.readers.office.page_words import only_counts_pages
from knowledge.parsing.readers.parts import IMAGE_MARK, ParsedPart, ReaderRefused
from knowledge.parsing.readers.through_html.odt_styles import (
    STYLE,
    TABLE,
    TEXT,
    Counter,
    OdtStyles,
    holders,
    whole_number,
)
from knowledge.types import LeftOut, LeftOutKind

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_CELLS = 300_000
"""Of all tables, with those that are repeated."""
MAX_COLUMNS = 2000
MAX_SPACES = 100
"""Of those that one element stands for."""

_HREF = "{http://www.w3.org/1999/xlink}href"
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_MANIFEST = "META-INF/manifest.xml"
_SKIPPED = frozenset(
    [
        *("forms", "sequence-decls", "variable-decls", "user-field-decls", "dde-connection-decls", "control"),
        *("alphabetical-index-auto-mark-file", "table-of-content", "illustration-index", "table-index", "shapes"),
        *("object-index", "alphabetical-index", "soft-page-break", "tracked-changes", "annotation-end"),
    ]
)
"""Elements that show nothing, or the headings once more."""
_SHAPES = frozenset(
    [
        *("custom-shape", "rect", "ellipse", "circle", "polygon", "polyline", "path", "regular-polygon", "caption"),
        *("connector", "line"),
    ]
)
_BESIDE = _SHAPES | {"note", "annotation", "frame", "g"}
_DECORATION = frozenset({"line", "connector", "polyline", "path"})
_PAGE_FIELDS = frozenset({"page-number", "page-count", "page-continuation"})
_PRE_JOINT = re.compile(r"</code></pre>\n?<pre><code>")
_BLANKS = re.compile(r"[ \t\r\n]+")
_MATH_PREFIX = re.compile(r"<(/?)math:")


def read_odt(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield the document as the only part. Raises ReaderRefused, ParseError, KeyError and RecursionError."""
    from bs4 import BeautifulSoup

    package = Package(data)
    if b"encryption-data" in (package.content(_MANIFEST) if _MANIFEST in package.names else b""):
        raise ReaderRefused("encrypted")
    refuse_dtd(data)
    root, common = package.xml("content.xml"), package.xml("styles.xml")
    body = None if root is None else next((each for each in root.iter() if local_name(each) == "body"), None)
    text = None if body is None else next((each for each in body if local_name(each) == "text"), None)
    if root is None or text is None:
        raise ReaderRefused("corrupt" if body is None else "misnamed")
    (shared, named) = holders(common, "styles", "automatic-styles")
    rewriting = _Rewriting(package, OdtStyles(*holders(root, "automatic-styles"), shared))
    above = _page_texts(common, _Rewriting(package, OdtStyles(named, shared)))
    html = "\n".join([*above, rewriting.blocks(text), *rewriting.notes])
    yield ParsedPart(markdown_with_notes(BeautifulSoup(_PRE_JOINT.sub("\n", html), "html.parser")))
    yield from (LeftOut(kind, count) for kind, count in rewriting.left_out.items() if count)


def _page_texts(common: Element | None, rewriting: _Rewriting) -> Iterator[str]:
    """Yield the paragraphs of headers, then of footers, each once and none that only counts the pages."""
    seen: set[str] = set()
    (pages,) = holders(common, "master-styles")
    for name in ("header", "footer"):
        for page in () if pages is None else pages:
            for part in page.findall(f"{STYLE}{name}"):
                if part.get(f"{STYLE}display") == "false":
                    continue
                for paragraph in part.iter(f"{TEXT}p"):
                    words = rewriting.words(paragraph)
                    if words not in seen and not only_counts_pages(words):
                        seen.add(words)
                        yield f"<p>{escape(words)}</p>"


class _Rewriting:
    """Writes the elements of a document as HTML, and counts what it leaves out."""

    def __init__(self, package: Package, styles: OdtStyles) -> None:
        self.left_out: Tally[LeftOutKind] = Tally()
        self.notes: list[str] = []
        self._package = package
        self._styles = styles
        self._headings = Counter(styles.outline)
        self._lists: dict[str, Counter] = {}
        self._last_of_style: dict[str, Counter] = {}
        self._below: list[str] = []
        self._cells_left = MAX_CELLS

    def words(self, paragraph: Element) -> str:
        """Return the words of a paragraph of a header or footer, without the numbers of pages."""
        shown = [paragraph.text or ""]
        for child in paragraph:
            name = local_name(child)
            if name not in _PAGE_FIELDS:
                shown.append(
                    " " if name in {"tab", "s", "line-break"} else "" if name in _SKIPPED else self.words(child)
                )
            shown.append(child.tail or "")
        return " ".join("".join(shown).split()) if local_name(paragraph) == "p" else "".join(shown)

    def blocks(self, parent: Element) -> str:
        """Return the blocks below an element."""
        return "\n".join(block for child in parent for block in self._block(child))

    def _block(self, element: Element) -> Iterator[str]:
        match local_name(element):
            case "p" | "h":
                yield from self._paragraph(element)
            case "list":
                yield self._list(element, None, 1)
            case "table":
                yield self._table(element)
            case "section" if self._is_hidden_section(element):
                self._count_hidden(element)
            case "tracked-changes":
                self.left_out[LeftOutKind.DELETED_TEXT] += sum(
                    _has_text(each) for each in element.iter(f"{TEXT}deletion")
                )
            case "frame" | "g" | "a" if local_name(element) != "a" or not (element.text or "").strip():
                yield from self._drawn_blocks(element)
            case name if name in _SHAPES:
                yield from self._drawn_blocks(element)
            case name if name in _SKIPPED:
                return
            case _:
                yield from (block for child in element for block in self._block(child))

    def _is_hidden_section(self, element: Element) -> bool:
        return (
            element.get(f"{TEXT}display") == "none"
            or element.get(f"{TEXT}is-hidden") == "true"
            or self._styles.collapses("section", element.get(f"{TEXT}style-name"))
        )

    def _count_hidden(self, element: Element) -> None:
        self.left_out[LeftOutKind.HIDDEN_TEXT] += _has_text(element)

    def _drawn_blocks(self, element: Element) -> Iterator[str]:
        described = self._drawn(element)
        if described.strip():
            yield f"<p>{described.strip()}</p>"
        yield from self._take_below()

    def _take_below(self) -> list[str]:
        below, self._below = self._below, []
        return below

    def _paragraph(self, element: Element, label: str = "") -> Iterator[str]:
        """Yield a paragraph or heading, and below it its boxes and comments."""
        style = element.get(f"{TEXT}style-name")
        hidden = element.find(f".//{TEXT}hidden-paragraph")
        if self._styles.hides_text("paragraph", style) or (
            hidden is not None and hidden.get(f"{TEXT}is-hidden") == "true"
        ):
            self._count_hidden(element)
            return
        meaning = self._styles.meaning(style)
        shown = self._inline(element, is_code=meaning == "code")
        if local_name(element) == "h":
            level = min(max(whole_number(element, f"{TEXT}outline-level") or 1, 1), 10)
            if element.get(f"{TEXT}is-list-header") != "true" and shown.strip():
                label = label or self._headings.next_label(level, _start(element))
            yield f"<h{min(level + 1, 6)}>{_labelled(label, shown)}</h{min(level + 1, 6)}>"
        elif meaning == "title":
            yield f"<h1>{shown}</h1>"
        elif meaning == "code":
            yield f"<pre><code>{shown}</code></pre>"
        elif meaning == "quote":
            yield f"<blockquote><p>{shown}</p></blockquote>"
        else:
            yield f"<p>{_labelled(label, shown)}</p>"
        yield from self._take_below()

    def _inline(self, parent: Element, *, is_code: bool = False) -> str:
        """Return the text within an element; boxes and comments are kept for what comes below it."""
        parts = [_plain(parent.text)]
        for child in parent:
            parts.append(self._inline_element(child, is_code=is_code))
            parts.append(_plain(child.tail))
        return "".join(parts)

    def _inline_element(self, element: Element, *, is_code: bool) -> str:
        shown = ""
        match local_name(element):
            case "s":
                shown = " " * min(whole_number(element, f"{TEXT}c") or 1, MAX_SPACES) if is_code else " "
            case "tab":
                shown = "\t" if is_code else " "
            case "line-break":
                shown = "\n" if is_code else "<br>"
            case "span":
                shown = self._span(element, is_code=is_code)
            case "hidden-text" if element.get(f"{TEXT}is-hidden") == "true":
                self.left_out[LeftOutKind.HIDDEN_TEXT] += 1
            case "a":
                address = escape(element.get(_HREF, ""))
                shown = f'<a href="{address}">{self._inline(element, is_code=is_code)}</a>'
            case "ruby":
                shown = "".join(self._inline(each) for each in element if local_name(each) == "ruby-base")
            case name if name in _BESIDE:
                shown = self._beside(element, name)
            case name if name not in _SKIPPED:
                shown = self._inline(element, is_code=is_code)
        return shown

    def _span(self, element: Element, *, is_code: bool) -> str:
        style = element.get(f"{TEXT}style-name")
        if self._styles.hides_text("text", style):
            self._count_hidden(element)
            return ""
        shown = self._inline(element, is_code=is_code)
        raised = self._styles.raises(style)
        return f"<{raised}>{shown}</{raised}>" if raised else shown

    def _beside(self, element: Element, name: str) -> str:
        """Return the mark of a note, and what a picture says; what a comment or box says goes below the paragraph."""
        if name == "note":
            return self._note(element)
        if name == "annotation":
            self._comment(element)
            return ""
        return self._drawn(element)

    def _note(self, element: Element) -> str:
        name = f"n{len(self.notes) + 1}"
        self.notes.append("")
        place = len(self.notes) - 1
        bodies = (each for each in element if local_name(each) == "note-body")
        words = " ".join(self._inline(each) for body in bodies for each in body.iter(f"{TEXT}p"))
        if not words.strip():
            return ""
        self.notes[place] = f"<p>[^{name}]: {words}</p>"
        return f"[^{name}]"

    def _comment(self, element: Element) -> None:
        author = next((" ".join((each.text or "").split()) for each in element if local_name(each) == "creator"), "")
        words = "<br>".join(self._inline(each) for each in element.iter(f"{TEXT}p"))
        if words.strip():
            self._below.append(f"<blockquote><p>{_labelled(escape(author and f'{author}:'), words)}</p></blockquote>")

    def _drawn(self, element: Element) -> str:
        """Return what a picture or a shape says of itself in the line; its text goes below the paragraph."""
        name = local_name(element)
        if name in {"g", "a"}:
            return "".join(self._drawn(each) for each in element if local_name(each) in {"frame", "g", "a", *_SHAPES})
        described = next(
            (
                words
                for kind in ("desc", "title")
                for each in element
                if local_name(each) == kind and (words := " ".join((each.text or "").split()))
            ),
            "",
        )
        if name in _SHAPES:
            texts = "\n".join(
                block for each in element if local_name(each) in {"p", "list"} for block in self._block(each)
            )
            if _has_text(element) and texts:
                self._below.append(texts)
                return ""
            self.left_out[LeftOutKind.DRAWING] += not described and name not in _DECORATION
            return f" {IMAGE_MARK} {escape(described)} " if described else ""
        return self._framed(element, described)

    def _framed(self, element: Element, described: str) -> str:
        """Return what the first form of a frame's contents says; the others are pictures of it."""
        for content in element:
            match local_name(content):
                case "text-box":
                    outer = self._take_below()
                    inner = self.blocks(content)
                    self._below = [*outer, *([inner] if inner.strip() else []), *self._below]
                    return ""
                case "table":
                    self._below.append(self._table(content))
                    return ""
                case "object":
                    return self._object(content)
                case "object-ole" | "plugin" | "applet" | "floating-frame":
                    self.left_out[LeftOutKind.EMBEDDED_FILE] += 1
                    return ""
                case "image":
                    self.left_out[LeftOutKind.PICTURE] += not described
                    return f" {IMAGE_MARK} {escape(described)} " if described else ""
                case _:
                    continue
        return ""

    def _object(self, element: Element) -> str:
        """Return an embedded equation on one line; any other object is counted."""
        from bs4 import BeautifulSoup

        name = posixpath.normpath(f"{element.get(_HREF, '')}/content.xml")
        content = self._package.content(name) if name in self._package.names else b""
        if b":chart" in content[:20_000] and b"office:chart" in content:
            self.left_out[LeftOutKind.CHART] += 1
            return ""
        math = BeautifulSoup(_MATH_PREFIX.sub(r"<\1", content.decode("utf-8", "replace")), "html.parser").find("math")
        equation = "" if math is None else " ".join(mathml_text(math).split())
        if math is None:
            self.left_out[LeftOutKind.EMBEDDED_FILE] += 1
        elif not equation:
            self.left_out[LeftOutKind.EQUATION] += 1
        return escape(equation)

    def _list(self, element: Element, counter: Counter | None, level: int) -> str:
        """Return a list, each of its items with the number that it is shown with."""
        counter = self._counter(element, counter, level)
        items: list[str] = []
        for item in element:
            if local_name(item) not in {"list-item", "list-header"}:
                continue
            is_empty = not any(local_name(each) != "list" for each in item)
            label = "" if local_name(item) == "list-header" or is_empty else counter.next_label(level, _start(item))
            headings = [each for each in item if local_name(each) == "h"]
            if headings:  # A heading that is numbered as a list.
                items += [block for each in headings for block in self._paragraph(each, label)]
                continue
            inner: list[str] = []
            for each in item:
                if local_name(each) == "list":
                    inner.append(self._list(each, counter, level + 1))
                else:
                    inner += self._block(each)
            content = "\n".join(inner)
            marked = f' data-label="{escape(label)}"' if label else ""
            items.append(content if is_empty else f"<ul><li{marked}>{content}</li></ul>")
        return _LIST_JOINT.sub("\n", "\n".join(items))

    def _counter(self, element: Element, counter: Counter | None, level: int) -> Counter:
        """Return what counts a list: that of the list around it, of the one that it continues, or a new one."""
        name = element.get(f"{TEXT}style-name")
        if counter is not None and name is None:
            counter.restart_below(level - 1)
            return counter
        earlier, own = element.get(f"{TEXT}continue-list"), element.get(_ID)
        continued = None if earlier is None else self._lists.get(earlier)
        if continued is None and element.get(f"{TEXT}continue-numbering") == "true":
            continued = self._last_of_style.get(name or "")
        found = Counter(self._styles.list_style(name)) if continued is None else continued
        self._last_of_style[name or ""] = found
        if own is not None:
            self._lists[own] = found
        return found

    def _table(self, table: Element) -> str:
        hidden = self._hidden_columns(table)
        rows = "\n".join(self._row(row, hidden, is_head=is_head) for row, is_head in _rows(table, is_head=False))
        return f"<table>{rows}</table>" + "\n".join(self._take_below())

    def _hidden_columns(self, table: Element) -> set[int]:
        hidden: set[int] = set()
        at = 0
        for column in _columns(table):
            count = min(whole_number(column, f"{TABLE}number-columns-repeated") or 1, MAX_SPAN)
            if column.get(f"{TABLE}visibility") in {"collapse", "filter"}:
                hidden.update(range(at, at + count))
            at += count
        self.left_out[LeftOutKind.HIDDEN_COLUMN] += len(hidden)
        return hidden

    def _row(self, row: Element, hidden: set[int], *, is_head: bool) -> str:
        if row.get(f"{TABLE}visibility") in {"collapse", "filter"}:
            self.left_out[LeftOutKind.HIDDEN_ROW] += 1
            return ""
        tag, at, cells = "th" if is_head else "td", 0, []
        for cell in row:
            name = local_name(cell)
            if name not in {"table-cell", "covered-table-cell"}:
                continue
            count = min(whole_number(cell, f"{TABLE}number-columns-repeated") or 1, MAX_SPAN)
            content = self.blocks(cell) if name == "table-cell" else ""
            spans = f"{_span(cell, 'columns', 'colspan')}{_span(cell, 'rows', 'rowspan')}"
            for _ in range(count):
                self._cells_left -= 1
                if name == "table-cell" and at not in hidden:
                    cells.append(f"<{tag}{spans}>{content}</{tag}>")
                at += 1
        copies = min(whole_number(row, f"{TABLE}number-rows-repeated") or 1, MAX_SPAN) if _has_text(row) else 1
        self._cells_left -= len(cells) * (copies - 1)
        if self._cells_left < 0 or at > MAX_COLUMNS:
            raise ReaderRefused("too_large")
        return f"<tr>{''.join(cells)}</tr>" * copies


_LIST_JOINT = re.compile(r"</ul>\n<ul>")


def _rows(parent: Element, *, is_head: bool) -> Iterator[tuple[Element, bool]]:
    """Yield the rows of a table, and whether each is of its head."""
    for child in parent:
        name = local_name(child)
        if name == "table-row":
            yield child, is_head
        elif name in {"table-header-rows", "table-rows", "table-row-group"}:
            yield from _rows(child, is_head=is_head or name == "table-header-rows")


def _columns(parent: Element) -> Iterator[Element]:
    for child in parent:
        name = local_name(child)
        if name == "table-column":
            yield child
        elif name in {"table-header-columns", "table-columns", "table-column-group"}:
            yield from _columns(child)


def _span(cell: Element, axis: str, attribute: str) -> str:
    count = whole_number(cell, f"{TABLE}number-{axis}-spanned") or 1
    return f' {attribute}="{min(count, MAX_SPAN)}"' if count > 1 else ""


def _start(element: Element) -> int | None:
    """Return the number at which counting starts anew with this heading or item; None: it goes on."""
    if element.get(f"{TEXT}restart-numbering") == "true":
        return whole_number(element, f"{TEXT}start-value") or 1
    return whole_number(element, f"{TEXT}start-value")


def _plain(text: str | None) -> str:
    """Return text as HTML, with one blank in place of several, as the format means them."""
    return "" if text is None else escape(_BLANKS.sub(" ", text), quote=False)


def _labelled(label: str, shown: str) -> str:
    return f"{label} {shown}" if label else shown


def _has_text(element: Element) -> bool:
    return any(char.isalnum() for text in element.itertext() for char in text)
