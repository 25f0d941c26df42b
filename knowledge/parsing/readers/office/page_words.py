"""Tells headers and footers that only count pages from those that say something. Edit it for a language's words."""

from __future__ import annotations

import re

_ONLY_PAGE_WORDS = re.compile(r"(?:\W|\d|_|page|seite|página|pagina|of|von|de|di|sur|第|页|頁|共)*", re.IGNORECASE)


def only_counts_pages(words: str) -> bool:
    """Return whether a header or footer has nothing but a page's number, such as `Page 3 of 9`."""
    return _ONLY_PAGE_WORDS.fullmatch(words) is not None
