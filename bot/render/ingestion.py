"""The text about ingestions: their progress, and the reports on one file or on many.

Edit this file to change what moderators read about their uploads. Nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from discord.utils import escape_markdown

from bot.locales import Texts
from bot.render.message_text import MESSAGE_LIMIT, audience_phrase, join_parts, shorten, subtext
from bot.render.sources import format_names
from chains.types import Language
from knowledge.types import Audience, BatchProgress, BatchReport, IngestOutcome, IngestReport, LeftOut

_NAME_LIMIT = 60
_NAMED = 5
"""The new and the changed files that are listed by name."""
_SECONDS_SHOWN_BELOW_S = 90


def ingestion_progress(now: BatchProgress, language: Language, texts: Texts) -> str:
    """Return the progress of the files, on one line."""
    key = "ingest.progress_one" if now.files == 1 else "ingest.progress_many"
    head = texts(
        language, key, name=_short_name(now.name), file=now.file, files=now.files, done=now.chunks, total=now.known
    )
    parts = [head]
    if now.pages:
        parts.append(texts(language, "ingest.pages_read", pages=now.pages))
    if now.rate is not None:
        parts.append(texts(language, "ingest.rate", rate=f"{now.rate:.1f}"))
    if now.left_s is not None:
        parts.append(_time_left(now.left_s, language, texts))
    return subtext(*parts)


def batch_report(report: BatchReport, audience: Audience, language: Language, texts: Texts, limit_mb: int) -> str:
    """Return the closing report on several files, short enough for one message."""
    heading = texts(
        language,
        "ingest.closing",
        files=len(report.reports),
        seconds=f"{report.seconds:.1f}",
        audience=audience_phrase("ingest.closing", audience, language, texts),
    )
    return _fit(
        [heading, *_summary(report, language, texts)], _details(report, language, texts, limit_mb), texts, language
    )


def unfinished_batch_report(
    why: str, reports: Sequence[IngestReport], language: Language, texts: Texts, limit_mb: int
) -> str:
    """Return the report on an ingestion that ended early: why, and what was done before."""
    if not reports:
        return why
    report = BatchReport(tuple(reports), 0.0)
    return _fit([why, *_summary(report, language, texts)], _details(report, language, texts, limit_mb), texts, language)


def file_report(report: IngestReport, language: Language, texts: Texts, limit_mb: int) -> str:
    """Return the closing report on one file."""
    name = escape_markdown(report.name)
    if report.outcome is IngestOutcome.FAILED or report.source is None:
        reason = failure_reason(report, language, texts, limit_mb)
        return join_parts(
            texts(language, "ingest.failed", name=name, reason=reason), *_omissions(report, language, texts)
        )
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
        audience=audience_phrase("ingest.audience", report.source.audience, language, texts),
    )
    cited = "" if link is None else texts(language, "ingest.link", link=link)
    return join_parts(sentence, *_omissions(report, language, texts), cited)


def failure_reason(report: IngestReport, language: Language, texts: Texts, limit_mb: int) -> str:
    """Return why a file failed, and on which page."""
    key = f"documents.{report.reason}"
    sentence = texts(
        language,
        key if texts.has(key) else "documents.other",
        limit_mb=limit_mb,
        formats=format_names(language, texts),
    )
    if report.failed_page is None:
        return sentence
    return texts(language, "ingest.failed_page", page=report.failed_page, reason=sentence)


def _omissions(report: IngestReport, language: Language, texts: Texts) -> Iterator[str]:
    """Yield what of the file is hidden, and what could not be read, each on one line."""
    for key, is_hidden in (("ingest.hidden", True), ("ingest.unread", False)):
        if parts := [each for each in report.left_out if each.kind.is_hidden is is_hidden]:
            yield texts(language, key, what=_listed(parts, language, texts))


def _listed(parts: Iterable[LeftOut], language: Language, texts: Texts) -> str:
    words = [texts(language, f"left_out.{each.kind}", count=each.count) for each in parts]
    return texts(language, "left_out.comma").join(words)


def _summary(report: BatchReport, language: Language, texts: Texts) -> list[str]:
    counts = {str(outcome): len(report.of(outcome)) for outcome in IngestOutcome}
    return [
        texts(language, "ingest.counts", **counts),
        texts(language, "ingest.vectors", embedded=report.embedded_count, reused=report.reused_count),
    ]


def _details(report: BatchReport, language: Language, texts: Texts, limit_mb: int) -> list[tuple[str, list[str]]]:
    """Return the parts that may be cut, each a heading with its lines."""
    named = []
    for outcome in (IngestOutcome.NEW, IngestOutcome.CHANGED):
        names = [f"**{_short_name(each.name)}**" for each in report.of(outcome)]
        if names:
            listed = ", ".join([*names[:_NAMED], *_more(len(names) - _NAMED, language, texts)])
            named.append(texts(language, f"ingest.named_{outcome}", names=listed))
    failures = [
        texts(
            language,
            "ingest.failed_line",
            name=_short_name(each.name),
            reason=failure_reason(each, language, texts, limit_mb),
        )
        for each in report.of(IngestOutcome.FAILED)
    ]
    partial = [
        texts(
            language,
            "ingest.left_out_line",
            name=_short_name(each.name),
            what=_listed(each.left_out, language, texts),
        )
        for each in report.reports
        if each.left_out and each.outcome is not IngestOutcome.FAILED
    ]
    return [
        ("", named),
        (texts(language, "ingest.failed_heading"), failures),
        (texts(language, "ingest.left_out_heading"), partial),
    ]


def _fit(head: Sequence[str], details: Iterable[tuple[str, list[str]]], texts: Texts, language: Language) -> str:
    """Return as many lines as fit into one message, and how many more there are."""
    lines = list(head)
    for heading, rows in details:
        above = [heading] if heading else []
        if (
            not rows
            or len("\n".join([*lines, *above, texts(language, "ingest.more_lines", count=len(rows))])) > MESSAGE_LIMIT
        ):
            continue
        lines.extend(above)
        for shown, row in enumerate(rows):
            rest = [texts(language, "ingest.more_lines", count=len(rows) - shown)]
            if len("\n".join([*lines, row, *rest])) > MESSAGE_LIMIT:
                lines += rest
                break
            lines.append(row)
    return "\n".join(lines)


def _more(count: int, language: Language, texts: Texts) -> list[str]:
    return [texts(language, "ingest.more", count=count)] if count > 0 else []


def _short_name(name: str) -> str:
    return escape_markdown(shorten(name, _NAME_LIMIT))


def _time_left(seconds: float, language: Language, texts: Texts) -> str:
    if seconds < _SECONDS_SHOWN_BELOW_S:
        return texts(language, "ingest.left_seconds", seconds=max(1, round(seconds)))
    return texts(language, "ingest.left_minutes", minutes=round(seconds / 60))
