"""What Word, PowerPoint and Excel files have in common: a zip of XML, looked over before any parser sees it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from knowledge.readers.parts import Refused

MAIN_PART = {"docx": "word/document.xml", "pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml"}
MAX_MEMBERS = 20_000
MAX_XML_BYTES = 400 * 1024**2
MAX_BYTES = 1024**3
_PROLOGUE_BYTES = 65_536


def look_over(path: Path, media: str) -> None:
    """Raises Refused: another kind of file, behind a password, bigger than it may unpack to, or with a DTD within."""
    try:
        with zipfile.ZipFile(path) as archive:
            _look_over(archive, media)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise Refused("corrupt") from error


def _look_over(archive: zipfile.ZipFile, media: str) -> None:
    members = archive.infolist()
    names = {member.filename for member in members}
    if MAIN_PART[media] not in names:
        raise Refused("misnamed" if names & {*MAIN_PART.values()} else "corrupt")
    if any(member.flag_bits & 1 for member in members):
        raise Refused("encrypted")
    parts = [member for member in members if member.filename.lower().endswith((".xml", ".rels", ".vml"))]
    # The libraries read no more of a member than its header declares.
    if (
        len(members) > MAX_MEMBERS
        or sum(member.file_size for member in parts) > MAX_XML_BYTES
        or sum(member.file_size for member in members) > MAX_BYTES
    ):
        raise Refused("too_large")
    if any(_has_dtd(archive, part) for part in parts):
        raise Refused("corrupt")


def _has_dtd(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """The standard forbids it, no program writes one, and it is what entities without end are made of."""
    with archive.open(part) as file:
        return b"<!DOCTYPE" in file.read(_PROLOGUE_BYTES).replace(b"\0", b"").upper()
