"""The card of a passage: its text with the marked words in bold, its place and its source.

Edit this file to change how “Show passage” looks. Nothing here sends anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate

import discord

from bot.locales import Texts
from bot.render.message_text import escape_text, shorten, strip_control_characters, subtext
from bot.render.sources import exact_place, is_old, source_age
from chains.types import Language
from knowledge.types import Passage

CARD_LIMIT = 4000
"""The characters of the text; Discord accepts 4096."""

_SHOWN = 1500
"""The characters of the passage that are tried first; bold and escapes make it longer."""
_TITLE_LIMIT = 120
_PLACE_LIMIT = 400
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
# Of text that is escaped already: a bar is `\\|`, and marks may begin or end anywhere.
_TABLE_RULE = re.compile(r"^(?:\\\||\*\*|[ :-])*---(?:\\\||\*\*|[ :-])*\n", re.MULTILINE)
_ROW = re.compile(r"^(?:\*\*)?\\\|.*$", re.MULTILINE)
_OUTER_BARS = re.compile(r"(?<=^\*\*)\\\| ?|^\\\| ?| ?\\\|(?=\*\*$)| ?\\\|$")
_BAR = re.compile(r" ?(?<!\\)\\\| ?")
_ELLIPSIS = "…"

Span = tuple[int, int]


def passage_card(number: int, passage: Passage, language: Language, texts: Texts, now: datetime) -> discord.Embed:
    """Return the card of the passage with the citation `number`."""
    source, place = passage.source, passage.chunk.place
    name = escape_text(shorten(source.name, _TITLE_LIMIT))
    since = texts(language, "passages.taken_in" if source.dated is None else "passages.updated")
    where = (place.heading, exact_place(place, source.media, language, texts), since)
    text = highlighted(passage.chunk.text, passage.marks)
    if is_old(source, now):  # The footer's date shows no age.
        text = f"{text}\n{subtext(source_age(source, language, texts))}"
    card = discord.Embed(
        title=texts(language, "passages.title", number=number, name=name),
        url=source.link_at(place),
        description=text,
        timestamp=source.as_of,
    )
    return card.set_footer(
        text=" · ".join(shorten(strip_control_characters(part), _PLACE_LIMIT) for part in where if part)
    )


def highlighted(text: str, marks: Sequence[Span], limit: int = CARD_LIMIT) -> str:
    """Return `text` with its marks in bold and all else escaped, cut around them to at most `limit` characters."""
    shown = min(len(text), _SHOWN)
    while True:
        start, end = _window(text, marks, shown)
        rendered = _render(text, marks, start, end)
        if len(rendered) <= limit:
            return rendered
        shown = shown * 2 // 3


def _window(text: str, marks: Sequence[Span], length: int) -> Span:
    """Return the span of `length` characters with the most marked ones, with room before its first mark."""
    if len(text) <= length:
        return 0, len(text)
    is_marked = bytearray(len(text))
    for start, end in marks:
        is_marked[start:end] = b"\1" * (end - start)
    before = [0, *accumulate(is_marked)]
    begins = [max(0, min(start - length // 8, len(text) - length)) for start, _ in marks] or [0]
    begin = max(begins, key=lambda at: before[at + length] - before[at])
    return _word_boundary(text, begin), _word_boundary(text, begin + length)


def _word_boundary(text: str, at: int) -> int:
    """Return the nearest position at or shortly before `at` that cuts no Latin word."""
    space = max(text.rfind(" ", max(0, at - 30), at), text.rfind("\n", max(0, at - 30), at))
    return at if space < 0 or at in {0, len(text)} else space + 1


def _render(text: str, marks: Sequence[Span], start: int, end: int) -> str:
    parts = [_ELLIPSIS] if start > 0 else []
    at = start
    for mark_start, mark_end in marks:
        first, last = max(mark_start, at), min(mark_end, end)
        if first < last:
            parts += [escape_text(text[at:first]), f"**{escape_text(text[first:last])}**"]
            at = last
    parts += [escape_text(text[at:end]), _ELLIPSIS if end < len(text) else ""]
    shown = "".join(parts)
    if _TABLE_RULE.search(shown):
        shown = _ROW.sub(_readable_row, _TABLE_RULE.sub("", shown))
    return _EMPTY_LINES.sub("\n\n", shown).strip()


def _readable_row(row: re.Match[str]) -> str:
    """Return an escaped row of a table without its outer bars, which would be shown as they are."""
    return _BAR.sub(" │ ", _OUTER_BARS.sub("", row[0]))
