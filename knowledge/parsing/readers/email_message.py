"""Reads an e-mail as Markdown: its subject as the heading, who wrote to whom and when, its text, attached messages.

Attachments are named, and not opened. Edit it for which header fields are shown, and which of several texts is read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import compat32

from knowledge.parsing.readers.html import read_html
from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from knowledge.types import LeftOut, LeftOutKind
from text.decoding import NotText, decode
from text.markdown.escaping import escaped_line

MAX_PARTS = 5000
MAX_DEPTH = 5
"""Of messages attached to each other; a deeper one is left out."""
_LONGEST_FIELD = 2000
_FIELDS = ("From", "To", "Cc", "Date")
_KNOWN_BY = ("From", "To", "Subject", "Date", "Message-ID", "Received")
"""Fields of which a message has at least one."""
_UNREADABLE = {"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"}
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "iso-8859-1": "cp1252"}
"""The encodings that mail programs use under a narrower name."""
_UNKNOWN = {"us-ascii", "ascii", "unknown-8bit", ""}
_WORDS = re.compile(r"\w")
_STUB = 5
"""A plain text with so many times fewer letters than the HTML beside it only says that there is one."""
_STYLE = re.compile(r"<(/?)(?:style|script)(?=[\s>])", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_QUOTE_MARKS = re.compile(r"(?:>[ ]?)+")


def read_email(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield the message as the only part. Raises ReaderRefused and RecursionError."""
    if data.count(b"\n--") > MAX_PARTS * 20:
        raise ReaderRefused("too_large")
    message = message_from_bytes(data.removeprefix(b"\xef\xbb\xbf").lstrip(), policy=compat32)
    if not any(name in message for name in _KNOWN_BY):
        raise ReaderRefused("corrupt")
    reading = _Reading()
    markdown = "\n".join(reading.message(message, 1))
    if reading.is_encrypted and not reading.has_text:
        raise ReaderRefused("encrypted")
    yield ParsedPart(markdown)
    yield from reading.left_out


class _Reading:
    """Reads a message and those attached to it."""

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []
        self.is_encrypted = False
        self.has_text = False
        self._part_count = 0

    def message(self, message: Message, level: int) -> Iterator[str]:
        """Yield the lines of a message, its subject a heading of this level."""
        subject = _field(message, "Subject")
        if subject:
            yield from [f"{'#' * min(level, 6)} {subject}", ""]
        fields = [f"{name}: {escaped_line(value)}" for name in _FIELDS if (value := _field(message, name))]
        texts: list[str] = []
        attached: list[str] = []
        messages: list[Message] = []
        for leaf in self._leaves(message):
            if leaf.get_content_type() == "message/rfc822":
                messages += [each for each in leaf.get_payload() if isinstance(each, Message)]
            elif leaf.get_content_maintype() == "text" and not _is_attachment(leaf):
                texts += self._text(leaf)
            else:
                attached += self._attached(leaf)
        if attached:
            fields.append(f"Attachments: {escaped_line(', '.join(attached))}")
        yield from [*fields, ""]
        yield from (line for text in texts for line in (text, ""))
        if _field(message, "Bcc"):
            self.left_out.append(LeftOut(LeftOutKind.HIDDEN_TEXT))
        for each in messages:
            if level < MAX_DEPTH:
                yield from self.message(each, level + 1)
            else:
                self.left_out.append(LeftOut(LeftOutKind.EMBEDDED_FILE))

    def _leaves(self, part: Message) -> Iterator[Message]:
        """Yield the parts that are no containers; of alternatives, the one that is read."""
        self._part_count += 1
        if self._part_count > MAX_PARTS:
            raise ReaderRefused("too_large")
        kind = part.get_content_type()
        if kind in _UNREADABLE:
            self.is_encrypted = True
            return
        children = part.get_payload()
        if not part.is_multipart() or kind == "message/rfc822" or not isinstance(children, list):
            if kind not in _SIGNATURES:
                yield part
            return
        leaves = [list(self._leaves(child)) for child in children if isinstance(child, Message)]
        yield from _best(leaves) if kind == "multipart/alternative" else (leaf for each in leaves for leaf in each)

    def _text(self, part: Message) -> Iterator[str]:
        """Yield the text of a part as Markdown."""
        if part.get_content_subtype() == "html":
            for each in read_html(codecs.BOM_UTF8 + _body(part).encode("utf-8", "replace")):
                if isinstance(each, LeftOut):
                    self.left_out.append(each)
                elif each.text:
                    self.has_text = True
                    yield each.text
        elif part.get_content_subtype() in {"calendar", "x-vcard", "vcard"}:
            self.left_out.append(LeftOut(LeftOutKind.EMBEDDED_FILE))
        elif (text := _body(part)).strip():
            self.has_text = True
            is_flowed = str(part.get_param("format", "")).lower() == "flowed"
            is_split = str(part.get_param("delsp", "")).lower() == "yes"
            lines = _unfolded(text.split("\n"), is_split=is_split) if is_flowed else text.split("\n")
            yield "\n".join(_escaped(line.rstrip()) for line in lines).strip("\n")

    def _attached(self, part: Message) -> Iterator[str]:
        """Yield the name of what is not read, and count it."""
        is_picture = part.get_content_maintype() == "image" and not _is_attachment(part)
        self.left_out.append(LeftOut(LeftOutKind.PICTURE if is_picture else LeftOutKind.EMBEDDED_FILE))
        name = _decoded(part.get_filename() or "")
        if name and not is_picture:
            yield name


def _best(alternatives: list[list[Message]]) -> list[Message]:
    """Return the parts of the alternative to read: plain text, unless it only says that there is HTML."""
    texts = {_main_kind(leaves): leaves for leaves in reversed(alternatives)}
    plain, page = texts.get("plain"), texts.get("html")
    if plain is None or page is None:
        return plain or page or (alternatives[-1] if alternatives else [])
    return page if _letter_count(plain) * _STUB < _letter_count(page) else plain


def _main_kind(leaves: list[Message]) -> str:
    kinds = {leaf.get_content_subtype() for leaf in leaves if leaf.get_content_maintype() == "text"}
    return next((kind for kind in ("html", "plain") if kind in kinds), "")


def _letter_count(leaves: list[Message]) -> int:
    """Return how many letters the text has, without the tags of HTML."""
    texts = [_body(leaf) for leaf in leaves if leaf.get_content_maintype() == "text"]
    return sum(len(_WORDS.findall(_TAG.sub("", "".join(_outside_styles(text))))) for text in texts)


def _outside_styles(page: str) -> Iterator[str]:
    at: int | None = 0
    for tag in _STYLE.finditer(page):
        if not tag[1] and at is not None:
            yield page[at : tag.start()]
            at = None
        elif tag[1]:
            at = tag.start()
    if at is not None:
        yield page[at:]


def _is_attachment(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or (
        part.get_filename() is not None and part.get_content_disposition() != "inline"
    )


def _body(part: Message) -> str:
    """Return the text of a part in the encoding that it states, or else in the one that fits."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    return _text_of(data, str(part.get_param("charset", "") or "")).replace("\r\n", "\n").replace("\r", "\n")


def _text_of(data: bytes, stated: str) -> str:
    name = stated.strip().lower().strip("'\"")
    if name not in _UNKNOWN:
        try:
            return data.decode(_WIDER.get(name, name))
        except (LookupError, ValueError):  # It is not, or no encoding of text.
            pass
    try:
        return decode(data)
    except NotText:
        return data.decode("utf-8", "replace")


def _field(message: Message, name: str) -> str:
    """Return the words of a header field on one line; empty: there is none."""
    # As it is written: Message.get replaces letters that are not encoded.
    value = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return _decoded(value)


def _decoded(value: str) -> str:
    """Return a header field's text, with its encoded words decoded."""
    raw = value[:_LONGEST_FIELD].encode("utf-8", "surrogateescape")
    text = raw.decode("ascii") if raw.isascii() else _text_of(raw, "")
    if "=?" in text:
        try:
            words = decode_header(text)
        except (HeaderParseError, ValueError):
            words = [(text, None)]
        text = "".join(each if isinstance(each, str) else _text_of(each, encoding or "") for each, encoding in words)
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _unfolded(lines: list[str], *, is_split: bool) -> Iterator[str]:
    """Yield paragraphs whose lines were folded with a space at the end (RFC 3676); `is_split`: within words."""
    held: list[str] = []
    for line in lines:
        quote = _marks(line)
        text = line[len(quote) :].removeprefix(" ") if not quote else line[len(quote) :]
        is_soft = text.endswith(" ") and text != "-- "
        if held and _marks(held[0]).count(">") != quote.count(">"):
            yield "".join(held)
            held = []
        held.append((text if held else f"{quote}{text}")[: -1 if is_soft and is_split else None])
        if not is_soft:
            yield "".join(held)
            held = []
    if held:
        yield "".join(held)


def _marks(line: str) -> str:
    found = _QUOTE_MARKS.match(line)
    return found[0] if found else ""


def _escaped(line: str) -> str:
    """Return a line whose text is no Markdown, but whose marks of a quotation are."""
    marks = _marks(line)
    return f"{marks}{escaped_line(line[len(marks) :])}"
