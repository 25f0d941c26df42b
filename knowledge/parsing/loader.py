"""From a file's bytes to its text, by type. Knows nothing of chunks, guilds or indexes."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from knowledge.errors import DocumentError, Reason
from knowledge.parsing import formats
from knowledge.parsing.archive import check_office_archive
from knowledge.parsing.formats import READABLE
from knowledge.parsing.front_matter import without_front_matter
from knowledge.parsing.qa_pairs import QA, heading_of, read_qa_pair
from knowledge.parsing.sandbox import Limits
from knowledge.parsing.sandboxed_reader import DEFAULT, read_sandboxed
from storage.sizes import MEGABYTE
from text.decoding import NotText, decode
from text.footnotes import inline_footnotes
from text.markdown_blocks import without_comments
from text.plurals import fill


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of text with a page number of its own, or the whole of a text file."""

    text: str
    page: int | None
    """From 1: of a PDF's page or a slide."""
    heading: str | None = None
    """Of a pair, which is one section and one passage: its question."""
    numbers: tuple[int, ...] | None = None
    """For each line of the text, the file's line, the sheet's row or the notebook's cell. None: it is the file's own
    text, or nothing is known of its lines."""


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """What a file says."""

    media: str
    sections: tuple[Section, ...]
    page_count: int | None
    link: str | None = None
    """That the document gives itself, checked."""


def load_document(data: bytes, name: str, max_bytes: int, limits: Limits = DEFAULT) -> LoadedDocument:
    """Read `data` as the type that `name` ends in. Raises DocumentError."""
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
    _check_kind(data, name, media, max_bytes)
    match media:
        case "md" | "txt" | "code":
            return _load_text(data, name, media)
        case "qa":
            pair = read_qa_pair(data, name)
            return LoadedDocument(QA, (Section(pair.answer, None, heading_of(pair.questions)),), None)
        case _:
            return _load_contained(_as_utf8(data, name) if media == "html" else data, name, media, limits)


def _check_kind(data: bytes, name: str, media: str, max_bytes: int) -> None:
    is_office = media in formats.OFFICE
    if is_office and formats.is_locked_office(data):
        raise DocumentError(Reason.ENCRYPTED, f"{name}: the file is encrypted: remove its password")
    kind = formats.real_format(data, media)
    if is_office and kind is None:
        kind = formats.other_office(check_office_archive(data, name, max_bytes), media)
    if kind is not None:
        raise DocumentError(Reason.MISNAMED, f"{name}: the file is really {kind}: correct its extension")


def _as_utf8(page: bytes, name: str) -> bytes:
    """A web page in UTF-16, which marks itself, in the encoding that its parser takes; any other as it is."""
    if page.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.BOM_UTF8 + _decode(page, name).encode()
    if b"\0" in page:
        raise DocumentError(Reason.BINARY, f"{name}: this is a binary file, not a web page")
    return page


_NO_TEXT = {
    "html": "the page has no text of its own",
    "pptx": "{count:its slide has|its # slides have} no text: write out what the pictures show",
    "pdf": "{count:its page has|its # pages have} no text, like a scan: run text recognition (OCR) first",
}


def _load_contained(data: bytes, name: str, media: str, limits: Limits) -> LoadedDocument:
    try:
        parts = read_sandboxed(data, media, limits)
    except DocumentError as error:
        raise DocumentError(error.reason, f"{name}: {error}", error.page) from error
    sections = tuple(Section(part.text, part.page, numbers=part.numbers) for part in parts if part.text.strip())
    if not sections:
        sentence = _NO_TEXT.get(media, "the file has no text")
        raise DocumentError(Reason.NO_TEXT, f"{name}: {fill(sentence, count=len(parts))}")
    return LoadedDocument(media, sections, len(parts) if media in {"pdf", "pptx"} else None)


def _load_text(data: bytes, name: str, media: str) -> LoadedDocument:
    text = _decode(data, name)
    if not text.strip():
        raise DocumentError(Reason.EMPTY, f"{name}: the file is empty")
    link = None
    if media == "md":
        text, link = without_front_matter(text)
        text = inline_footnotes(without_comments(text))
    if not text.strip():
        raise DocumentError(Reason.EMPTY, f"{name}: there is nothing but front matter and comments")
    return LoadedDocument(media, (Section(text, None),), None, link)


def _decode(data: bytes, name: str) -> str:
    try:
        return decode(data)
    except NotText as error:
        raise DocumentError(Reason.BINARY, f"{name}: this is not a text file: save it as UTF-8 text") from error
