"""A file's text, read in a child process that can be killed. Knows no format."""

from __future__ import annotations

import logging

from pydantic import TypeAdapter, ValidationError

from knowledge.errors import DocumentError, Reason
from knowledge.parsing.readers.parts import ParsedPart, ReaderResult
from knowledge.parsing.sandbox import Limits, run_sandboxed

log = logging.getLogger(__name__)

DEFAULT = Limits(seconds=60, memory_bytes=2 * 1024**3, output_bytes=40 * 1024**2)

_READING = TypeAdapter(ReaderResult)
_SENTENCES = {
    Reason.ENCRYPTED: "the file is encrypted: remove its password",
    Reason.TOO_LARGE: "the file unpacks to too much text: split it into smaller files",
    Reason.CORRUPT: "the file doesn't match its extension or is damaged: save it again from the program that made it",
    Reason.TOO_SLOW: "reading it took longer than {seconds} s: split it into smaller files",
    Reason.TOO_DEEP: "the file is nested too deeply: flatten it, or save it as text",
    Reason.MISNAMED: "the contents don't match the extension: rename the file",
    Reason.BINARY: "this is a binary file: save it as UTF-8 text",
}


def read_sandboxed(data: bytes, media: str, limits: Limits = DEFAULT) -> tuple[ParsedPart, ...]:
    """The document's parts, in order. Raises DocumentError."""
    ended = run_sandboxed("knowledge.parsing.reader_process", [media], data, limits)
    try:
        reading = _READING.validate_json(ended.output)
    except ValidationError:
        log.warning("the reader of a %s file exited with %s and no result", media, ended.code)
        reading = ReaderResult(reason=ended.reason)
    if reading.reason is not None:
        reason = Reason(reading.reason)
        sentence = _SENTENCES[reason].format(seconds=limits.seconds)
        if reading.line is not None:
            sentence = f"line {reading.line} can't be read: correct it"
        raise DocumentError(reason, sentence, reading.page)
    for part in reading.parts:
        text = part.text.rstrip("\n")
        if text and part.numbers is not None and len(part.numbers) <= text.count("\n"):
            raise DocumentError(Reason.CORRUPT, _SENTENCES[Reason.CORRUPT])
    return reading.parts
