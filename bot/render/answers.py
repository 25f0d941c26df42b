"""From answers and reports to the texts of Discord messages. Pure; sends nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from discord.utils import escape_markdown

from bot.locales import Texts
from bot.readiness import Loading
from bot.render.dates import age, day, is_old
from bot.render.escape import escape_text, link_to
from chains.types import Answer, Language
from knowledge.types import (
    LINE_NAMES,
    PAGE_NAMES,
    Audience,
    Contradiction,
    Evidence,
    IngestOutcome,
    IngestReport,
    Place,
    Source,
)
from storage.sizes import MEGABYTE
from text.markdown_blocks import Kind, blocks, code_block

MESSAGE_LIMIT = 2000
"""Characters that Discord takes from a bot in one message."""

_MESSAGE_LIMIT_STEP = 50
_FENCE = "```"
_IN_FENCE = re.compile("`(?=``)")
_SMALL = "-# "
_BREAKS_OUT = re.compile(r"\s*(?:-# |>>> )")
_QUOTE_LIMIT = 300
_LINE_LIMIT = 180
_SAID_LIMIT = 120
_NAME_LIMIT = 60
_MOST_ALSO = 2
_CITED_BY_HEADING = frozenset({"md", "rst"})


def split_message(text: str, limit: int = MESSAGE_LIMIT) -> tuple[str, ...]:
    """`text` in pieces of at most `limit` characters, cut between lines where that can be.

    A code block that a cut goes through is closed before it and opened again after it.
    """
    pieces: list[str] = []
    piece: list[str] = []
    opening = ""
    room = limit - len(_FENCE) - 1  # A closing fence must always fit.
    for line in _short_lines(text, limit // 2):
        closes = bool(opening) and line.strip() == _FENCE
        if piece and not closes and len("\n".join([*piece, line])) > room:
            pieces.append("\n".join([*piece, _FENCE] if opening else piece))
            piece = [opening] if opening else []
        piece.append(line)
        if line.count(_FENCE) % 2:
            opening = "" if opening else _opening_fence(line)
    if piece:
        pieces.append("\n".join([*piece, _FENCE] if opening else piece))
    return tuple(kept for kept in (piece.strip("\n") for piece in pieces) if kept.strip())


def split_evenly(text: str) -> tuple[str, ...]:
    """`text` in as many messages as `split_message` makes, of similar lengths, so that no last line stands alone."""
    pieces = split_message(text)
    longest_line = max((len(line) for line in text.splitlines()), default=0)
    for limit in range(max(len(text) // max(1, len(pieces)), 2 * longest_line), MESSAGE_LIMIT, _MESSAGE_LIMIT_STEP):
        even = split_message(text, limit)
        if len(even) == len(pieces):
            return even
    return pieces


def answer_pages(answer: Answer, headline: str, texts: Texts, now: datetime, head: str = "") -> tuple[str, ...]:
    """The messages of a whole answer: `head`, the text, where its sources differ, its sources, and the line that says
    how it came to be.
    """
    language = answer.language
    told = shown_contradictions(answer)
    aged = {said.chunk_id for each in told for said in (each.newer, each.older)}
    footer = [
        *(_SMALL + _difference(each, answer, texts) for each in told),
        *(
            _source_line(number, item, language, texts, aged=item.chunk.id in aged or is_old(item.source, now))
            for number, item in enumerate(answer.evidence, start=1)
        ),
        subtext(
            texts(language, f"routes.{answer.route}"),
            headline,
            texts(language, "answer.seconds", seconds=_seconds(answer.timings.total_s)),
        ),
    ]
    return with_footer(join(head, break_out_of_blocks(answer.text)), "\n".join(footer))


def shown_contradictions(answer: Answer) -> tuple[Contradiction, ...]:
    """Where the sources differ that the answer shows."""
    shown = {item.chunk.id for item in answer.evidence}
    return tuple(each for each in answer.decision.contradictions if {each.newer.chunk_id, each.older.chunk_id} <= shown)


def break_out_of_blocks(text: str) -> str:
    """`text` without Markdown that would take in, or look like, what stands below it."""
    lines: list[str] = []
    is_code = False
    for line in _with_discords_fences(text).split("\n"):
        lines.append(f"\\{line.lstrip()}" if not is_code and _BREAKS_OUT.match(line) else line)
        is_code ^= bool(line.count(_FENCE) % 2)
    return "\n".join([*lines, _FENCE] if is_code else lines)


def with_footer(text: str, footer: str) -> tuple[str, ...]:
    """`text` in messages, and `footer` whole, below it."""
    pages = split_message(text)
    if pages and len(pages[-1]) + len(footer) < MESSAGE_LIMIT:
        return (*pages[:-1], join(pages[-1], footer))
    return (*pages, *split_message(footer))


def join(*parts: str) -> str:
    """The parts that are there, one below the other."""
    return "\n".join(part for part in parts if part)


def subtext(*parts: str) -> str:
    """One line in small letters."""
    return _SMALL + shorten(" · ".join(part for part in parts if part), MESSAGE_LIMIT // 4)


def quote(question: str, language: Language, texts: Texts) -> str:
    """What was asked, on one line, for those who did not see the command."""
    return texts(language, "answer.asked", question=escape_markdown(shorten(question, _QUOTE_LIMIT)))


def shorten(text: str, limit: int) -> str:
    """`text` on one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def loading_line(part: str, loading: Loading, language: Language, texts: Texts) -> str:
    """How far the loading of a part is."""
    total = loading.total_bytes
    return texts(
        language,
        f"loading.{loading.stage}",
        part=texts(language, f"loading.{part}"),
        percent=100 * loading.done_bytes // total if total else 0,
        done=loading.done_bytes // MEGABYTE,
        total=total // MEGABYTE,
    )


def ingest_report(report: IngestReport, language: Language, texts: Texts, limit_mb: int) -> str:
    """The closing report on one file."""
    name = escape_markdown(report.name)
    if report.outcome is IngestOutcome.FAILED or report.source is None:
        reason = ingest_failure(report, language, texts, limit_mb)
        return texts(language, "ingest.failed", name=name, reason=reason)
    pages, link = report.page_count, report.source.link
    sentence = texts(
        language,
        f"ingest.{report.outcome}",
        name=name,
        chunks=report.chunk_count,
        pages="" if pages is None else texts(language, "ingest.pages", pages=pages),
        seconds=f"{report.seconds:.1f}",
        embedded=report.embedded_count,
        reused=report.chunk_count - report.embedded_count,
        audience=_audience("ingest", report.source.audience, language, texts),
    )
    return sentence if link is None else join(sentence, texts(language, "ingest.link", link=link))


def ingest_failure(report: IngestReport, language: Language, texts: Texts, limit_mb: int) -> str:
    """Why a file failed, and on which page."""
    key = f"documents.{report.reason}"
    sentence = texts(language, key if texts.has(key) else "documents.other", limit_mb=limit_mb)
    if report.failed_page is None:
        return sentence
    return texts(language, "ingest.failed_page", page=report.failed_page, reason=sentence)


def source_list(sources: Sequence[Source], language: Language, texts: Texts) -> tuple[str, ...]:
    """The messages that list `sources`."""
    if not sources:
        return (texts(language, "sources.none"),)
    lines = [
        texts(
            language,
            "sources.line",
            name=link_to(escape_text(source.name), source.link),
            chunks=source.chunk_count,
            size=_size(source.size_bytes),
            audience=_audience("sources", source.audience, language, texts),
        )
        for source in sources
    ]
    return split_message("\n".join([texts(language, "sources.heading", count=len(sources)), *lines]))


def exact_place(place: Place, media: str, language: Language, texts: Texts) -> str:
    """The page, slide or cell, or the line or row unless a heading alone leads to it; empty where none is known."""
    if place.page is not None:
        return texts(language, f"answer.{PAGE_NAMES.get(media, 'page')}", page=place.page)
    if place.line is not None and (place.heading is None or media not in _CITED_BY_HEADING):
        return texts(language, f"answer.{LINE_NAMES.get(media, 'line')}", line=place.line)
    return ""


def _audience(chapter: str, audience: Audience, language: Language, texts: Texts) -> str:
    if audience.channel_id is None:
        return texts(language, f"{chapter}.audience_guild")
    return texts(language, f"{chapter}.audience_channel", channel=audience.channel_id)


def _difference(difference: Contradiction, answer: Answer, texts: Texts) -> str:
    """What both say, in their own words, and since when."""
    values: dict[str, object] = {}
    for name, said in (("newer", difference.newer), ("older", difference.older)):
        number, item = next(
            (number, item) for number, item in enumerate(answer.evidence, start=1) if item.chunk.id == said.chunk_id
        )
        words = escape_text(shorten(item.chunk.text[said.start : said.end], _SAID_LIMIT))
        source = escape_text(shorten(item.source.name, _NAME_LIMIT))
        values |= {name: f"{source} [{number}]", f"{name}_day": day(item.source), f"{name}_said": words}
    return texts(answer.language, "answer.differ", **values)


def _source_line(number: int, item: Evidence, language: Language, texts: Texts, *, aged: bool) -> str:
    place = item.chunk.place
    if item.source.media == "qa":
        return subtext(f"[{number}] {_moderators_line(item, language, texts)}")
    above = " › ".join(part for part in (item.source.name, place.heading) if part)
    words = ", ".join(part for part in (above, exact_place(place, item.source.media, language, texts)) if part)
    line = f"{_SMALL}[{number}] {link_to(escape_text(shorten(words, _LINE_LIMIT)), item.source.link_at(place))}"
    return " · ".join([line, *([age(item.source, language, texts)] if aged else []), *_also(item, language, texts)])


def _also(item: Evidence, language: Language, texts: Texts) -> list[str]:
    """The other documents that say the same, the first few by name."""
    names = [escape_text(shorten(source.name, _NAME_LIMIT)) for source in item.also_in[:_MOST_ALSO]]
    more = ["…"] if len(item.also_in) > _MOST_ALSO else []
    return [texts(language, "answer.also_in", names=", ".join([*names, *more]))] if names else []


def _moderators_line(item: Evidence, language: Language, texts: Texts) -> str:
    """Who answered which question, and when."""
    question = escape_markdown(shorten((item.chunk.place.heading or "").partition("\n")[0], _LINE_LIMIT))
    author, on = item.source.ingested_by, item.source.ingested_at.date().isoformat()
    if author.isdecimal():
        return texts(language, "answer.by_moderator", member=author, day=on, question=question)
    return texts(language, "answer.by_terminal", day=on, question=question)


def _seconds(seconds: float) -> str:
    """To a tenth; never none at all."""
    return f"{seconds:.1f}" if seconds >= 0.05 else "<0.1"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / MEGABYTE:.1f} MB" if size_bytes >= MEGABYTE else f"{max(1, size_bytes // 1000)} kB"


def _with_discords_fences(text: str) -> str:
    """`text` with its code between the only fence that Discord knows, which ends wherever it is met again."""
    lines = text.split("\n")
    shown: list[str] = []
    for block in blocks(lines):
        own = lines[block.first : block.end]
        code = code_block(own) if block.kind is Kind.CODE else None
        if code is None or (code.fence == _FENCE and _FENCE not in code.text):
            shown += own
        else:
            # Nothing is seen between the signs, and they are no fence.
            shown += [_fence_of(code.language), _IN_FENCE.sub("`\u200b", code.text), _FENCE]
    return "\n".join(shown)


def _opening_fence(line: str) -> str:
    """The fence that opens a block again as `line` opened it, with its language."""
    return _fence_of(line.rsplit(_FENCE, 1)[1].strip())


def _fence_of(language: str) -> str:
    return _FENCE + (language if re.fullmatch(r"[\w+-]{1,20}", language) else "")


def _short_lines(text: str, limit: int) -> list[str]:
    """The lines of `text`; those above `limit` characters are cut, at a space where there is one."""
    lines: list[str] = []
    for line in text.splitlines():
        rest = line
        while len(rest) > limit:
            space = rest.rfind(" ", limit // 2, limit)
            at = limit if space < 0 else space
            lines.append(rest[:at])
            rest = rest[at:].lstrip(" ")
        lines.append(rest)
    return lines
