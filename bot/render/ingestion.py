"""The text about ingestions: their progress, and the reports on one file or on many.

Edit this file to change what moderators read about their uploads. Nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from discord.utils import escape_markdown

from bot.locales import Texts
from bot.render.message_text import MESSAGE_LIMIT, audience_phrase, join_parts, shorten, subtext
from bot.render.sources import format_names
from chains.types import Language
from knowledge.types import Audience, BatchProgress, BatchReport, IngestOutcome, IngestReport

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
        audience=audience_phrase("ingest.audience", report.source.audience, language, texts),
    )
    return sentence if link is None else join_parts(sentence, texts(language, "ingest.link", link=link))


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
    return [("", named), (texts(language, "ingest.failed_heading"), failures)]


def _fit(head: Sequence[str], details: Iterable[tuple[str, list[str]]], texts: Texts, language: Language) -> str:
    """Return as many lines as fit into one message, and how many more there are."""
    lines = list(head)
    for heading, rows in details:
        if not rows:
            continue
        lines.extend([heading] if heading else [])
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
