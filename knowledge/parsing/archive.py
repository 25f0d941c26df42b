"""Unpacks archives safely, and checks Office files as the archives that they are.

Edit it for limits of size, number and ratio, and for what is skipped in an archive.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from knowledge.errors import DocumentError, Reason
from storage.sizes import MEGABYTE
from text.decoding import name_encoding

ARCHIVE = ".zip"
MAX_MEMBERS = 5000
MAX_TOTAL = 8
"""The unpacked size of all files together, as a multiple of the limit for one file."""
MAX_RATIO = 300
"""The highest compression ratio. Text compresses to a tenth, repeated logs to a hundredth; deflate reaches 1,032 at
most.
"""
_RATIO_FROM_BYTES = 1024**2
_NESTED = frozenset({ARCHIVE, ".7z", ".rar", ".gz", ".tgz", ".bz2", ".xz", ".tar", ".zst"})
_HIDDEN = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_UNICODE_FIELD = 0x7075
_LINK_TYPE, _TYPE_MASK = 0o120000, 0o170000
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, RuntimeError)
"""The errors of a damaged archive. An unknown compression raises NotImplementedError, which is a RuntimeError."""


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """Describes one file of an archive, which is unpacked only when it is read."""

    name: str
    """Its path within the archive, with neither `..` nor a root."""
    size_bytes: int
    """Its unpacked size as the archive states it."""
    read: Callable[[], bytes]
    """Return its bytes. Raises DocumentError."""


def unpack(data: bytes, name: str, max_bytes: int) -> list[ArchiveMember]:
    """Return the files of a zip in their order, each of at most `max_bytes`, without hidden files and folders.

    Only the zip itself is kept in memory: five small ones may unpack to hundreds of megabytes.

    Raises DocumentError if it is not a zip, is empty or has too many files.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = archive.infolist()
        encoding = _name_encoding(infos)
        named = [(_safe_path(_member_name(info, encoding)), info) for info in infos if not info.is_dir()]
        members = [(path, info) for path, info in named if path]
    except _DAMAGED as error:
        raise DocumentError(Reason.CORRUPT, f"{name}: the zip is damaged: pack it again") from error
    if len(members) > MAX_MEMBERS:
        message = f"{name}: it has {len(members):,} files, but the limit is {MAX_MEMBERS:,}: split it"
        raise DocumentError(Reason.TOO_MANY_FILES, message)
    if not members:
        raise DocumentError(Reason.EMPTY, f"{name}: the archive is empty")
    return list(_listed(archive, members, max_bytes))


def check_office_archive(data: bytes, name: str, max_bytes: int) -> frozenset[str]:
    """Return the names of the parts of an Office file, itself a zip, without unpacking it.

    Raises DocumentError if it is damaged, encrypted, or would unpack to more than an archive may.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except _DAMAGED as error:
        message = f"{name}: the file is damaged or misnamed: save it again from the program that made it"
        raise DocumentError(Reason.CORRUPT, message) from error
    left = MAX_TOTAL * max_bytes
    for info in members:
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise DocumentError(Reason.ENCRYPTED, f"{name}: the archive is encrypted: remove its password")
        if info.file_size > left or _is_bomb(info) or len(members) > MAX_MEMBERS:
            message = f"{name}: it unpacks to more than can be read: split it into smaller files"
            raise DocumentError(Reason.TOO_LARGE, message)
        left -= info.file_size
    return frozenset(info.filename for info in members)


def _listed(
    archive: zipfile.ZipFile, members: Sequence[tuple[str, zipfile.ZipInfo]], max_bytes: int
) -> Iterator[ArchiveMember]:
    left = MAX_TOTAL * max_bytes
    for path, info in members:
        refusal = _refusal(info, path, max_bytes, left)
        if refusal is None:
            left -= info.file_size
            yield ArchiveMember(path, info.file_size, partial(_read_member, archive, info, path))
        else:
            yield ArchiveMember(path, 0, partial(_refuse, refusal))


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str) -> bytes:
    try:
        with archive.open(info) as file:
            return file.read()  # At most the size that it states, which was checked.
    except _DAMAGED as error:
        message = f"{path}: the file can't be unpacked: pack it again as an ordinary zip"
        raise DocumentError(Reason.CORRUPT, message) from error


def _refuse(refusal: DocumentError) -> bytes:
    raise refusal


def _refusal(info: zipfile.ZipInfo, path: str, max_bytes: int, left: int) -> DocumentError | None:
    """Return why a file must not be unpacked at all; None: it may be."""
    if (info.external_attr >> 16) & _TYPE_MASK == _LINK_TYPE:
        return DocumentError(Reason.UNSUPPORTED, f"{path}: this is a link to a file: pack the file itself")
    if PurePosixPath(path).suffix.lower() in _NESTED:
        return DocumentError(Reason.NESTED_ARCHIVE, f"{path}: an archive inside an archive: unpack it first")
    if info.flag_bits & _ENCRYPTED_FLAG:
        return DocumentError(Reason.ENCRYPTED, f"{path}: the file is encrypted: remove its password")
    size, limit_mb = info.file_size, max_bytes // MEGABYTE
    if size > max_bytes:
        message = f"{path}: it unpacks to {size / MEGABYTE:.1f} MB, over the limit of {limit_mb} MB: split it"
    elif size > left:
        message = f"{path}: the archive unpacks to more than {MAX_TOTAL * limit_mb} MB: split it"
    elif _is_bomb(info):
        message = f"{path}: it unpacks to more than {MAX_RATIO} times its size: send it by itself"
    else:
        return None
    return DocumentError(Reason.TOO_LARGE, message)


def _is_bomb(info: zipfile.ZipInfo) -> bool:
    return info.file_size > max(_RATIO_FROM_BYTES, MAX_RATIO * info.compress_size)


def _safe_path(name: str) -> str:
    """Return a file's path, made safe; empty if the file is hidden or has no name."""
    parts = [part for part in name.replace("\\", "/").split("/") if part.strip(" .")]
    if any(part.startswith(".") or part.lower() in _HIDDEN for part in parts):
        return ""
    return "/".join("".join(char for char in part if char.isprintable()) for part in parts)


def _member_name(info: zipfile.ZipInfo, encoding: str) -> str:
    """Return the file's name: by its mark of UTF-8, its Unicode field, or else in the archive's encoding."""
    if info.flag_bits & _UTF8_FLAG:
        return info.filename
    raw = _raw_name(info)
    return _unicode_name(info, raw) or raw.decode(encoding, "replace")


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.split("\0", 1)[0].encode("cp437", "replace")


def _unicode_name(info: zipfile.ZipInfo, raw: bytes) -> str | None:
    """Return the name in Info-ZIP's Unicode field, which holds if its checksum is that of the name; None: no such."""
    at, extra = 0, info.extra
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + length]
        if kind == _UNICODE_FIELD and len(field) > 5 and field[1:5] == struct.pack("<I", zlib.crc32(raw)):
            return field[5:].decode("utf-8", "replace")
        at += 4 + length
    return None


def _name_encoding(infos: Sequence[zipfile.ZipInfo]) -> str:
    """Return the encoding of names that have no mark of UTF-8: that of the packer's system, one for the archive."""
    names = [_raw_name(info) for info in infos if not info.flag_bits & _UTF8_FLAG]
    odd = b"\n".join(name for name in names if not name.isascii())
    return "cp437" if not odd else name_encoding(odd)
