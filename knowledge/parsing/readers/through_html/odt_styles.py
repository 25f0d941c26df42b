"""Reads what an OpenDocument text says of its styles: what they hide, what they stand for, and how lists count.

Edit it for which styles mean something, and for the numbers of headings and lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from knowledge.parsing.readers.office.package import local_name
from knowledge.parsing.readers.office.word_numbers import number_as

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_URN = "urn:oasis:names:tc:opendocument:xmlns"
TEXT = f"{{{_URN}:text:1.0}}"
STYLE = f"{{{_URN}:style:1.0}}"
TABLE = f"{{{_URN}:table:1.0}}"
MAX_LEVELS = 10

_LONGEST_CHAIN = 20
"""Styles above a style."""
_LONGEST_LABEL = 50
_MEANINGS: Mapping[str, str] = MappingProxyType(
    {"Title": "title", "Quotations": "quote", "Preformatted_20_Text": "code", "Source_20_Code": "code"}
)
_KINDS: Mapping[str, str] = MappingProxyType(
    {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman", "一, 二, 三, ...": "chineseCounting"}
)
"""What an OpenDocument file calls the ways of counting, and an Office file."""


class OdtStyles:
    """Looks up the styles of one part of a document."""

    def __init__(self, *holders: Element | None) -> None:
        """Create it from the elements that hold styles, the ones that count first in front."""
        self._styles: dict[tuple[str, str], Element] = {}
        self._lists: dict[str, Element] = {}
        self.outline: Element | None = None
        for element in (each for holder in holders if holder is not None for each in holder):
            name = element.get(f"{STYLE}name", "")
            match local_name(element):
                case "style":
                    self._styles.setdefault((element.get(f"{STYLE}family", ""), name), element)
                case "list-style":
                    self._lists.setdefault(name, element)
                case "outline-style":
                    self.outline = element

    def hides_text(self, family: str, name: str | None) -> bool:
        """Return whether text in this style is not shown."""
        for style in self._chain(family, name):
            for properties in style.findall(f"{STYLE}text-properties"):
                if (shown := properties.get(f"{TEXT}display")) is not None:
                    return shown == "none"
        return False

    def raises(self, name: str | None) -> str:
        """Return `sup` or `sub` if text in this style is raised or lowered; else empty."""
        for style in self._chain("text", name):
            for properties in style.findall(f"{STYLE}text-properties"):
                if place := properties.get(f"{STYLE}text-position"):
                    how = place.split()[0]
                    if how in {"super", "sub"}:
                        return "sup" if how == "super" else "sub"
                    return "" if not how.strip("-0%") else "sub" if how.startswith("-") else "sup"
        return ""

    def meaning(self, name: str | None) -> str:
        """Return `title`, `quote` or `code` if a paragraph's style is one of these; else empty."""
        parents = (style.get(f"{STYLE}parent-style-name", "") for style in self._chain("paragraph", name))
        names = [name or "", *parents]
        return next((_MEANINGS[each] for each in names if each in _MEANINGS), "")

    def collapses(self, family: str, name: str | None) -> bool:
        """Return whether a section in this style is not shown."""
        return any(
            properties.get(f"{TEXT}display") == "none"
            for style in self._chain(family, name)
            for properties in style.findall(f"{STYLE}section-properties")
        )

    def list_style(self, name: str | None) -> Element | None:
        """Return how a list counts; None: it has bullets, or the style is unknown."""
        return None if name is None else self._lists.get(name)

    def _chain(self, family: str, name: str | None) -> Iterator[Element]:
        """Yield a style and those that it is made from."""
        for _ in range(_LONGEST_CHAIN):
            style = self._styles.get((family, name or ""))
            if style is None:
                return
            yield style
            name = style.get(f"{STYLE}parent-style-name")


class Counter:
    """Counts the items of a list, or the headings of a document, level by level."""

    def __init__(self, style: Element | None) -> None:
        """Create a counter that counts as the style says."""
        self._levels = {} if style is None else {_whole(each, f"{TEXT}level"): each for each in style}
        self._counts: list[int | None] = [None] * MAX_LEVELS

    def next_label(self, level: int, start: int | None = None) -> str:
        """Return the label of the next item on a level, from 1; empty if it has none, or a bullet."""
        if not 1 <= level <= MAX_LEVELS:
            return ""
        before = self._counts[level - 1]
        first = self._start(level) if start is None else start
        self._counts[level - 1] = first if before is None or start is not None else before + 1
        self._counts[level:] = [None] * (MAX_LEVELS - level)
        return self._label(level)

    def restart_below(self, level: int) -> None:
        """Forget what was counted below a level."""
        self._counts[level:] = [None] * (MAX_LEVELS - level)

    def _label(self, level: int) -> str:
        style = self._levels.get(level)
        if style is None or "bullet" in local_name(style) or not style.get(f"{STYLE}num-format"):
            return ""
        shown_levels = min(max(_whole(style, f"{TEXT}display-levels"), 1), level)
        numbers = [self._number(each) for each in range(level - shown_levels + 1, level + 1)]
        before, after = style.get(f"{STYLE}num-prefix", ""), style.get(f"{STYLE}num-suffix", "")
        return f"{before}{'.'.join(filter(None, numbers))}{after}".strip()[:_LONGEST_LABEL]

    def _number(self, level: int) -> str:
        style, count = self._levels.get(level), self._counts[level - 1]
        kind = "" if style is None else style.get(f"{STYLE}num-format", "")
        return number_as(self._start(level) if count is None else count, _KINDS.get(kind, kind)) if kind else ""

    def _start(self, level: int) -> int:
        style = self._levels.get(level)
        return 1 if style is None else _whole(style, f"{TEXT}start-value", 1)


def whole_number(element: Element, attribute: str) -> int | None:
    """Return an attribute that is a whole number of at most nine digits; None if it is not there, or no such."""
    given = element.get(attribute, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def _whole(element: Element, attribute: str, otherwise: int = 0) -> int:
    found = whole_number(element, attribute)
    return otherwise if found is None else found


def holders(root: Element | None, *names: str) -> Sequence[Element | None]:
    """Return the elements of a part's root that hold styles, such as `automatic-styles`."""
    children = () if root is None else tuple(root)
    return [next((child for child in children if local_name(child) == name), None) for name in names]
