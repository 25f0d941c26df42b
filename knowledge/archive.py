"""Takes an archive apart into its files. Knows no format of a file within."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from knowledge.errors import DocumentError, Reason


@dataclass(frozen=True, slots=True)
class Unpacked:
    """One file of an archive, or why it cannot be had."""

    name: str
    data: bytes | None
    error: DocumentError | None


def unpack(data: bytes, name: str, max_bytes: int) -> list[Unpacked]:
    """The files of a zip, each of at most `max_bytes`. Raises DocumentError where it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [_member(archive, info, max_bytes) for info in archive.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as error:
        raise DocumentError(Reason.CORRUPT, f"{name}: it is no zip that can be read: pack it anew") from error
    if not files:
        raise DocumentError(Reason.EMPTY, f"{name}: the archive is empty")
    return files


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, max_bytes: int) -> Unpacked:
    with archive.open(info) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        limit_mb = max_bytes // 1024**2
        message = f"{info.filename}: it unpacks to more than the limit of {limit_mb} MB"
        return Unpacked(info.filename, None, DocumentError(Reason.TOO_LARGE, message))
    return Unpacked(info.filename, data, None)
