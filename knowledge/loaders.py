"""From a file's bytes to its text, by type. Knows nothing of chunks, guilds or indexes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from knowledge.contained import read_contained
from knowledge.errors import DocumentError, Reason
from knowledge.front_matter import without_front_matter
from knowledge.pairs import QA, heading_of, read_pair

MEDIA_BY_SUFFIX = {
    ".md": "md",
    ".markdown": "md",
    ".txt": "txt",
    ".pdf": "pdf",
    ".html": "html",
    ".htm": "html",
    ".qa": QA,
}
READABLE = "Markdown, text, HTML and PDF"


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of text with a page number of its own, or the whole of a text file."""

    text: str
    page: int | None
    heading: str | None = None
    """Of a pair, which is one section and one passage: its question."""


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """What a file says."""

    media: str
    sections: tuple[Section, ...]
    page_count: int | None
    link: str | None = None
    """That the document gives itself, checked."""


def load(data: bytes, name: str, max_bytes: int) -> LoadedDocument:
    """Read `data` as the type that `name` ends in. Raises DocumentError."""
    media = MEDIA_BY_SUFFIX.get(PurePath(name).suffix.lower())
    if media is None:
        raise DocumentError(Reason.UNSUPPORTED, f"{name}: only {READABLE} files can be read")
    if len(data) > max_bytes:
        size_mb, limit_mb = len(data) / 1024**2, max_bytes // 1024**2
        raise DocumentError(Reason.TOO_LARGE, f"{name}: {size_mb:.0f} MB is over the limit of {limit_mb} MB")
    if not data.strip():
        raise DocumentError(Reason.EMPTY, f"{name}: the file is empty")
    match media:
        case "pdf":
            return _load_pdf(data, name)
        case "html":
            return _load_html(data, name)
        case "qa":
            pair = read_pair(data, name)
            return LoadedDocument(QA, (Section(pair.answer, None, heading_of(pair.questions)),), None)
        case _:
            return _load_text(data, name, media)


def _pages(data: bytes, name: str, media: str) -> list[tuple[int, str]]:
    try:
        return read_contained(data, media)
    except DocumentError as error:
        raise DocumentError(error.reason, f"{name}: {error}", error.page) from error


def _load_html(data: bytes, name: str) -> LoadedDocument:
    if b"\0" in data:
        raise DocumentError(Reason.BINARY, f"{name}: it is a binary file, no web page")
    text = "\n\n".join(_encodable(text) for _, text in _pages(data, name, "html"))
    if not text.strip():
        raise DocumentError(Reason.NO_TEXT, f"{name}: the page shows no text of its own")
    return LoadedDocument("html", (Section(text, None),), None)


def _load_pdf(data: bytes, name: str) -> LoadedDocument:
    pages = _pages(data, name, "pdf")
    # A broken font map yields lone surrogates, which no database or model accepts.
    sections = tuple(Section(_encodable(text), number) for number, text in pages if text.strip())
    if not sections:
        raise DocumentError(
            Reason.NO_TEXT, f"{name}: its {len(pages)} pages hold no text, as a scan does: recognise the text first"
        )
    return LoadedDocument("pdf", sections, len(pages))


def _load_text(data: bytes, name: str, media: str) -> LoadedDocument:
    text = _decode(data, name).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DocumentError(Reason.EMPTY, f"{name}: the file is empty")
    text, link = without_front_matter(text) if media == "md" else (text, None)
    if not text.strip():
        raise DocumentError(Reason.EMPTY, f"{name}: it holds nothing below its front matter")
    return LoadedDocument(media, (Section(text, None),), None, link)


def _decode(data: bytes, name: str) -> str:
    """UTF-8, with or without its mark, else GB18030, which holds every older Chinese encoding but Big5."""
    binary = DocumentError(Reason.BINARY, f"{name}: it is not a text file in UTF-8 or GB18030")
    if b"\0" in data:
        raise binary
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _looks_binary(text):
            raise binary
        return text
    raise binary


def _looks_binary(text: str) -> bool:
    """Control and private-use characters betray bytes that only happen to decode."""
    odd = sum(1 for char in text if (char < " " and char not in "\t\n\r\f\v") or "\ue000" <= char <= "\uf8ff")
    return odd > len(text) * 0.01


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
