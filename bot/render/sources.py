"""The text about documents: the list of sources, where in a source a passage stands, and how old it is.

Edit this file when a document should be described differently. Discord itself renders dates in each reader's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import discord

from bot.locales import Texts
from bot.render.message_text import audience_phrase, escape_text, link_to, shorten, split_message
from chains.types import Language
from knowledge.parsing.formats import FORMAT_OF_MEDIA, FORMATS
from knowledge.types import Place, Removal, Source
from storage.sizes import MEGABYTE

_NAME_LIMIT = 60
_MOST_NAMED = 10
_CHOICE_LIMIT = 100
"""The characters of a choice that Discord accepts."""
OLD = timedelta(days=183)
"""A younger source counts as current: its age would be one more thing to read."""


def source_list(sources: Sequence[Source], language: Language, texts: Texts) -> tuple[str, ...]:
    """Return the messages that list `sources`."""
    if not sources:
        return (texts(language, "sources.none"),)
    lines = [
        texts(
            language,
            "sources.line",
            name=link_to(escape_text(source.name), source.link),
            chunks=source.chunk_count,
            size=_readable_size(source.size_bytes),
            audience=audience_phrase("sources.audience", source.audience, language, texts),
        )
        for source in sources
    ]
    return split_message("\n".join([texts(language, "sources.heading", count=len(sources)), *lines]))


def source_choice(source: Source, guild: discord.Guild, language: Language, texts: Texts) -> str:
    """Return the plain name of a source to choose by, with who gets answers from it and the day it was added."""
    id_ = source.audience.channel_id
    if id_ is None:
        audience = texts(language, "sources.audience_guild")
    else:
        channel = guild.get_channel_or_thread(int(id_))
        audience = f"#{id_ if channel is None else channel.name}"
    day = source.ingested_at.date().isoformat()
    return f"{shorten(source.name, _CHOICE_LIMIT // 2)} · {shorten(audience, _CHOICE_LIMIT // 3)} · {day}"


def removal_report(removal: Removal, language: Language, texts: Texts) -> str:
    """Return what was removed, and when it is deleted for good."""
    return texts(
        language,
        "sources.removed",
        names=_names(removal.sources, language, texts),
        chunks=sum(source.chunk_count for source in removal.sources),
        when=f"<t:{int(removal.delete_at.timestamp())}:R>",
    )


def restored_report(sources: Sequence[Source], language: Language, texts: Texts) -> str:
    """Return what is back after a removal was undone."""
    return texts(language, "sources.restored", names=_names(sources, language, texts), count=len(sources))


def namesakes_question(namesakes: Sequence[Source], language: Language, texts: Texts) -> str:
    """Return, on one line, the question whether these documents of a new one's name are replaced."""
    named = [
        texts(
            language,
            "sources.namesake",
            name=escape_text(shorten(source.name, _NAME_LIMIT)),
            audience=audience_phrase("sources.audience", source.audience, language, texts),
            when=f"<t:{int(source.ingested_at.timestamp())}:D>",
        )
        for source in namesakes[:_MOST_NAMED]
    ]
    return texts(
        language,
        "sources.replace_or_keep",
        count=len(namesakes),
        names=_joined(named, len(namesakes), language, texts),
    )


def _names(sources: Sequence[Source], language: Language, texts: Texts) -> str:
    names = [f"**{escape_text(shorten(source.name, _NAME_LIMIT))}**" for source in sources[:_MOST_NAMED]]
    return _joined(names, len(sources), language, texts)


def _joined(names: Sequence[str], count: int, language: Language, texts: Texts) -> str:
    more = [texts(language, "sources.more", count=count - len(names))] if count > len(names) else []
    return texts(language, "sources.comma").join([*names, *more])


def exact_place(place: Place, media: str, language: Language, texts: Texts) -> str:
    """Return the page, slide or cell, or the line or row unless a heading is enough; empty if none is known."""
    format_ = FORMAT_OF_MEDIA[media]
    if place.page is not None:
        return texts(language, f"answer.{format_.page_name}", page=place.page)
    if place.line is not None and not (place.heading and format_.cited_by_heading):
        return texts(language, f"answer.{format_.line_name}", line=format_.shown_line(place.line))
    return ""


def is_old(source: Source, now: datetime) -> bool:
    """Return whether a source is so old that its age helps readers to judge it."""
    return now - source.as_of > OLD


def source_age(source: Source, language: Language, texts: Texts) -> str:
    """Return how old a source is: by its own date, or by when it was added. Discord renders the time."""
    key = "age.taken_in" if source.dated is None else "age.updated"
    return texts(language, key, when=f"<t:{int(source.as_of.timestamp())}:R>")


def source_date(source: Source) -> str:
    """Return the date of a source, as Discord renders it."""
    return f"<t:{int(source.as_of.timestamp())}:D>"


def _readable_size(size_bytes: int) -> str:
    return f"{size_bytes / MEGABYTE:.1f} MB" if size_bytes >= MEGABYTE else f"{max(1, size_bytes // 1000)} kB"


def format_names(language: Language, texts: Texts) -> str:
    """Return the names of all formats that can be added, as a list in a sentence."""
    *names, last = [texts(language, f"formats.{format_.media}") for format_ in FORMATS]
    return texts(language, "formats.list", names=texts(language, "formats.separator").join(names), last=last)
