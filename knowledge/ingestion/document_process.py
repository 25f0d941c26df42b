"""The child process that reads and splits one large document, so that no text of one can hold up the whole bot.

The file comes in through stdin; the document with its passages, or why there are none, goes out as JSON on stdout. Edit
it for what is passed on of a document.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from knowledge.chunking.splitter import split_document
from knowledge.errors import DocumentError, Reason
from knowledge.parsing.loader import LoadedDocument, load_document
from knowledge.parsing.sandbox import Limits, enter_sandbox, limits_from_arguments, write_answer
from knowledge.types import Chunk


@dataclass(frozen=True, slots=True)
class SplitDocument:
    """Holds a document without its text, and its passages; or the reason for which there is none."""

    document: LoadedDocument | None = None
    chunks: tuple[Chunk, ...] = ()
    reason: Reason | None = None
    sentence: str = ""
    page: int | None = None


SPLIT_DOCUMENT = TypeAdapter(SplitDocument)


def read_and_split(data: bytes, name: str, max_bytes: int, source_id: str) -> tuple[LoadedDocument, tuple[Chunk, ...]]:
    """Return a document and its passages. Raises DocumentError."""
    document = load_document(data, name, max_bytes)
    try:
        return document, tuple(split_document(document, source_id))
    except DocumentError as error:
        raise DocumentError(error.reason, f"{name}: {error}") from error


def main(name: str, max_bytes: int, source_id: str, limits: Limits) -> None:
    """Read stdin as the document `name`, and answer with a `SplitDocument`."""
    enter_sandbox(limits)
    try:
        document, chunks = read_and_split(sys.stdin.buffer.read(), name, max_bytes, source_id)
        result = SplitDocument(replace(document, sections=()), chunks)
    except DocumentError as error:
        result = SplitDocument(reason=error.reason, sentence=str(error), page=error.page)
    except MemoryError:
        result = SplitDocument(reason=Reason.TOO_LARGE)
    if not write_answer(SPLIT_DOCUMENT.dump_json(result), limits):
        write_answer(SPLIT_DOCUMENT.dump_json(SplitDocument(reason=Reason.TOO_LARGE)), limits)


if __name__ == "__main__":
    main(sys.argv[4], int(sys.argv[5]), sys.argv[6], limits_from_arguments())
