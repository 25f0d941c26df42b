"""The text of an answer: its words, where its sources disagree, its sources, and the line that says how it was made.

Edit this file when an answer should look different. Nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from discord.utils import escape_markdown

from bot.locales import Texts
from bot.render.answer_links import with_known_links
from bot.render.message_text import (
    SMALL_PRINT,
    close_open_blocks,
    escape_text,
    join_parts,
    link_to,
    shorten,
    subtext,
    with_footer,
)
from bot.render.sources import exact_place, is_old, source_age, source_date
from chains.types import Answer, Language, Route
from knowledge.types import QA, Contradiction, Evidence

_LINE_LIMIT = 180
_STATEMENT_LIMIT = 120
_NAME_LIMIT = 60
_MOST_ALSO = 2


def answer_pages(answer: Answer, headline: str, texts: Texts, now: datetime, head: str = "") -> tuple[str, ...]:
    """Return the messages of a complete answer: `head`, the text, where its sources disagree, its sources, and the line
    that says how it was made.
    """
    language = answer.language
    contradictions = shown_contradictions(answer)
    dated = {span.chunk_id for each in contradictions for span in (each.newer, each.older)}
    footer = [
        *(SMALL_PRINT + _contradiction_line(each, answer, texts) for each in contradictions),
        *(
            _source_line(number, item, language, texts, show_age=item.chunk.id in dated or is_old(item.source, now))
            for number, item in enumerate(answer.evidence, start=1)
        ),
        *([subtext(respelled)] if (respelled := respelled_words(answer, texts)) else []),
        subtext(
            texts(language, f"routes.{answer.route}"),
            headline,
            texts(language, "answer.seconds", seconds=_format_seconds(answer.timings.total_s)),
        ),
    ]
    return with_footer(join_parts(head, close_open_blocks(_shown_text(answer))), "\n".join(footer))


def _shown_text(answer: Answer) -> str:
    """Return the answer's text; of what a chat model wrote, only with links that its sources have."""
    if answer.model is None or answer.route is Route.SPECIALIST:
        return answer.text
    return with_known_links(answer.text, _link_sources(answer.evidence))


def _link_sources(evidence: Sequence[Evidence]) -> list[str]:
    """Return the texts of passages, and the links to their documents."""
    return [part for item in evidence for part in (item.chunk.text, item.source.link_at(item.chunk.place)) if part]


def shown_contradictions(answer: Answer) -> tuple[Contradiction, ...]:
    """Return the contradictions between sources that the answer shows."""
    shown = {item.chunk.id for item in answer.evidence}
    return tuple(each for each in answer.decision.contradictions if {each.newer.chunk_id, each.older.chunk_id} <= shown)


def respelled_words(answer: Answer, texts: Texts) -> str:
    """Return what was searched for instead of words that no document contains; empty if there were none."""
    language = answer.language
    words = [
        texts(
            language,
            "answer.respelled_word",
            searched=escape_text(each.searched),
            written=escape_text(shorten(each.written, _NAME_LIMIT)),
        )
        for each in answer.respelled
    ]
    separator = texts(language, "answer.respelled_separator")
    return texts(language, "answer.respelled", words=separator.join(words)) if words else ""


def _contradiction_line(contradiction: Contradiction, answer: Answer, texts: Texts) -> str:
    """Return a line that quotes both sources, with their dates."""
    values: dict[str, object] = {}
    for name, span in (("newer", contradiction.newer), ("older", contradiction.older)):
        number, item = next(
            (number, item) for number, item in enumerate(answer.evidence, start=1) if item.chunk.id == span.chunk_id
        )
        words = escape_text(shorten(item.chunk.text[span.start : span.end], _STATEMENT_LIMIT))
        source = escape_text(shorten(item.source.name, _NAME_LIMIT))
        values |= {name: f"{source} [{number}]", f"{name}_day": source_date(item.source), f"{name}_said": words}
    return texts(answer.language, "answer.differ", **values)


def _source_line(number: int, item: Evidence, language: Language, texts: Texts, *, show_age: bool) -> str:
    place = item.chunk.place
    if item.source.media == QA:
        return subtext(f"[{number}] {_moderator_line(item, language, texts)}")
    above = " › ".join(part for part in (item.source.name, place.heading) if part)
    words = ", ".join(part for part in (above, exact_place(place, item.source.media, language, texts)) if part)
    line = f"{SMALL_PRINT}[{number}] {link_to(escape_text(shorten(words, _LINE_LIMIT)), item.source.link_at(place))}"
    return " · ".join(
        [line, *([source_age(item.source, language, texts)] if show_age else []), *_also_in(item, language, texts)]
    )


def _also_in(item: Evidence, language: Language, texts: Texts) -> list[str]:
    """Return the other documents that say the same, the first few by name."""
    names = [escape_text(shorten(source.name, _NAME_LIMIT)) for source in item.also_in[:_MOST_ALSO]]
    more = ["…"] if len(item.also_in) > _MOST_ALSO else []
    return [texts(language, "answer.also_in", names=", ".join([*names, *more]))] if names else []


def _moderator_line(item: Evidence, language: Language, texts: Texts) -> str:
    """Return which moderator answered which question, and when."""
    question = escape_markdown(shorten((item.chunk.place.heading or "").partition("\n")[0], _LINE_LIMIT))
    author, on = item.source.ingested_by, item.source.ingested_at.date().isoformat()
    if author.isdecimal():
        return texts(language, "answer.by_moderator", member=author, day=on, question=question)
    return texts(language, "answer.by_terminal", day=on, question=question)


def _format_seconds(seconds: float) -> str:
    """Return the seconds to a tenth, and never zero."""
    return f"{seconds:.1f}" if seconds >= 0.05 else "<0.1"
