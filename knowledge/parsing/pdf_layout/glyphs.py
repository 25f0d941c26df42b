"""Reads the characters of a PDF's page with their places from PDFium, turned so that they run from left to right.

Edit it for what PDFium reports of a character.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from text.stop_words import common_words

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage

UNREADABLE = "\ufffd"
"""Stands for a character of which the font does not say what letter it is."""
MAX_GLYPHS = 300_000
"""On one page; a printed page has five thousand."""
MAX_PATHS = 5000
_SPACE = 0x20
_ASCII = range(0x20, 0x7F)
_WORD = re.compile("[a-z]{2,}")
_LEAST_WORDS, _LEAST_COMMON = 8, 0.4
"""How many words tell whether unnamed characters are letters, and the share of them that has to be common."""
_HYPHENS = frozenset({0x02, 0xAD, 0xFFFE})
"""What PDFium reports for a hyphen at the end of a line, and the hyphen that only such a line shows."""
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_LARGEST_TILT = 0.1
"""In quarters of a turn; text that is turned by more, and not by a whole quarter, is a stamp."""
Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """Holds a character and its place, with x to the right of the reader and y upwards."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    """The size of its font in points, as it is shown."""
    order: int
    """Its place among PDFium's characters, which are in logical order where Hebrew or Arabic is drawn."""
    is_after_space: bool = False
    """Whether PDFium, which knows the widths of the font's letters, puts a space before it."""


@dataclass(frozen=True, slots=True)
class TurnedText:
    """Holds the characters of a page that run in one direction."""

    quarters: int | None
    """By how many quarters they are turned, counterclockwise; None: by another angle."""
    glyphs: tuple[Glyph, ...]


class TooManyGlyphs(Exception):
    """The page has more characters than a page of text."""


def read_glyphs(text: PdfTextPage) -> list[TurnedText]:
    """Return the characters by direction, the commonest first. Raises TooManyGlyphs."""
    count = text.count_chars()
    if count > MAX_GLYPHS:
        raise TooManyGlyphs
    by_direction: dict[int | None, list[Glyph]] = {}
    for quarters, glyph in _glyphs(text, count, trusts_codes=_make_words(text, count)):
        by_direction.setdefault(quarters, []).append(glyph)
    sizes = Counter({quarters: len(glyphs) for quarters, glyphs in by_direction.items()})
    return [TurnedText(quarters, tuple(by_direction[quarters])) for quarters, _ in sizes.most_common()]


def turned(box: Box, quarters: int) -> Box:
    """Return the box as it lies where text that is turned by so many quarters runs to the right."""
    left, bottom, right, top = box
    match quarters:
        case 1:
            return bottom, -right, top, -left
        case 2:
            return -right, -top, -left, -bottom
        case 3:
            return -top, left, -bottom, right
        case _:
            return box


def drawn_boxes(page: PdfPage) -> list[Box]:
    """Return the bounds of lines and rectangles on the page."""
    from pypdfium2 import raw

    boxes: list[Box] = []
    edges = [ctypes.c_float() for _ in range(4)]
    for number in range(min(raw.FPDFPage_CountObjects(page), MAX_PATHS)):
        drawn = raw.FPDFPage_GetObject(page, number)
        if raw.FPDFPageObj_GetType(drawn) == raw.FPDF_PAGEOBJ_PATH and raw.FPDFPageObj_GetBounds(drawn, *edges):
            left, bottom, right, top = (edge.value for edge in edges)
            boxes.append((left, bottom, right, top))
    return boxes


def _make_words(text: PdfTextPage, count: int) -> bool:
    """Return whether the numbers of characters without a letter are those of letters: they make common words.

    So it is in the fonts of pictures that TeX made.
    """
    from pypdfium2 import raw

    unknown = [raw.FPDFText_HasUnicodeMapError(text, number) == 1 for number in range(count)]
    if 2 * sum(unknown) < count:
        return False
    codes = (raw.FPDFText_GetUnicode(text, number) for number in range(count))
    words = _WORD.findall("".join(chr(code) if code in _ASCII else " " for code in codes).lower())
    return len(words) >= _LEAST_WORDS and sum(word in common_words() for word in words) >= _LEAST_COMMON * len(words)


def _glyphs(text: PdfTextPage, count: int, *, trusts_codes: bool) -> Iterator[tuple[int | None, Glyph]]:
    from pypdfium2 import raw

    x, y, box = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF()
    is_after_space = False
    for number in range(count):
        code = raw.FPDFText_GetUnicode(text, number)
        if code == 0 or raw.FPDFText_IsGenerated(text, number) == 1:
            is_after_space = code == _SPACE
            continue
        raw.FPDFText_GetCharOrigin(text, number, x, y)
        raw.FPDFText_GetLooseCharBox(text, number, box)
        is_unknown = raw.FPDFText_HasUnicodeMapError(text, number) == 1 and not (trusts_codes and code in _ASCII)
        written = _written(code, is_unknown=is_unknown)
        place = (x.value, y.value)
        if not all(map(math.isfinite, (*place, box.left, box.right, box.top, box.bottom))):
            continue
        angle = max(0.0, raw.FPDFText_GetCharAngle(text, number)) / (math.pi / 2)  # In quarters, clockwise.
        quarters = -round(angle) % 4
        if abs(angle - round(angle)) > _LARGEST_TILT:
            size = max(1.0, raw.FPDFText_GetFontSize(text, number))
            yield None, Glyph(written, place[0], place[0], place[1], size, number)
        elif quarters == 0:
            size = max(1.0, box.top - box.bottom)
            yield 0, Glyph(written, place[0], max(box.right, place[0]), place[1], size, number, is_after_space)
        else:
            yield quarters, _turned_glyph(text, number, written, place, quarters)
        is_after_space = False


def _turned_glyph(text: PdfTextPage, number: int, written: str, place: tuple[float, float], quarters: int) -> Glyph:
    """Return a character of turned text, whose loose box PDFium does not know."""
    from pypdfium2 import raw

    edges = [ctypes.c_double() for _ in range(4)]
    raw.FPDFText_GetCharBox(text, number, *edges)
    left, right, bottom, top = (edge.value for edge in edges)
    shown = turned((left, bottom, right, top), quarters)
    x, y, _, _ = turned((*place, *place), quarters)
    size = max(1.0, raw.FPDFText_GetFontSize(text, number), shown[3] - shown[1])
    return Glyph(written, x, max(shown[2], x), y, size, number)


def _written(code: int, *, is_unknown: bool) -> str:
    if code in _HYPHENS:
        return "-"
    if is_unknown or code > 0x10FFFF:
        return UNREADABLE
    return _LIGATURES.get(code) or chr(code)
