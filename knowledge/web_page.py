"""A web page as Markdown: what a reader sees of it, with its headings, lists, tables and code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

# What a browser does not show, and what stands around the text on every page of a site.
_LEFT_OUT = ("script", "style", "noscript", "template", "svg", "iframe", "nav", "footer", "aside", "form")


def web_page(path: Path) -> Iterator[tuple[int, str]]:
    """The page, as the only one, in whatever encoding it states. Raises what its parser raises."""
    from bs4 import BeautifulSoup  # loaded in the child only
    from markdownify import MarkdownConverter

    soup = BeautifulSoup(path.read_bytes(), "html.parser")
    for element in soup.select(", ".join(_LEFT_OUT)):
        element.decompose()
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    body = soup.find("main") or soup.body or soup
    if soup.title:
        soup.title.decompose()
    text = MarkdownConverter(heading_style="ATX", strip=["a", "img"]).convert_soup(body)
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    has_own_title = re.match(r"#\s", text) is not None
    yield 1, f"# {title}\n\n{text}" if title and text and not has_own_title else text
