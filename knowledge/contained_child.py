"""The child process that reads one file under limits of memory, time and output, which a hostile file ends alone.

The file comes in by path, its parts or a reason go out as JSON on stdout. Knows nothing of the rest.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from knowledge.readers.parts import Part, Refused

Answer = dict[str, object]


def main(path: Path, seconds: int, memory_bytes: int, chars: int, output_bytes: int) -> None:
    """Read the file at `path`, print `{"parts": [{"text": …, "page": …, "numbers": …}]}` or `{"reason": code}`."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output_bytes, output_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer = json.dumps(_read(path, chars), ensure_ascii=False).encode()
    fits = len(answer) <= output_bytes
    sys.stdout.buffer.write(answer if fits else b'{"reason": "too_large"}')
    sys.stdout.buffer.flush()


def _read(path: Path, chars: int) -> Answer:
    parts: list[Part] = []
    left = chars
    try:
        for part in _reader(path.suffix)(path):
            left -= len(part.text)
            if left < 0:
                raise Refused("too_large")
            parts.append(part)
    except Exception as error:  # noqa: BLE001  # a process boundary: the parsers raise almost anything on a broken file
        print(f"{type(error).__name__}: {error}"[:2000], file=sys.stderr)  # noqa: T201
        return _refusal(error, parts[-1].page if parts else None)
    return {"parts": [{"text": _clean(part.text), "page": part.page, "numbers": part.numbers} for part in parts]}


def _refusal(error: Exception, last_page: int | None) -> Answer:
    from knowledge.decoding import NotText

    match error:
        case Refused():
            return {"reason": error.reason, "line": error.line}
        case NotText():
            return {"reason": "binary"}
        case MemoryError():
            return {"reason": "too_large"}
        case RecursionError():
            return {"reason": "too_deep"}
        case _:
            return {"reason": "corrupt", "page": None if last_page is None else last_page + 1}


def _clean(text: str) -> str:
    """A broken font map yields lone surrogates, which no database or model accepts."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def _reader(suffix: str) -> Callable[[Path], Iterator[Part]]:
    """Only what this format needs is imported, after the limits are set: a start takes as long as its imports."""
    match suffix:
        case ".pdf":
            from knowledge.community import pdf_pages as reader
        case ".html":
            from knowledge.readers.web_page import web_page as reader
        case ".docx":
            from knowledge.readers.word import word_file as reader
        case ".pptx":
            from knowledge.readers.slides import slides as reader
        case ".xlsx":
            from knowledge.readers.workbook import workbook as reader
        case ".csv":
            from knowledge.readers.delimited import delimited as reader
        case ".json":
            from knowledge.readers.json_text import json_text as reader
        case ".jsonl":
            from knowledge.readers.json_text import json_lines as reader
        case ".ipynb":
            from knowledge.readers.notebook import notebook as reader
        case _:
            raise ValueError(f"no reader for {suffix}")
    return reader


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
