"""Resolves a Word file's styles: which paragraphs are headings, which text is hidden, which lists a style numbers.

Edit it for what a style, or one that it is based on, says of its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.parsing.readers.office.package import is_on

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
VALUE = f"{W}val"

_HEADING = re.compile(r"(?:heading|标题|標題|überschrift|titre|título|titolo|kop) ?([1-9])", re.IGNORECASE)
"""Word writes the English name in every language; other programs write their own."""
_BODY_LEVEL = 9
"""The outline level of text that is no heading."""


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    based_on: str | None
    element: Element


class WordStyles:
    """Keeps the styles of a file by their ids."""

    def __init__(self, root: Element | None) -> None:
        """Read `word/styles.xml`; None: the file has none."""
        self._styles: dict[str, _Style] = {}
        self._default: str | None = None
        for element in [] if root is None else root.findall(f"{W}style"):
            key = element.get(f"{W}styleId", "")
            self._styles[key] = _Style(value_of(element, f"{W}name") or key, value_of(element, f"{W}basedOn"), element)
            if (
                element.get(f"{W}type") == "paragraph"
                and is_on(element, f"{W}default")
                and f"{W}default" in element.attrib
            ):
                self._default = key

    def is_title(self, properties: Element | None) -> bool:
        """Return whether a paragraph with these properties is the document's title."""
        return any(style.name.lower() == "title" for style in self._chain(_style_id(properties, "pStyle")))

    def heading_level(self, properties: Element | None) -> int | None:
        """Return a paragraph's level among the headings, from 0; None if it is no heading."""
        own = value_of(properties, f"{W}outlineLvl")
        if own is not None:
            return _level(own)
        key = _style_id(properties, "pStyle")
        if key is not None and key not in self._styles and (named := _HEADING.fullmatch(key)):
            return int(named[1]) - 1
        for style in self._chain(key):
            if (level := value_of(style.element, f"{W}pPr/{W}outlineLvl")) is not None:
                return _level(level)
            if named := _HEADING.fullmatch(style.name):
                return int(named[1]) - 1
        return None

    def hides(self, run_properties: Element | None, paragraph_properties: Element | None) -> bool:
        """Return whether a run with these properties is hidden."""
        own = _vanish(run_properties)
        if own is not None:
            return own
        for key in (_style_id(run_properties, "rStyle"), _style_id(paragraph_properties, "pStyle") or self._default):
            for style in self._chain(key):
                if (hidden := _vanish(style.element.find(f"{W}rPr"))) is not None:
                    return hidden
        return False

    def numbering(self, key: str | None) -> tuple[str, str | None, str | None] | None:
        """Return the numbering that a style gives its paragraphs: the number's id, the level, and the style's id."""
        for style_id, style in self._named_chain(key):
            if number := value_of(style.element, f"{W}pPr/{W}numPr/{W}numId"):
                return number, value_of(style.element, f"{W}pPr/{W}numPr/{W}ilvl"), style_id
        return None

    def _chain(self, key: str | None) -> Iterator[_Style]:
        return (style for _, style in self._named_chain(key))

    def _named_chain(self, key: str | None) -> Iterator[tuple[str, _Style]]:
        """Yield a style and those that it is based on, with their ids."""
        seen: set[str] = set()
        while key is not None and key in self._styles and key not in seen:
            seen.add(key)
            yield key, self._styles[key]
            key = self._styles[key].based_on


def value_of(element: Element | None, path: str) -> str | None:
    """Return the value of an element below this one; None if there is none."""
    found = None if element is None else element.find(path)
    return None if found is None else found.get(VALUE)


def _style_id(properties: Element | None, name: str) -> str | None:
    return value_of(properties, f"{W}{name}")


def _level(text: str) -> int | None:
    return int(text) if text.isdecimal() and int(text) < _BODY_LEVEL else None


def _vanish(properties: Element | None) -> bool | None:
    """Return whether properties hide text; None: they do not say."""
    found = None if properties is None else properties.find(f"{W}vanish")
    return None if found is None else is_on(found, VALUE)
