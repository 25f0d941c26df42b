"""Reads an EPUB as Markdown: its chapters in reading order, as web pages, each below its title.

Edit it for how a book's chapters, their titles and its notes are found.
"""

from __future__ import annotations

import posixpath
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from knowledge.parsing.readers.html import markdown_with_notes
from knowledge.parsing.readers.office.package import MAX_TAGS, Package, local_name, parse_xml
from knowledge.parsing.readers.page_cleaning import HEADINGS, clean_page
from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from knowledge.types import LeftOut, LeftOutKind

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from bs4 import BeautifulSoup, Tag

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml", "text/x-oeb1-document"}
_NOTE_NUMBER = re.compile(r"\d{0,4}[.):]?\s*")
_NOTE_MARKS = {"noteref", "doc-noteref"}
_NOTE_CLASSES = {"footnote-ref", "noteref"}


@dataclass(frozen=True, slots=True)
class _Item:
    """Holds an entry of the book's list of files."""

    name: str
    """In the zip."""
    kind: str
    properties: frozenset[str]


def read_epub(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield a part for each chapter that has text. Raises ReaderRefused, BadZipFile, ParseError and RecursionError."""
    package = Package(data)
    name = _package_name(package)
    root = _xml(package, name)
    if root is None:
        raise ReaderRefused("corrupt")
    items = _items(root, name)
    chapters = [items[key] for key in _reading_order(root) if key in items]
    if _encrypted(package) & {each.name for each in chapters}:
        raise ReaderRefused("encrypted")
    title, authors = _title_and_authors(root)
    titles = _titles(package, root, items)
    is_named = not (title and authors)
    for chapter in chapters:
        if chapter.name not in package.names or chapter.kind not in _PAGES:
            yield LeftOut(LeftOutKind.PAGE)
            continue
        if "nav" in chapter.properties:
            continue
        for part in _read_chapter(package.content(chapter.name), titles.get(chapter.name, "")):
            if isinstance(part, ParsedPart) and not is_named:
                is_named = True
                if authors not in part.text:  # It is no title page.
                    yield ParsedPart(f"# {title}\n\n{authors}")
            yield part


def _package_name(package: Package) -> str:
    """Return the name of the file that describes the book."""
    container = _xml(package, _CONTAINER)
    found = [] if container is None else [each for each in container.iter() if local_name(each) == "rootfile"]
    name = next((each.get("full-path", "") for each in found), "")
    if not name:
        raise ReaderRefused("corrupt")
    return posixpath.normpath(unquote(name))


def _xml(package: Package, name: str) -> Element | None:
    """Return the root of an XML file, which may have a DTD, but no entities. Raises ParseError, DefusedXmlException."""
    return parse_xml(package.content(name), forbid_dtd=False) if name in package.names else None


def _items(root: Element, name: str) -> dict[str, _Item]:
    """Return the book's files by id."""
    folder = posixpath.dirname(name)
    return {
        each.get("id", ""): _Item(
            _resolved(folder, each.get("href", "")),
            each.get("media-type", ""),
            frozenset(each.get("properties", "").split()),
        )
        for each in root.iter()
        if local_name(each) == "item"
    }


def _reading_order(root: Element) -> list[str]:
    """Return the ids of the chapters in order, each once."""
    return list(dict.fromkeys(each.get("idref", "") for each in root.iter() if local_name(each) == "itemref"))


def _resolved(folder: str, reference: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(reference.partition("#")[0])))


def _encrypted(package: Package) -> set[str]:
    """Return the names of the files that are encrypted; fonts often are, in books that everybody can read."""
    root = _xml(package, _ENCRYPTION)
    if root is None:
        return set()
    return {unquote(each.get("URI", "")) for each in root.iter() if local_name(each) == "CipherReference"}


def _title_and_authors(root: Element) -> tuple[str, str]:
    """Return the book's title, and the names of those who wrote it; empty where it states none."""
    said: dict[str, list[str]] = {"title": [], "creator": []}
    for each in root.iter():
        if (words := " ".join((each.text or "").split())) and local_name(each) in said:
            said[local_name(each)].append(words)
    return next(iter(said["title"]), ""), ", ".join(said["creator"])


def _titles(package: Package, root: Element, items: Mapping[str, _Item]) -> dict[str, str]:
    """Return the title that the table of contents gives each file, by the file's name."""
    toc = next((each.get("toc", "") for each in root.iter() if local_name(each) == "spine"), "")
    lists = [each for each in items.values() if "nav" in each.properties]
    lists += [items[toc]] if toc in items else []
    titles: dict[str, str] = {}
    for each in lists:
        if each.name in package.names:
            soup = _soup(package.content(each.name))
            for title, reference in _entries(soup):
                titles.setdefault(_resolved(posixpath.dirname(each.name), reference), title)
    return titles


def _entries(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Yield the entries of a table of contents: of the links of EPUB 3, or the points of EPUB 2."""
    for link in soup.select("nav a[href]"):
        if words := " ".join(link.get_text(" ").split()):
            yield words, str(link["href"])
    for point in soup.find_all("navpoint"):
        label, content = point.find("text"), point.find("content", src=True)
        words = "" if label is None else " ".join(label.get_text(" ").split())
        if words and content is not None:
            yield words, str(content["src"])


def _read_chapter(content: bytes, title: str) -> Iterator[ParsedPart | LeftOut]:
    soup = _soup(content)
    left_out = clean_page(soup)
    body = soup.body or soup
    _mark_notes(body)
    markdown = markdown_with_notes(body).rstrip().removesuffix("\n---")  # The rule above moved notes.
    if markdown:
        has_heading = body.find(HEADINGS) is not None
        yield ParsedPart(f"# {title}\n\n{markdown}" if title and not has_heading else markdown)
    yield from (LeftOut(kind, count) for kind, count in left_out.items() if count)


def _soup(content: bytes) -> BeautifulSoup:
    """Return a page, parsed as HTML so that no entity of its own is ever expanded. Raises ReaderRefused."""
    from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning

    if content.count(b"<") > MAX_TAGS:
        raise ReaderRefused("too_large")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        try:
            return BeautifulSoup(content.decode("utf-8-sig"), "html.parser")
        except UnicodeDecodeError:  # The parser reads the encoding that the page states.
            return BeautifulSoup(content, "html.parser")


def _mark_notes(body: Tag) -> None:
    """Write links to notes of the same page, and these notes, as Markdown's footnotes."""
    by_id = {str(each["id"]): each for each in body.find_all(id=True)}
    marked: dict[str, str] = {}
    for link in body.find_all("a", href=True):
        target = by_id.get(unquote(str(link["href"]).removeprefix("#")))
        if not str(link["href"]).startswith("#") or target is None or not _is_note_mark(link):
            continue
        if target.find_parent("a") is not None or link in target.descendants:
            continue
        name = marked.setdefault(str(target["id"]), f"n{len(marked) + 1}")
        link.replace_with(f"[^{name}]")
    for key, name in marked.items():
        target = by_id[key]
        for link in target.find_all("a", href=True):
            if not any(char.isalpha() for char in link.get_text()):  # The way back.
                link.decompose()
        words = " ".join(target.get_text(" ").split())
        target.clear()
        target.name = "p"
        target.append(f"[^{name}]: {_NOTE_NUMBER.sub('', words, count=1)}")


def _is_note_mark(link: Tag) -> bool:
    kinds = {*str(link.get("epub:type", "")).split(), *str(link.get("role", "")).split()}
    return bool(kinds & _NOTE_MARKS or _NOTE_CLASSES.intersection(link.get_attribute_list("class")))
