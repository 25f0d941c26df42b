"""Removes what stands at the top or bottom of page after page, but for the first time. Edit it for page numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from knowledge.parsing.pdf_layout.blocks import Block, Line

_LEAST_PAGES = 3
_LEAST_SHARE = 0.4
"""The share of the pages between its first and its last; left and right pages may have a head each."""
_OUTERMOST = 2
"""Lines at each end of a page that may be a running head."""
_SAME_HEIGHT = 4.0
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_PAGE_NUMBER = re.compile(
    r"(?:\W|\b(?:pages?|p|pg|seite|s|von|of|página|pagina|de|sur|стр|из)\b|[第页頁共])*", re.IGNORECASE
)


def without_running_heads(pages: Sequence[Sequence[Block]]) -> list[list[Block]]:
    """Return the pages without lines that they share at their ends; the first of each stays, unless it is a number."""
    found = [list(_candidates(page)) for page in pages]
    places: dict[tuple[str, int], list[int]] = {}
    for number, candidates in enumerate(found):
        for line, key in candidates:
            places.setdefault((key, _height(line)), []).append(number)
    running = {key for (key, _), numbers in places.items() if _is_running(numbers)}
    kept: list[list[Block]] = []
    seen: set[str] = set()
    for page, candidates in zip(pages, found, strict=True):
        removed = {id(line) for line, key in candidates if key in running and (key in seen or _is_page_number(key))}
        seen.update(key for _, key in candidates)
        kept.append([block for block in page if id(block) not in removed])
    return kept


def _height(line: Line) -> int:
    return round(line.baseline / _SAME_HEIGHT) if math.isfinite(line.baseline) else -1


def _is_running(pages: Sequence[int]) -> bool:
    """Return whether a line is on most of the pages between its first and its last, such as those of a chapter."""
    return len(pages) >= _LEAST_PAGES and len(pages) >= _LEAST_SHARE * (pages[-1] - pages[0] + 1)


def _is_page_number(key: str) -> bool:
    return not _PAGE_NUMBER.sub("", _NUMBER.sub("", key))


def _candidates(page: Sequence[Block]) -> Iterator[tuple[Line, str]]:
    """Yield the outermost lines of a page, each with what running heads have in common."""
    lines = sorted((block for block in page if isinstance(block, Line)), key=lambda line: -line.baseline)
    ends = lines if len(lines) <= 2 * _OUTERMOST else [*lines[:_OUTERMOST], *lines[-_OUTERMOST:]]
    for line in ends:
        yield line, _NUMBER.sub("0", " ".join(line.text.casefold().split()))
