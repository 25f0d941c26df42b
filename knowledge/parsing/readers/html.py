"""A web page as Markdown: what a reader sees of it, with its headings, lists, tables and code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from knowledge.parsing.readers.html_to_markdown import markdown_of
from knowledge.parsing.readers.parts import ParsedPart

if TYPE_CHECKING:
    from bs4 import Tag

# What a browser does not show, and what stands around the text on every page of a site.
_LEFT_OUT = ("script", "style", "noscript", "template", "svg", "iframe", "nav", "footer", "aside", "form")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_ANCHOR = re.compile(r"[^\s{}#]{1,100}")


def read_html(data: bytes) -> Iterator[ParsedPart]:
    """The page, as the only part, in whatever encoding it states. Raises Refused, and what its parser raises."""
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
    """Find what leads to a heading: its own id, a link in it to itself, which goes, or the id of its section."""
    links = [link for link in heading.find_all("a") if str(link.get("href", "")).startswith("#")]
    section = heading.parent if heading.parent is not None and heading.parent.name == "section" else None
    linked = [unquote(str(link["href"])[1:]) for link in links]
    named = [heading.get("id"), *linked, None if section is None else section.get("id")]
    for link in links:
        if not any(char.isalnum() for char in link.get_text()):
            link.decompose()
    anchor = next((name for name in named if isinstance(name, str) and _ANCHOR.fullmatch(name)), None)
    heading["data-anchor"] = anchor or ""
