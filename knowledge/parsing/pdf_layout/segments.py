"""From a page's characters to segments: stretches of a line without a wide gap. Edit it for what separates words.

Letters that are set apart, as in titles, are joined to words by comparing the gaps between them.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from knowledge.parsing.pdf_layout.glyphs import UNREADABLE, Glyph
from text.scripts import count_cjk

_SAME_LINE = 0.4
"""How far apart baselines on one line may be, in sizes of the font; raised and lowered figures are."""
_WORD_GAP = 0.18
_LIKELY_WORD_GAP = 0.08
"""The gap where PDFium puts a space; a font that leaves much room between lines makes gaps look narrow."""
_CJK_GAP = 0.7
_SEGMENT_GAP = 0.9
"""The gap between segments, in sizes of the font; between the words of justified text it is less."""
_SPACED_GAP = 2.5
"""The widest gap within words whose letters are set apart."""
_LETTER_GAP = 1.0
"""The widest usual gap between such letters; wider ones are columns."""
_ACCENTS = {
    "`": "\u0300",
    "\u00b4": "\u0301",
    "\u02c6": "\u0302",
    "\u02dc": "\u0303",
    "\u00a8": "\u0308",
    "\u02da": "\u030a",
    "\u02c7": "\u030c",
    "\u00b8": "\u0327",
}
"""Accents with a width of their own, each with the one that combines with a letter."""
_NEAR_ACCENT = 2
"""How many characters away, from left to right, the letter of an accent is at most."""
_NAMELESS_BULLET = re.compile(f"^(?:[{UNREADABLE}\ue000-\uf8ff](?= )|[\uf020-\uf0ff]$)")
"""A sign of a symbol font before an item of a list."""
_LEAST_SPACED = 4
_LEAST_SPACED_CJK = 2


@dataclass(frozen=True, slots=True)
class Segment:
    """Holds a stretch of a line."""

    text: str
    left: float
    right: float
    baseline: float
    size: float

    @property
    def width(self) -> float:
        """Return its width in points."""
        return self.right - self.left


Row = tuple[Segment, ...]
"""Segments beside each other, from left to right."""


def rows_of(glyphs: Sequence[Glyph]) -> list[list[Segment]]:
    """Return the segments of each line, from the top."""
    return [segments for line in _lines(glyphs) if (segments := list(_segments(line)))]


def _lines(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """Yield characters whose baselines agree, from the top, each line from left to right."""
    line: list[Glyph] = []
    base: Glyph | None = None
    for glyph in sorted(glyphs, key=lambda glyph: (-glyph.baseline, glyph.left)):
        if base is not None and base.baseline - glyph.baseline > _SAME_LINE * max(base.size, glyph.size):
            yield sorted(line, key=lambda each: (each.left, each.order))
            line, base = [], None
        if not glyph.text.isspace():
            base = base if base is not None and base.size >= glyph.size / 2 else glyph
        line.append(glyph)
    yield sorted(line, key=lambda each: (each.left, each.order))


def _segments(line: Sequence[Glyph]) -> Iterator[Segment]:
    words = _words(_with_accents_joined(line))
    start = 0
    for at in range(1, len(words) + 1):
        if at == len(words) or _gap(words[at - 1], words[at]) > _SEGMENT_GAP:
            yield _joined(words[start:at])
            start = at


def _with_accents_joined(line: Sequence[Glyph]) -> list[Glyph]:
    """Return the line with each accent that is drawn above a letter as a part of it, as TeX draws them."""
    joined: list[Glyph | None] = list(line)
    for at, accent in enumerate(line):
        if accent.text not in _ACCENTS:
            continue
        middle = (accent.left + accent.right) / 2
        for near in range(max(0, at - _NEAR_ACCENT), min(len(line), at + _NEAR_ACCENT + 1)):
            letter = joined[near]
            if letter is None or not letter.text.isalpha() or not letter.left < middle < letter.right:
                continue
            whole = unicodedata.normalize("NFC", letter.text.replace("ı", "i") + _ACCENTS[accent.text])
            if len(whole) == len(letter.text):
                joined[near], joined[at] = replace(letter, text=whole), None
                break
    return [glyph for glyph in joined if glyph is not None]


def _gap(left: Sequence[Glyph], right: Sequence[Glyph]) -> float:
    return (right[0].left - left[-1].right) / max(left[-1].size, right[0].size)


def _words(line: Sequence[Glyph]) -> list[list[Glyph]]:
    """Return the words, each as its characters."""
    words: list[list[Glyph]] = []
    is_apart = True
    for glyph in line:
        if glyph.text.isspace():
            is_apart = True
            continue
        if words and not is_apart:
            gap = _gap(words[-1], [glyph])
            least = _LIKELY_WORD_GAP if glyph.is_after_space else _WORD_GAP
            is_apart = gap > (_CJK_GAP if _is_cjk(glyph) or _is_cjk(words[-1][-1]) else least)
        if is_apart:
            words.append([])
        words[-1].append(glyph)
        is_apart = False
    return list(_with_spaced_letters_joined(words))


def _with_spaced_letters_joined(words: Sequence[list[Glyph]]) -> Iterator[list[Glyph]]:
    at = 0
    while at < len(words):
        end = at + 1
        while (
            end < len(words)
            and len(words[end]) == 1 == len(words[at])
            and _gap(words[end - 1], words[end]) < _SPACED_GAP
        ):
            end += 1
        run = words[at:end]
        if _is_spaced(run, is_whole_line=len(run) == len(words)):
            yield from _respaced(run)
        else:
            yield from run
        at = end


def _is_spaced(run: Sequence[list[Glyph]], *, is_whole_line: bool) -> bool:
    """Return whether single characters in a row are words whose letters are set apart."""
    letters = [word[0] for word in run]
    if len(run) < _LEAST_SPACED_CJK or sum(glyph.text.isalpha() for glyph in letters) < 0.8 * len(letters):
        return False
    if is_whole_line and all(map(_is_cjk, letters)):
        return _are_even(_spacing(run))
    usual = statistics.median(_gap(before, after) for before, after in pairwise(run))
    is_title = len(run) >= _LEAST_SPACED and usual <= _LETTER_GAP and len({glyph.text for glyph in letters}) > 1
    return is_title and _are_even(_spacing(run)) and not any(map(_is_cjk, letters))


def _spacing(run: Sequence[list[Glyph]]) -> list[float]:
    """Return the gaps between letters or, if they are more even, the distances of their left edges."""
    gaps = [_gap(before, after) for before, after in pairwise(run)]
    steps = [(after[0].left - before[0].left) / before[0].size for before, after in pairwise(run)]
    return min(gaps, steps, key=_unevenness)


def _unevenness(distances: Sequence[float]) -> float:
    usual = statistics.median(distances)
    return statistics.median(abs(distance - usual) for distance in distances) / max(usual, 0.01)


def _are_even(distances: Sequence[float]) -> bool:
    usual = statistics.median(distances)
    return 2 * sum(abs(distance - usual) <= 0.25 * usual for distance in distances) >= len(distances)


def _respaced(run: Sequence[list[Glyph]]) -> Iterator[list[Glyph]]:
    """Yield words of letters that are set apart: between words they are farther apart than usual."""
    distances = _spacing(run)
    usual = statistics.median(distances)
    word = list(run[0])
    for distance, letter in zip(distances, run[1:], strict=True):
        if distance > max(1.5 * usual, usual + 0.15):
            yield word
            word = []
        word += letter
    yield word


def _joined(words: Sequence[list[Glyph]]) -> Segment:
    glyphs = [glyph for word in words for glyph in word]
    if 2 * sum(_is_right_to_left(glyph) for glyph in glyphs) > len(glyphs):
        words = [sorted(word, key=lambda glyph: glyph.order) for word in words]
        words = sorted(words, key=lambda word: word[0].order)
    parts: list[str] = []
    for number, word in enumerate(words):
        if number and not (
            _is_cjk(words[number - 1][-1]) and _is_cjk(word[0]) and _gap(words[number - 1], word) < _CJK_GAP
        ):
            parts.append(" ")
        parts.append("".join(glyph.text for glyph in word))
    sizes = statistics.median(glyph.size for glyph in glyphs)
    baseline = statistics.median(glyph.baseline for glyph in glyphs)
    right = max(glyph.right for glyph in glyphs)
    text = _NAMELESS_BULLET.sub("•", "".join(parts))
    return Segment(text, min(glyph.left for glyph in glyphs), right, baseline, sizes)


def _is_cjk(glyph: Glyph) -> bool:
    return count_cjk(glyph.text) > 0 or "\u3000" <= glyph.text[0] <= "\u30ff" or "\uff01" <= glyph.text[0] <= "\uff60"


def _is_right_to_left(glyph: Glyph) -> bool:
    return unicodedata.bidirectional(glyph.text[0]) in {"R", "AL"}
