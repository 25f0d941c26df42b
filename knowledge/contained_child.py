"""The child process that reads one PDF or web page under limits of memory and time, which a hostile file ends alone.

The file comes in by path, the pages or a reason go out as JSON on stdout. Knows nothing of the rest.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

MEMORY_BYTES = 2 * 1024**3
MAX_CHARS = 20_000_000


def main(path: Path, cpu_s: int) -> None:
    """Read the file at `path`, print `{"pages": [[number, text], …]}` or `{"reason": code}`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(_read(path), sys.stdout)


def _read(path: Path) -> dict[str, str | list[tuple[int, str]]]:
    from pypdf.errors import FileNotDecryptedError, LimitReachedError, WrongPasswordError

    from knowledge.community import pdf_pages  # after the limits are set
    from knowledge.web_page import web_page

    pages: list[tuple[int, str]] = []
    total_chars = 0
    try:
        for number, text in pdf_pages(path) if path.suffix == ".pdf" else web_page(path):
            pages.append((number, text))
            total_chars += len(text)
            if total_chars > MAX_CHARS:
                return {"reason": "too_large"}
    except (FileNotDecryptedError, WrongPasswordError):
        return {"reason": "encrypted"}
    except (MemoryError, LimitReachedError, RecursionError):
        return {"reason": "too_large"}
    except Exception as error:  # noqa: BLE001  # a process boundary: the parsers raise almost anything on a broken file
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        return {"reason": "corrupt"}
    return {"pages": pages}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
