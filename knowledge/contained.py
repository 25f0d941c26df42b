"""A file's text, read in a child process that can be killed. Knows no format."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ValidationError

from knowledge.errors import DocumentError, Reason
from knowledge.readers.parts import Part

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the child may use."""

    seconds: int = 60
    """Of the clock, and of the processor."""
    memory_bytes: int = 2 * 1024**3
    """Of address space."""
    chars: int = 20_000_000
    """Of text."""
    output_bytes: int = 160 * 1024**2
    """Of each file that it writes, its answer above all: as much as so many characters can take, with their lines."""


DEFAULT = Limits()

_MESSAGES = {
    Reason.ENCRYPTED: "it is encrypted: remove its password and send it again",
    Reason.TOO_LARGE: "it unpacks to more text than can be read: split it into smaller files",
    Reason.CORRUPT: "it cannot be read as what its name says: save it anew from the program that made it",
    Reason.TOO_SLOW: "reading it took longer than {seconds} s: split it into smaller files",
    Reason.TOO_DEEP: "it is nested deeper than can be read: make it flatter, or save it as text",
    Reason.MISNAMED: "it is not what its name says: give it the ending of what it is",
    Reason.BINARY: "it is a binary file: save it as text in UTF-8",
}
# A child that outruns a limit may have no time to say so: the system ends it, or a parser gives up.
_BY_SIGNAL = {-signal.SIGXCPU: Reason.TOO_SLOW, -signal.SIGKILL: Reason.TOO_LARGE, -signal.SIGABRT: Reason.TOO_LARGE}
# The child gets no token and no key.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")
_COMPLAINT_BYTES = 2000


class _Part(BaseModel):
    text: str
    page: int | None
    numbers: tuple[int, ...] | None


class _Reading(BaseModel):
    parts: list[_Part] = []
    reason: Reason | None = None
    page: int | None = None
    line: int | None = None


def read_contained(data: bytes, media: str, limits: Limits = DEFAULT) -> list[Part]:
    """The document's parts, in order. Raises DocumentError."""
    with tempfile.TemporaryDirectory(prefix="routewise-reading-") as folder:
        path = Path(folder) / f"document.{media}"
        path.write_bytes(data)
        reading = _read_in_child(path, limits)
    if reading.reason is not None:
        sentence = _MESSAGES[reading.reason].format(seconds=limits.seconds)
        at = "" if reading.line is None else f"line {reading.line}: "
        raise DocumentError(reading.reason, at + sentence, reading.page)
    return [Part(part.text, part.page, part.numbers) for part in reading.parts]


def _read_in_child(path: Path, limits: Limits) -> _Reading:
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as complaints:
        code = _run(path, limits, answer, complaints)
        if complained := _content(complaints, _COMPLAINT_BYTES):
            log.info("reading a document: %s", complained.decode(errors="replace").strip())
        if code is None:
            return _Reading(reason=Reason.TOO_SLOW)
        try:
            return _Reading.model_validate_json(_content(answer, limits.output_bytes))
        except ValidationError:
            log.warning("the reader ended with code %d and no result", code)
            return _Reading(reason=_BY_SIGNAL.get(code, Reason.CORRUPT))


def _run(path: Path, limits: Limits, answer: BinaryIO, complaints: BinaryIO) -> int | None:
    """The child's exit code; None where it had to be killed. What it writes is limited by itself."""
    numbers = (limits.seconds, limits.memory_bytes, limits.chars, limits.output_bytes)
    command = [sys.executable, "-m", "knowledge.contained_child", str(path), *map(str, numbers)]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # One numeric thread: each further one reserves address space, of which the child has little.
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TMPDIR": str(path.parent)}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=answer,
            stderr=complaints,
            timeout=limits.seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.returncode


def _content(file: BinaryIO, most: int) -> bytes:
    file.seek(0)
    return file.read(most)
