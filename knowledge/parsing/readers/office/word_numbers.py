"""Counts the automatic numbers of a Word file's headings and lists, as Word shows them.

Edit it for a further kind of number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from knowledge.parsing.readers.office.package import is_on
from knowledge.parsing.readers.office.word_styles import VALUE, W, WordStyles, value_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")
_LONGEST_LABEL = 100


class WordNumbers:
    """Counts on with each paragraph that has a number, so paragraphs must come in their order."""

    def __init__(self, root: Element | None, styles: WordStyles) -> None:
        """Read `word/numbering.xml`; None: the file has none."""
        self._styles = styles
        self._lists: dict[str, Element] = {}
        self._numbers: dict[str, Element] = {}
        for element in [] if root is None else root:
            if element.tag == f"{W}abstractNum":
                self._lists[element.get(f"{W}abstractNumId", "")] = element
            elif element.tag == f"{W}num":
                self._numbers[element.get(f"{W}numId", "")] = element
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()

    def place_of(self, properties: Element | None) -> tuple[str, int] | None:
        """Return a paragraph's number id and level; None if it has no number."""
        own = None if properties is None else properties.find(f"{W}numPr")
        number, level, style = value_of(own, f"{W}numId"), value_of(own, f"{W}ilvl"), None
        if number is None:
            by_style = self._styles.numbering(value_of(properties, f"{W}pStyle"))
            if by_style is None:
                return None
            number, by_style_level, style = by_style
            level = level or by_style_level
        if number == "0" or number not in self._numbers:
            return None
        if level is None and style is not None:
            level = self._level_of_style(number, style)
        at = int(level) if level is not None and level.isdecimal() else 0
        return (number, at) if at < _LEVELS else None

    def next_label(self, number: str, level: int) -> str | None:
        """Count on, and return the number as it is shown, such as `2.1`; empty if none is shown, None for a bullet."""
        name, abstract = self._list(number)
        if abstract is None:
            return None
        counts = self._counts.setdefault(name, [None] * _LEVELS)
        for at in range(level + 1):
            self._restart(number, at, counts)
        count = counts[level]
        counts[level] = self._start(number, level) if count is None else count + 1
        counts[level + 1 :] = [None] * (_LEVELS - level - 1)
        definition = self._definition(number, level)
        kind = value_of(definition, f"{W}numFmt") or "decimal"
        pattern = value_of(definition, f"{W}lvlText") or ""
        if kind == "bullet":
            return None
        if kind == "none":
            return ""
        is_decimal = is_on(None if definition is None else definition.find(f"{W}isLgl"), VALUE)

        def shown(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            of_level = value_of(self._definition(number, at), f"{W}numFmt") or "decimal"
            value = counts[at]
            value = self._start(number, at) if value is None else value
            return number_as(value, "decimal" if is_decimal else of_level)

        return _PLACE.sub(shown, pattern)[:_LONGEST_LABEL].strip()

    def _restart(self, number: str, level: int, counts: list[int | None]) -> None:
        """Restart a level where the number that is used for the first time says so."""
        override = self._override(number, level)
        start = value_of(override, f"{W}startOverride")
        if start is not None and (number, level) not in self._begun:
            self._begun.add((number, level))
            counts[level] = None

    def _start(self, number: str, level: int) -> int:
        start = value_of(self._override(number, level), f"{W}startOverride")
        start = start or value_of(self._definition(number, level), f"{W}start") or "1"
        return int(start) if start.isdecimal() else 1

    def _definition(self, number: str, level: int) -> Element | None:
        override = self._override(number, level)
        own = None if override is None else override.find(f"{W}lvl")
        return own if own is not None else _level(self._list(number)[1], level)

    def _override(self, number: str, level: int) -> Element | None:
        return _level(self._numbers.get(number), level, f"{W}lvlOverride")

    def _list(self, number: str) -> tuple[str, Element | None]:
        """Return the list that a number belongs to, which may be defined by a style."""
        seen: set[str] = set()
        while number in self._numbers and number not in seen:
            seen.add(number)
            name = value_of(self._numbers[number], f"{W}abstractNumId") or ""
            found = self._lists.get(name)
            link = value_of(found, f"{W}numStyleLink")
            by_style = None if link is None else self._styles.numbering(link)
            if by_style is None:
                return name, found
            number = by_style[0]
        return "", None

    def _level_of_style(self, number: str, style: str) -> str | None:
        for level in range(_LEVELS):
            if value_of(self._definition(number, level), f"{W}pStyle") == style:
                return str(level)
        return None


def _level(element: Element | None, level: int, name: str = f"{W}lvl") -> Element | None:
    found = [] if element is None else element.findall(name)
    return next((each for each in found if each.get(f"{W}ilvl") == str(level)), None)


def number_as(value: int, kind: str) -> str:
    """Return a number in one of the ways of counting that Office files name, such as `lowerRoman`."""
    write = _WRITERS.get(kind)
    return str(value) if write is None or value < 1 else write(value)


def _letters(value: int) -> str:
    """Return `a` to `z`, then `aa` to `zz`, as Word counts."""
    return chr(ord("a") + (value - 1) % 26) * min((value - 1) // 26 + 1, 10)


def _roman(value: int) -> str:
    text = ""
    for worth, sign in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"),
        strict=True,
    ):
        text += sign * (value // worth)
        value %= worth
    return text


def _chinese(value: int) -> str:
    """Return 1 to 99 in Chinese, and any other number in digits."""
    digits = "一二三四五六七八九"
    if value > 99:
        return str(value)
    tens, ones = divmod(value, 10)
    ten = "" if tens == 0 else "十" if tens == 1 else f"{digits[tens - 1]}十"
    return ten + (digits[ones - 1] if ones else "")


def _ordinal(value: int) -> str:
    ending = "th" if value % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{ending}"


_WRITERS: Mapping[str, Callable[[int], str]] = {
    "decimalZero": lambda value: f"{value:02}",
    "lowerLetter": _letters,
    "upperLetter": lambda value: _letters(value).upper(),
    "lowerRoman": lambda value: _roman(value % 4000),
    "upperRoman": lambda value: _roman(value % 4000).upper(),
    "ordinal": _ordinal,
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "ideographTraditional": lambda value: "甲乙丙丁戊己庚辛壬癸"[(value - 1) % 10],
    "japaneseCounting": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "decimalEnclosedCircle": lambda value: chr(0x2460 + value - 1) if value <= 20 else f"({value})",
    "decimalEnclosedCircleChinese": lambda value: chr(0x2460 + value - 1) if value <= 20 else f"({value})",
}
