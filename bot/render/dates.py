"""How old a source is, in a short phrase that Discord itself renders in each reader's language and zone. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.locales import Texts
from chains.types import Language
from knowledge.types import Source

OLD = timedelta(days=183)
"""A younger source is taken for current: its age would be one more thing to read."""


def is_old(source: Source, now: datetime) -> bool:
    """Whether its age helps a reader to judge it."""
    return now - source.as_of > OLD


def age(source: Source, language: Language, texts: Texts) -> str:
    """Since when its words are: its own date, else since when it is here. Discord counts the time."""
    key = "age.taken_in" if source.dated is None else "age.updated"
    return texts(language, key, when=f"<t:{int(source.as_of.timestamp())}:R>")


def day(source: Source) -> str:
    """The same as a date."""
    return f"<t:{int(source.as_of.timestamp())}:D>"
