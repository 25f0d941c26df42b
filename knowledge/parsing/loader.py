"""Turns a file's bytes into its text by format, in a sandboxed child process for all but plain text.

Edit it for how a format is dispatched, checked and refused.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from pydantic import TypeAdapter, ValidationError

from knowledge.errors import DocumentError, Reason
from knowledge.parsing import formats
from knowledge.parsing.archive import check_office_archive
from knowledge.parsing.document_metadata import email_date, pdf_date, read_front_matter
from knowledge.parsing.formats import READABLE
from knowledge.parsing.qa_pairs import heading_of, read_qa_pair
from knowledge.parsing.readers.parts import ReaderResult
from knowledge.parsing.sandbox import Limits, run_sandboxed
from knowledge.types import QA, LeftOut, LeftOutKind
from storage.sizes import MEGABYTE
from text.decoding import NotText, decode
from text.markdown.blocks import without_comments
from text.markdown.footnotes import inline_footnotes
from text.plausibility import is_garbled
from text.plurals import fill

log = logging.getLogger(__name__)

READER_LIMITS = Limits(seconds=60, memory_bytes=2 * 1024**3, output_bytes=40 * 1024**2)

_RESULT = TypeAdapter(ReaderResult)
_SENTENCES = {
    Reason.ENCRYPTED: "the file is encrypted: remove its password",
    Reason.TOO_LARGE: "the file unpacks to too much text: split it into smaller files",
    Reason.CORRUPT: "the file doesn't match its extension or is damaged: save it again from the program that made it",
    Reason.TOO_SLOW: "reading it took longer than {seconds} s: split it into smaller files",
    Reason.TOO_DEEP: "the file is nested too deeply: flatten it, or save it as text",
    Reason.MISNAMED: "the contents don't match the extension: rename the file",
    Reason.BINARY: "this is a binary file: save it as UTF-8 text",
}


@dataclass(frozen=True, slots=True)
class Section:
    """Holds a stretch of text with a page number of its own, or the whole of a text file."""

    text: str
    page: int | None
    """From 1: a PDF's page or a slide."""
    heading: str | None = None
    """The question of a moderator's answer, which is one section and one passage."""
    numbers: tuple[int, ...] | None = None
    """For each line of the text, its line, sheet row or notebook cell in the file. None: the text is the file's own, or
    its lines are unknown.
    """


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """Holds what was read from a file."""

    media: str
    sections: tuple[Section, ...]
    page_count: int | None
    link: str | None = None
    """The checked link that the document gives to itself."""
    dated: date | None = None
    """The date that the document gives itself; None: it gives none."""
    left_out: tuple[LeftOut, ...] = ()
    """What the file contains that is not in its text, each kind once."""


def load_document(data: bytes, name: str, max_bytes: int, limits: Limits = READER_LIMITS) -> LoadedDocument:
    """Return the text of `data`, read in the format that the extension of `name` stands for. Raises DocumentError."""
    media = formats.media_of(name)
    if media is None:
        better = formats.readable_suffix_for(name)
        advice = f"unsupported file type; supported: {READABLE}" if better is None else f"save it as {better}"
        raise DocumentError(Reason.UNSUPPORTED, f"{name}: {advice}")
    if len(data) > max_bytes:
        size_mb, limit_mb = len(data) / MEGABYTE, max_bytes // MEGABYTE
        raise DocumentError(Reason.TOO_LARGE, f"{name}: {size_mb:.1f} MB is over the limit of {limit_mb} MB")
    if not data.strip():
        raise DocumentError(Reason.EMPTY, f"{name}: the file is empty")
    _check_format(data, name, media, max_bytes)
    return _without_garbled_pages(_read(data, name, media, limits), name)


def _read(data: bytes, name: str, media: str, limits: Limits) -> LoadedDocument:
    match media:
        case "md" | "txt" | "code":
            return _load_text(data, name, media, limits)
        case "qa":
            pair = read_qa_pair(data, name)
            return LoadedDocument(QA, (Section(pair.answer, None, heading_of(pair.questions)),), None)
        case _:
            return _load_sandboxed(_as_utf8(data, name) if media == "html" else data, name, media, limits)


def _check_format(data: bytes, name: str, media: str, max_bytes: int) -> None:
    is_zipped = media in formats.ZIPPED
    if is_zipped and formats.is_locked_office(data):
        raise DocumentError(Reason.ENCRYPTED, f"{name}: the file is encrypted: remove its password")
    real_format = formats.real_format(data, media)
    if is_zipped and real_format is None:
        real_format = formats.other_zipped(check_office_archive(data, name, max_bytes), media)
    if real_format is not None:
        raise DocumentError(Reason.MISNAMED, f"{name}: the file is really {real_format}: correct its extension")


def _as_utf8(page: bytes, name: str) -> bytes:
    """Return a web page that names no encoding, or is in UTF-16, as UTF-8 for its parser; any other unchanged."""
    if page.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.BOM_UTF8 + decode_file(page, name).encode()
    if b"\0" in page:
        raise DocumentError(Reason.BINARY, f"{name}: this is a binary file, not a web page")
    if page.isascii() or _STATED_ENCODING.search(page, 0, _ENCODING_WITHIN):
        return page
    return codecs.BOM_UTF8 + decode_file(page, name).encode()


_STATED_ENCODING = re.compile(rb"charset\s*=|^\xef\xbb\xbf|<\?xml[^>]*encoding", re.IGNORECASE)
_ENCODING_WITHIN = 4096
"""Bytes; a browser looks no further than 1,024."""


def _without_garbled_pages(document: LoadedDocument, name: str) -> LoadedDocument:
    """Return a document in which fewer pages are garbled than not without them. Raises DocumentError if more are."""
    kept: list[Section] = []
    garbled: list[Section] = []
    for section in document.sections:
        (garbled if is_garbled(section.text) else kept).append(section)
    if not garbled:
        return document
    first = garbled[0].page
    if first is None or sum(len(each.text) for each in kept) <= sum(len(each.text) for each in garbled):
        advice = _IF_GARBLED.get(document.media, "save it as UTF-8 text")
        place = "its letters" if first is None else f"the letters on page {first}"
        raise DocumentError(Reason.GARBLED, f"{name}: {place} come out garbled: {advice}", first)
    counts = Counter({part.kind: part.count for part in document.left_out})
    counts[LeftOutKind.GARBLED_TEXT] += len(garbled)
    left_out = tuple(LeftOut(kind, counts[kind]) for kind in LeftOutKind if counts[kind])
    return replace(document, sections=tuple(kept), left_out=left_out)


_IF_GARBLED = {
    "pdf": "a font in it doesn't say which letters it draws, so run text recognition (OCR) first",
    **dict.fromkeys(
        ("docx", "pptx", "xlsx", "odt", "rtf", "epub", "eml"), "save it again from the program that made it"
    ),
}
_NO_TEXT = {
    "html": "the page has no text of its own",
    "pptx": "{count:its slide has|its # slides have} no text: write out what the pictures show",
    "pdf": "{count:its page has|its # pages have} no text, like a scan: run text recognition (OCR) first",
}


_DATES = {"pdf": pdf_date, "eml": email_date}
"""Where a format states its date so that it can be found without a parser."""


def _load_sandboxed(data: bytes, name: str, media: str, limits: Limits) -> LoadedDocument:
    try:
        result = read_sandboxed(data, media, limits)
    except DocumentError as error:
        raise DocumentError(error.reason, f"{name}: {error}", error.page) from error
    parts = result.parts
    sections = tuple(Section(part.text, part.page, numbers=part.numbers) for part in parts if part.text.strip())
    if not sections:
        sentence = _NO_TEXT[media] if media in _NO_TEXT and parts else "the file has no text"
        raise DocumentError(Reason.NO_TEXT, f"{name}: {fill(sentence, count=len(parts))}", left_out=result.left_out)
    page_count = len(parts) if media in {"pdf", "pptx"} else None
    dated = _DATES[media](data) if media in _DATES else None
    return LoadedDocument(media, sections, page_count, dated=dated, left_out=result.left_out)


def _load_text(data: bytes, name: str, media: str, limits: Limits) -> LoadedDocument:
    text = decode_file(data, name)
    if not text.strip():
        raise DocumentError(Reason.EMPTY, f"{name}: the file is empty")
    if media != "md":
        return LoadedDocument(media, (Section(text, None),), None)
    markdown = read_front_matter(text)
    text, numbers = without_comments(markdown.text), None
    if _HTML_IN_MARKDOWN.search(text):
        (part,) = read_sandboxed(text.encode(), "md", limits).parts
        text, numbers = part.text, part.numbers
    text = inline_footnotes(text)
    if not text.strip():
        raise DocumentError(Reason.EMPTY, f"{name}: there is nothing but front matter and comments")
    return LoadedDocument(media, (Section(text, None, numbers=numbers),), None, markdown.link, markdown.dated)


_HTML_IN_MARKDOWN = re.compile(r"<(?:table|h[1-6])[\s>]", re.IGNORECASE)


def decode_file(data: bytes, name: str) -> str:
    """Return the text of a text file, in whatever encoding. Raises DocumentError."""
    try:
        return decode(data)
    except NotText as error:
        raise DocumentError(Reason.BINARY, f"{name}: this is not a text file: save it as UTF-8 text") from error


def read_sandboxed(data: bytes, media: str, limits: Limits = READER_LIMITS) -> ReaderResult:
    """Return the parts of a document in order, and what was left out, read in a child process. Raises DocumentError."""
    child = run_sandboxed("knowledge.parsing.reader_process", [media], data, limits)
    try:
        result = _RESULT.validate_json(child.output)
    except ValidationError:
        log.warning("the reader of a %s file exited with %s and no result", media, child.code)
        result = ReaderResult(reason=child.reason)
    if result.reason is not None:
        reason = Reason(result.reason)
        sentence = _SENTENCES[reason].format(seconds=limits.seconds)
        if result.line is not None:
            sentence = f"line {result.line} can't be read: correct it"
        raise DocumentError(reason, sentence, result.page)
    for part in result.parts:
        text = part.text.rstrip("\n")
        if text and part.numbers is not None and len(part.numbers) <= text.count("\n"):
            raise DocumentError(Reason.CORRUPT, _SENTENCES[Reason.CORRUPT])
    return result
