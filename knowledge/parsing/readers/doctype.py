"""Refuses Office files whose XML contains a DTD, before a parser reads them. Edit it for XML attacks."""

from __future__ import annotations

import io
import zipfile
from typing import IO
from xml.parsers import expat

from knowledge.parsing.readers.parts import ReaderRefused


def refuse_dtd(data: bytes) -> None:
    """Raise ReaderRefused if a part has a DTD, which the standard forbids and entity bombs are made of."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                if _has_dtd(file):
                    raise ReaderRefused("corrupt")


class _Found(Exception):
    """Stops the parsing at a DTD, or at the element that it would precede."""

    def __init__(self, *, is_dtd: bool) -> None:
        super().__init__()
        self.is_dtd = is_dtd


def _has_dtd(file: IO[bytes]) -> bool:
    """Return whether this is XML that declares a DTD before its first element."""

    def declared(*_: object) -> None:
        raise _Found(is_dtd=True)

    def begun(*_: object) -> None:
        raise _Found(is_dtd=False)

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = declared
    parser.StartElementHandler = begun
    try:
        parser.ParseFile(file)
    except _Found as found:
        return found.is_dtd
    except expat.ExpatError:  # An image, or XML that its parser will refuse, too.
        return False
    return False
