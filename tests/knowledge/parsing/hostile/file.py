"""One hostile or broken file, and what becomes of it. Knows no such file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from knowledge.chunking.splitter import split_document
from knowledge.errors import DocumentError
from knowledge.parsing.archive import ArchiveMember, unpack
from knowledge.parsing.loader import load_document
from knowledge.parsing.sandbox import Limits

READ = "read"
MAX_BYTES = 10 * 1024**2
LIMITS = Limits(seconds=30, memory_bytes=700 * 1024**2, output_bytes=8_000_000)
"""Tighter than those in use, so that a bomb ends soon."""

Make = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class HostileFile:
    """How it is made and what it is to end in."""

    what: str
    name: str
    make: Make
    ends_in: tuple[str, ...]
    """`read`, or a reason of `knowledge.errors`; of a zip, one for each of its files."""
    seconds: int | None
    """A limit that is shorter than those in use, of a file that takes all the time that it gets."""

    def within(self, limits: Limits) -> Limits:
        """The limits under which it is read where others are read under `limits`."""
        return limits if self.seconds is None else replace(limits, seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of it."""

    reasons: tuple[str, ...]
    sentences: tuple[str, ...]
    texts: tuple[str, ...]
    """Of the chunks."""


def hostile(what: str, name: str, make: Make, *ends_in: str, seconds: int | None = None) -> HostileFile:
    """One file; the endings as plain words."""
    return HostileFile(what, name, make, tuple(str(each) for each in ends_in), seconds)


def take_in(file: HostileFile, data: bytes, limits: Limits) -> Ending:
    """Read and cut the file, of which `data` was made, as a batch does."""
    if not file.name.endswith(".zip"):
        return _one(data, file.name, limits)
    try:
        members = unpack(data, file.name, MAX_BYTES)
    except DocumentError as error:
        return _refused(error)
    endings = [_member(each, limits) for each in members]
    return Ending(
        tuple(reason for each in endings for reason in each.reasons),
        tuple(sentence for each in endings for sentence in each.sentences),
        tuple(text for each in endings for text in each.texts),
    )


def _member(member: ArchiveMember, limits: Limits) -> Ending:
    try:
        data = member.read()
    except DocumentError as error:
        return _refused(error)
    return _one(data, member.name, limits)


def _one(data: bytes, name: str, limits: Limits) -> Ending:
    try:
        chunks = split_document(load_document(data, name, MAX_BYTES, limits), "s")
    except DocumentError as error:
        return _refused(error)
    return Ending((READ,), (), tuple(chunk.text for chunk in chunks))


def _refused(error: DocumentError) -> Ending:
    return Ending((str(error.reason),), (str(error),), ())
