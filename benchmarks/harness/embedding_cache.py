"""Caches the vectors of the pinned encoders on disk, so that a benchmark that is run again embeds nothing again.

Vectors lie by the hash of their text and prefix, one file for each encoder's name and hash, outside of the project.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from knowledge.models.local_embeddings import LocalEmbeddings
from storage.sqlite import connect
from weights.settings import WeightsSettings
from weights.store import Weights

CACHE = user_cache_path("routewise") / "vectors"
_AT_ONCE = 256


class CachedEmbeddings(LocalEmbeddings):
    """A pinned encoder that embeds each text once, ever."""

    def __init__(self, encoder: str, cache: Path = CACHE) -> None:
        """Open the cache of `encoder`, a name of `weights`, which is fetched where it is not there."""
        super().__init__(Weights(WeightsSettings().model_dir).ensure(encoder))
        cache.mkdir(parents=True, exist_ok=True)
        path = cache / f"{self.model_name.replace(':', '-')}.db"
        self._file = connect(path, busy_s=60, any_thread=True)
        self._file.execute("CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        self._known: dict[bytes, bytes] = dict(self._file.execute("SELECT text, vector FROM vectors"))
        self._lock_of_cache = threading.Lock()
        self.embedded = 0
        """Counts the texts that were new to it."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector a passage."""
        return self._cached([self._usage.passage_prefix + text for text in texts])

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        return self._cached([self._usage.query_prefix + text])[0]

    def prepare(self, questions: Iterable[str]) -> None:
        """Embed many questions together, which is several times as fast."""
        self._cached([self._usage.query_prefix + question for question in questions])

    def _cached(self, texts: list[str]) -> list[list[float]]:
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        with self._lock_of_cache:
            new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
            for start in range(0, len(new), _AT_ONCE):
                part = list(new.items())[start : start + _AT_ONCE]
                vectors = self._encode([text for _, text in part])
                rows = [
                    (key, np.asarray(vector, np.float32).tobytes())
                    for (key, _), vector in zip(part, vectors, strict=True)
                ]
                self._file.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
                self._known.update(rows)
                self.embedded += len(rows)
            return [np.frombuffer(self._known[key], np.float32).tolist() for key in keys]
