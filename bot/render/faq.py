"""The text about moderators' answers: what is saved, listed or shown below a corrected answer.

Edit this file to change what moderators and members read about them. Nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from discord.utils import escape_markdown

from bot.locales import Texts
from bot.render.message_text import audience_phrase, close_open_blocks, join_parts, shorten, split_message
from chains.types import Language
from knowledge.types import QA, IngestOutcome, QAPair, QAPairReport, Source, StoredQAPair

_QUESTION_LIMIT = 150
_ANSWER_LIMIT = 200


def pair_saved(report: QAPairReport, corrected: StoredQAPair | Source | None, language: Language, texts: Texts) -> str:
    """Return what moderators read once an answer is saved. `corrected` is the source of the wrong one, if known."""
    question = shown_question(report.stored.pair)
    if report.outcome is IngestOutcome.UNCHANGED:
        return texts(language, "faq.unchanged", question=question)
    authors = dict.fromkeys(_author(stored.source, language, texts) for stored in report.replaced)
    kept = texts(
        language,
        f"faq.{report.outcome}",
        question=question,
        authors=", ".join(authors),
        audience=audience_phrase("faq.audience", report.stored.source.audience, language, texts),
    )
    return join_parts(kept, texts(language, "faq.next"), _corrected_source(report, corrected, language, texts))


def pair_list(
    pairs: Sequence[StoredQAPair], sources: Sequence[Source], language: Language, texts: Texts
) -> tuple[str, ...]:
    """Return the messages that list `pairs`; `sources` are those whose names may be shown."""
    if not pairs:
        return (texts(language, "faq.none"),)
    names = {source.id: source.name for source in sources if source.media != QA}
    lines = [_pair_line(stored, names.get(stored.corrects or ""), language, texts) for stored in pairs]
    return split_message("\n".join([texts(language, "faq.heading", count=len(pairs)), *lines]))


def correction_note(pair: QAPair, member_id: int, language: Language, texts: Texts) -> str:
    """Return what everyone reads below a corrected answer."""
    return join_parts(texts(language, "faq.note", member=member_id), close_open_blocks(pair.answer))


def shown_question(pair: QAPair) -> str:
    """Return the first wording, short and without Markdown."""
    return escape_markdown(shorten(pair.questions[0], _QUESTION_LIMIT))


def _corrected_source(
    report: QAPairReport, corrected: StoredQAPair | Source | None, language: Language, texts: Texts
) -> str:
    match corrected:
        case Source():
            return texts(language, "faq.corrects_document", name=escape_markdown(corrected.name))
        case StoredQAPair() if corrected.source.id not in {report.stored.source.id, *_source_ids(report.replaced)}:
            return texts(language, "faq.corrects_pair", question=shown_question(corrected.pair))
        case _:
            return ""


def _pair_line(stored: StoredQAPair, corrects: str | None, language: Language, texts: Texts) -> str:
    more = len(stored.pair.questions) - 1
    return texts(
        language,
        "faq.line",
        question=shown_question(stored.pair),
        wordings=texts(language, "faq.line_wordings", count=more) if more else "",
        author=_author(stored.source, language, texts),
        day=stored.source.ingested_at.date().isoformat(),
        audience=audience_phrase("faq.line", stored.source.audience, language, texts),
        answer=escape_markdown(shorten(stored.pair.answer, _ANSWER_LIMIT)),
        corrects="" if corrects is None else texts(language, "faq.line_corrects", name=escape_markdown(corrects)),
    )


def _author(source: Source, language: Language, texts: Texts) -> str:
    if source.ingested_by.isdecimal():
        return texts(language, "faq.by_member", member=source.ingested_by)
    return texts(language, "faq.by_terminal")


def _source_ids(pairs: Sequence[StoredQAPair]) -> list[str]:
    return [stored.source.id for stored in pairs]
