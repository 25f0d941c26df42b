"""The child process that reads one file under limits, so that a hostile file ends only this process.

The file comes in through stdin; its parts or a reason go out as JSON on stdout. Edit it when an error of a reader needs
another reason.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from importlib import import_module

from knowledge.parsing.formats import FORMAT_OF_MEDIA
from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused, ReaderResult
from knowledge.parsing.sandbox import Limits, enter_sandbox, limits_from_arguments, write_answer
from knowledge.types import LeftOut, LeftOutKind


def main(media: str, limits: Limits) -> None:
    """Read stdin as `media` and answer with a `ReaderResult`."""
    enter_sandbox(limits)
    if not write_answer(_as_json(_read_file(sys.stdin.buffer.read(), media, limits.output_bytes)), limits):
        write_answer(_as_json(ReaderResult(reason="too_large")), limits)


def _as_json(result: ReaderResult) -> bytes:
    return json.dumps(asdict(result), ensure_ascii=False).encode()


def _read_file(data: bytes, media: str, max_chars: int) -> ReaderResult:
    parts: list[ParsedPart] = []
    left_out: Counter[LeftOutKind] = Counter()
    left = max_chars
    try:
        for part in _reader(media)(data):
            if isinstance(part, LeftOut):
                left_out[part.kind] += part.count
                continue
            left -= len(part.text)
            if left < 0:
                raise ReaderRefused("too_large")
            parts.append(replace(part, text=_without_surrogates(part.text)))
    except Exception as error:  # noqa: BLE001  # a process boundary: the parsers raise almost anything on a broken file
        print(f"{type(error).__name__}: {error}"[:1000], file=sys.stderr)  # noqa: T201
        return _refusal(error, parts[-1].page if parts else None)
    return ReaderResult(tuple(parts), tuple(LeftOut(kind, left_out[kind]) for kind in LeftOutKind if left_out[kind]))


def _refusal(error: Exception, last_page: int | None) -> ReaderResult:
    from text.decoding import NotText

    match error:
        case ReaderRefused():
            return ReaderResult(reason=error.reason, line=error.line)
        case NotText():
            return ReaderResult(reason="binary")
        case MemoryError():
            return ReaderResult(reason="too_large")
        case RecursionError():
            return ReaderResult(reason="too_deep")
        case _:
            return ReaderResult(reason="corrupt", page=None if last_page is None else last_page + 1)


def _without_surrogates(text: str) -> str:
    """Return the text without lone surrogates and NULs, which a broken font map yields and no database accepts."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def _reader(media: str) -> Callable[[bytes], Iterator[ParsedPart | LeftOut]]:
    """Return the reader of a format. Only its own imports are loaded, after the limits are set, for a fast start."""
    named = FORMAT_OF_MEDIA[media].reader
    if named is None:
        raise ValueError(f"no reader for {media}")
    module, _, function = named.partition(":")
    reader: Callable[[bytes], Iterator[ParsedPart | LeftOut]] = getattr(
        import_module(f"knowledge.parsing.readers.{module}"), function
    )
    return reader


if __name__ == "__main__":
    main(sys.argv[4], limits_from_arguments())
