"""HTML as Markdown, with its headings' anchors. Knows neither where it came from nor what of it to leave out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from knowledge.parsing.readers.html_tables import normalise_tables

if TYPE_CHECKING:
    from bs4 import Tag


def markdown_of(body: Tag) -> str:
    """A heading's `data-anchor` stands behind it, in the form that `knowledge.chunking.anchors` reads."""
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
