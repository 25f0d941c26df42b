"""Reads the words, groups and bytes of an RTF file, and names the encodings that it may state.

Edit it for the syntax of RTF; what its words mean is in `rtf`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

RTF_MARK = b"{\\rtf"
CHARSETS: Mapping[int, str] = MappingProxyType(
    {
        **{77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950", 161: "cp1253"},
        **{162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874"},
        **{238: "cp1250", 254: "cp437", 255: "cp850"},
    }
)
"""The encodings of fonts. The others have none of their own: ANSI, default and symbols."""
PROGRAM_ENCODINGS: Mapping[str, str] = MappingProxyType({"mac": "mac_roman", "pc": "cp437", "pca": "cp850"})
_PAGES: Mapping[int, str] = MappingProxyType(
    {936: "gb18030", 1361: "johab", 10000: "mac_roman", 10007: "mac_cyrillic", 65001: "utf-8", 708: "iso8859_6"}
)
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,9})?[ ]?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)", re.DOTALL
)
_ESCAPED = re.compile(rb"\\'[89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Open:
    """Begins a group."""


@dataclass(frozen=True, slots=True)
class Close:
    """Ends a group."""


@dataclass(slots=True)
class Word:
    """Holds a control word, or a sign behind a backslash."""

    name: str
    number: int | None = None


@dataclass(slots=True)
class Bytes:
    """Holds bytes of text in the encoding of their font."""

    content: bytes


Token = Open | Close | Word | Bytes
_OPEN, _CLOSE = Open(), Close()


def tokens(data: bytes) -> Iterator[Token]:
    """Yield the tokens of a file, without line ends, which mean nothing, and without binary data."""
    at = 0
    while (found := _TOKEN.search(data, at)) is not None:
        at = found.end()
        name, number, escaped, sign, brace, text = found.groups()
        if text is not None:
            yield Bytes(text)
        elif brace is not None:
            yield _OPEN if brace == b"{" else _CLOSE
        elif escaped is not None:
            yield Bytes(bytes.fromhex(escaped.decode()))
        elif sign is not None:
            yield Word(sign.decode("latin-1"))
        elif name == b"bin" and number is not None:
            at += max(int(number), 0)
        else:
            yield Word(name.decode(), None if number is None else int(number))


def encoding_of_page(page: int) -> str:
    """Return the encoding of a Windows code page; Western European if Python has no such."""
    name = _PAGES.get(page, f"cp{page}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name


def is_written_in_utf8(data: bytes) -> bool:
    """Return whether a file has letters in UTF-8 that are not escaped, as some programs write them against the rule."""
    if data.isascii() or _ESCAPED.search(data):
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
