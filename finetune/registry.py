"""Which adapter is the champion of which skill of which guild, in finetune.db."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from langchain_core.language_models import BaseChatModel

from finetune.errors import AdapterNotRegisteredError, RegistryTooNewError
from finetune.types import Champion

_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS champion (
    guild_id         TEXT NOT NULL,
    skill            TEXT NOT NULL,
    adapter_sha256   TEXT NOT NULL,
    base             TEXT NOT NULL,
    audience_key     TEXT NOT NULL,
    example_count    INTEGER NOT NULL,
    held_out_score   REAL NOT NULL,
    base_score       REAL NOT NULL,
    reads_passages   INTEGER NOT NULL,
    training_seconds REAL NOT NULL,
    PRIMARY KEY (guild_id, skill)
) STRICT
"""


class AudienceReader(Protocol):
    """On whose behalf an adapter would answer."""

    def may_read_key(self, audience_key: str) -> bool:
        """Whether what has this audience may be used."""
        ...


class Registry:
    """Opens its database for each call, so that it can be used from any thread."""

    def __init__(self, path: Path) -> None:
        """`path` is that of finetune.db; made at the first use."""
        self._path = path

    async def champions(self, guild_id: str, reader: AudienceReader) -> Sequence[Champion]:
        """One champion a skill, by the skill's name, of those that `reader` may use."""
        found = await asyncio.to_thread(self._champions, guild_id)
        return tuple(champion for champion in found if reader.may_read_key(champion.audience_key))

    def model(self, champion: Champion) -> BaseChatModel:
        """The chat model that answers as `champion`. Raises AdapterNotRegisteredError."""
        raise AdapterNotRegisteredError(champion.skill, champion.adapter_sha256)

    def _champions(self, guild_id: str) -> list[Champion]:
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT guild_id, skill, adapter_sha256, base, audience_key, example_count, held_out_score,"
                " base_score, reads_passages, training_seconds FROM champion WHERE guild_id = ? ORDER BY skill",
                (guild_id,),
            ).fetchall()
        return [Champion(**{**dict(row), "reads_passages": bool(row["reads_passages"])}) for row in rows]

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=10)) as connection, connection:
            connection.row_factory = sqlite3.Row
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version > _VERSION:
                raise RegistryTooNewError(version, _VERSION)
            if version < _VERSION:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(_SCHEMA)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            yield connection
