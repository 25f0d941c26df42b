"""Caches what the extractive reader found on disk, so that a benchmark that is run again reads nothing again.

Readings lie by the hash of question, heading and text, one file for each version of the reader, outside of the project.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_cache_path
from pydantic import TypeAdapter

from knowledge.models.extractive_reader import ExtractiveReader
from knowledge.types import PassageReading
from storage.sqlite import connect
from weights.settings import WeightsSettings
from weights.store import Weights

CACHE = user_cache_path("routewise") / "readings"
_READING = TypeAdapter(PassageReading)


class CachedReader(ExtractiveReader):
    """A reader that reads each pair of a question and a passage once, ever."""

    def __init__(self, cache: Path = CACHE) -> None:
        """Open the cache of the reader that ships."""
        super().__init__(Weights(WeightsSettings().model_dir).ensure("embedding"))
        cache.mkdir(parents=True, exist_ok=True)
        self._file = connect(cache / f"{self.model_name}.db", busy_s=60, any_thread=True)
        self._file.execute("CREATE TABLE IF NOT EXISTS readings (pair BLOB PRIMARY KEY, reading TEXT) WITHOUT ROWID")
        self._lock_of_cache = threading.Lock()

    def read(self, question: str, passages: Sequence[tuple[str | None, str]]) -> list[PassageReading]:
        """Return what was found in each passage."""
        keys = [_key(question, *passage) for passage in passages]
        with self._lock_of_cache:
            known = {key: self._known(key) for key in keys}
            new = [number for number, key in enumerate(keys) if known[key] is None]
            found = super().read(question, [passages[number] for number in new])
            rows = [(keys[n], _READING.dump_json(reading).decode()) for n, reading in zip(new, found, strict=True)]
            self._file.executemany("INSERT OR IGNORE INTO readings VALUES (?, ?)", rows)
            known.update((keys[number], reading) for number, reading in zip(new, found, strict=True))
        return [reading for key in keys if (reading := known[key]) is not None]

    def _known(self, key: bytes) -> PassageReading | None:
        row = self._file.execute("SELECT reading FROM readings WHERE pair = ?", (key,)).fetchone()
        return None if row is None else _READING.validate_json(row[0])


def _key(question: str, heading: str | None, text: str) -> bytes:
    return hashlib.sha256("\0".join([question, heading or "", text]).encode()).digest()
