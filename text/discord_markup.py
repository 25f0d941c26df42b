"""Turns Discord's markup into the words that a person sees: names of emoji and mentions, dates, texts of links.

Edit it when Discord adds a form of markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

_MARKUP = re.compile(
    r"<a?:(?P<emoji>\w{1,32}):\d{1,20}>"
    r"|<@!?(?P<member>\d{1,20})>"
    r"|<@&(?P<role>\d{1,20})>"
    r"|<#(?P<channel>\d{1,20})>"
    r"|</(?P<command>[^:<>\n]{1,100}):\d{1,20}>"
    r"|<t:(?P<time>-?\d{1,13})(?::(?P<style>[tTdDfFsSR]))?>"
    r"|<id:(?P<page>browse|customize|guide|linked-roles)(?::\d{1,20})?>"
    r"|<(?P<address>https?://[^\s<>]+)>"
    r"|(?<!\\)\[(?P<link>[^\[\]\n]+)\]\(\s*<?https?://[^\s()<>]+>?(?:\s+\"[^\"\n]*\")?\s*\)"
)
_EMPHASIS = re.compile(r"(\*\*|~~|\|\|)(?=\S)(.+?)(?<=\S)\1")
_FORMATS = {"t": "%H:%M UTC", "T": "%H:%M:%S UTC", "d": "%Y-%m-%d", "D": "%Y-%m-%d"}
_DATE_AND_TIME = "%Y-%m-%d %H:%M UTC"
_SIGNS = {"member": "@", "role": "@", "channel": "#"}

NameOf = Callable[[str, int], str | None]


def readable_markup(text: str, name_of: NameOf) -> str:
    """Return the text with words in place of markup.

    `name_of` returns the name of a "member", "role" or "channel" by its id. Without one, a mention stays as it is; with
    an empty one, it is left out.
    """

    def words(found: re.Match[str]) -> str:
        for kind, sign in _SIGNS.items():
            if found[kind] is not None:
                name = name_of(kind, int(found[kind]))
                return found[0] if name is None else f"{sign}{name}" if name else " "
        if found["emoji"] is not None:
            return f":{found['emoji']}:"
        if found["command"] is not None:
            return f"/{found['command']}"
        if found["time"] is not None:
            return _date(int(found["time"]), found["style"]) or found[0]
        return found["link"] or found["address"] or found["page"]

    return _MARKUP.sub(words, text)


def without_emphasis(text: str) -> str:
    """Return the text without the signs that make it bold, struck through or hidden."""
    return _EMPHASIS.sub(r"\2", text)


def _date(seconds: int, style: str | None) -> str | None:
    """Return a moment as it is read; None if no calendar has it."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return moment.strftime(_FORMATS.get(style or "", _DATE_AND_TIME))
