"""The fragments by which a web page's headings are linked to. Knows no page."""

from __future__ import annotations

import re

_NAMED = re.compile(r":?\s*#([^\s{}#]{1,100})(?:\s[^{}]*)?\}")
"""As Pandoc, kramdown and MkDocs write it, with classes and the like behind it."""
_LONGEST = 300
_MARKS = re.compile(r"[^\w\- ]+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


class Anchors:
    """Of one document's headings, in their order."""

    def __init__(self, *, by_words: bool) -> None:
        """`by_words`: a heading that names no anchor has one as GitHub, and most that show Markdown, make it."""
        self._by_words = by_words
        self._used: dict[str, int] = {}

    def of(self, heading: str) -> tuple[str, str | None]:
        """The heading's words, without the anchor that it names (`Refunds {#refunds}`), and its anchor."""
        words, _, attributes = heading.rpartition("{")
        if named := _NAMED.fullmatch(attributes):
            return words.strip() or named[1], named[1]
        return heading, self._slug(heading) if self._by_words else None

    def _slug(self, heading: str) -> str | None:
        slug = _MARKS.sub("", _LINK.sub(r"\1", heading[:_LONGEST]).strip().lower()).replace(" ", "-")
        if not slug or len(heading) > _LONGEST:
            return None
        before = self._used.get(slug, 0)
        self._used[slug] = before + 1
        return f"{slug}-{before}" if before else slug
