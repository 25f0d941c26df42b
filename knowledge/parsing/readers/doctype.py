"""Looks for a DTD in the XML of a Word, PowerPoint or Excel file, before a parser reads it."""

from __future__ import annotations

import io
import zipfile
from typing import IO
from xml.parsers import expat

from knowledge.parsing.readers.parts import ReaderRefused


def refuse_dtd(data: bytes) -> None:
    """Raises Refused: the standard forbids a DTD, no program writes one, and entities without end are made of it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                if _has_dtd(file):
                    raise ReaderRefused("corrupt")


class _Found(Exception):
    """What was looked for, a DTD or the element that it would stand before."""

    def __init__(self, *, is_dtd: bool) -> None:
        super().__init__()
        self.is_dtd = is_dtd


def _has_dtd(file: IO[bytes]) -> bool:
    """Whether it is XML that declares its types, wherever before its first element that is."""

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
    except expat.ExpatError:  # A picture, or XML that its parser will not read either.
        return False
    return False
