"""Takes an archive apart into its files, as far as it is safe. Knows no format of a file within."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from knowledge import formats
from knowledge.errors import DocumentError, Reason

MAX_MEMBERS = 5000
MAX_TOTAL = 20
"""Of all members together, in the size that one may have."""
MAX_RATIO = 300
"""Text packs to a tenth, repeated logs to a hundredth; deflate cannot do better than 1,032."""
_RATIO_FROM_BYTES = 1024**2
_ARCHIVES = frozenset({".zip", ".7z", ".rar", ".gz", ".tgz", ".bz2", ".xz", ".tar", ".zst"})
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_LINK_TYPE, _TYPE_MASK = 0o120000, 0o170000
_HIDDEN = frozenset({"__macosx", "thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class Unpacked:
    """One file of an archive, or why it cannot be had."""

    name: str
    """Its path within, with neither `..` nor a root."""
    data: bytes | None
    error: DocumentError | None


def unpack(data: bytes, name: str, max_bytes: int) -> list[Unpacked]:
    """The files of a zip in their order, each of at most `max_bytes`; hidden ones and folders are left out.

    Raises DocumentError where it is no zip, holds nothing, or more files than can be taken in.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(path, info) for info in archive.infolist() if (path := _path(info)) and not info.is_dir()]
            if len(members) > MAX_MEMBERS:
                message = f"{name}: it holds {len(members):,} files, {MAX_MEMBERS:,} are the most: split it"
                raise DocumentError(Reason.TOO_MANY_FILES, message)
            files = list(_files(archive, members, max_bytes))
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise DocumentError(Reason.CORRUPT, f"{name}: it is no zip that can be read: pack it anew") from error
    if not files:
        raise DocumentError(Reason.EMPTY, f"{name}: the archive is empty")
    return files


def _files(archive: zipfile.ZipFile, members: list[tuple[str, zipfile.ZipInfo]], max_bytes: int) -> Iterator[Unpacked]:
    left = MAX_TOTAL * max_bytes
    for path, info in members:
        try:
            data = _content(archive, info, path, min(max_bytes, left), max_bytes)
        except DocumentError as error:
            yield Unpacked(path, None, error)
        else:
            left -= len(data)
            yield Unpacked(path, data, None)


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, most: int, max_bytes: int) -> bytes:
    """Raises DocumentError."""
    if (refusal := _refusal(info, path)) is not None:
        raise refusal
    try:
        with archive.open(info) as file:
            data = file.read(most + 1)
    except NotImplementedError as error:
        message = f"{path}: it is packed in a way that is not known here: pack it as an ordinary zip"
        raise DocumentError(Reason.CORRUPT, message) from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, RuntimeError) as error:
        raise DocumentError(Reason.CORRUPT, f"{path}: it is damaged within the archive: pack it anew") from error
    if len(data) > most:
        limit_mb = max_bytes // 1024**2
        if most < max_bytes:
            message = f"{path}: the archive unpacks to more than {MAX_TOTAL * limit_mb} MB: split it"
        else:
            message = f"{path}: it unpacks to more than the limit of {limit_mb} MB: split it"
        raise DocumentError(Reason.TOO_LARGE, message)
    if len(data) > _RATIO_FROM_BYTES and len(data) > MAX_RATIO * info.compress_size:
        ratio = len(data) // max(info.compress_size, 1)
        message = f"{path}: it unpacks to {ratio:,} times its size, {MAX_RATIO} times is the most: send it by itself"
        raise DocumentError(Reason.TOO_LARGE, message)
    return data


def _refusal(info: zipfile.ZipInfo, path: str) -> DocumentError | None:
    """Why a member is not opened at all."""
    suffix = PurePosixPath(path).suffix.lower()
    if (info.external_attr >> 16) & _TYPE_MASK == _LINK_TYPE:
        return DocumentError(Reason.UNSUPPORTED, f"{path}: it is a link to a file: pack the file itself")
    if suffix in _ARCHIVES:
        return DocumentError(Reason.NESTED_ARCHIVE, f"{path}: an archive in an archive: unpack it and send its files")
    if formats.media_of(path) is None:
        return DocumentError(Reason.UNSUPPORTED, f"{path}: only {formats.READABLE} files can be read")
    if info.flag_bits & _ENCRYPTED_FLAG:
        message = f"{path}: it is encrypted: pack it without a password and send it again"
        return DocumentError(Reason.ENCRYPTED, message)
    return None


def _path(info: zipfile.ZipInfo) -> str:
    """The member's path, made safe; empty where it is hidden or names nothing."""
    parts = [part for part in _name(info).replace("\\", "/").split("/") if part.strip(" .")]
    if any(part.startswith(".") or part.lower() in _HIDDEN for part in parts):
        return ""
    return "/".join("".join(char for char in part if char.isprintable()) for part in parts)


def _name(info: zipfile.ZipInfo) -> str:
    """Names without the mark of UTF-8 are in the packer's own encoding: on a Chinese Windows that of GBK."""
    if info.flag_bits & _UTF8_FLAG:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename
