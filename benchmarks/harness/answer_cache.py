"""Caches answers on disk, so that a long measurement can be interrupted and goes on where it stopped.

An answer lies by the hash of all that it depends on, one file for each measurement, outside of the project.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from platformdirs import user_cache_path
from pydantic import TypeAdapter

from storage.sqlite import connect

CACHE = user_cache_path("routewise") / "answers"
_AnswerT = TypeVar("_AnswerT")


class AnswerCache(Generic[_AnswerT]):
    """Keeps answers of one type. What is written is there for the next process, even if this one is killed."""

    def __init__(self, measurement: str, answer_type: type[_AnswerT], cache: Path = CACHE) -> None:
        """Open the cache of the measurement of that name."""
        cache.mkdir(parents=True, exist_ok=True)
        self._type = TypeAdapter(answer_type)
        self._file = connect(cache / f"{measurement}.db", busy_s=60, any_thread=True)
        self._file.execute("CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, answer TEXT) WITHOUT ROWID")

    def get(self, key: str) -> _AnswerT | None:
        """Return the answer, or None where there is none yet."""
        row = self._file.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
        return None if row is None else self._type.validate_json(row[0])

    def put(self, key: str, answer: _AnswerT) -> None:
        """Keep the answer, in place of an earlier one."""
        self._file.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, self._type.dump_json(answer).decode()))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def key_of(parts: Mapping[str, object]) -> str:
    """Return the key of an answer that depends on these parts, each by its name; JSON has to hold them."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def digest_of(paths: Iterable[Path]) -> str:
    """Return a hash of these files, and of all files of these folders but Python's own, by their content and names."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
