"""The keyword index is merged where many chunks have come, and otherwise left as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER, IngestFile
from tests.knowledge.conftest import GUILD

WINDOW_FILES = 64


async def put(library: Library, first: int, count: int) -> None:
    texts = {n: f"The trainer of the day number{n}.".encode() for n in range(first, first + count)}
    files = [IngestFile(f"{n}.txt", len(text), lambda text=text: text) for n, text in texts.items()]
    await library.ingest_all(files, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")


def segments(settings: KnowledgeSettings) -> int:
    with closing(sqlite3.connect(settings.data_dir / "knowledge.db")) as db:
        return int(db.execute("SELECT count(DISTINCT segid) FROM keywords_1_idx").fetchone()[0])


async def test_after_a_large_batch_a_search_reads_one_segment(library: Library, settings: KnowledgeSettings) -> None:
    await put(library, 0, 3 * WINDOW_FILES)
    assert segments(settings) == 1
    await put(library, 3 * WINDOW_FILES, 1)
    assert segments(settings) == 2, "a single document is not worth a merge"
    await put(library, 1000, WINDOW_FILES)
    assert segments(settings) == 1
    found = await library.search("number1001", GUILD, OWNER)
    assert found.evidence[0].source.name == "1001.txt"


async def test_how_much_there_is_for_each_audience_follows_what_comes_and_goes(
    library: Library, settings: KnowledgeSettings
) -> None:
    await put(library, 0, 3)
    await put(library, 0, 2)
    await library.remove(GUILD, "1.txt", OWNER)
    with closing(sqlite3.connect(settings.data_dir / "knowledge.db")) as db:
        kept = db.execute("SELECT guild_id, audience, source_count, chunk_count FROM audiences").fetchall()
        counted = "SELECT guild_id, audience, count(*), sum(chunk_count) FROM sources GROUP BY guild_id, audience"
        assert kept == db.execute(counted).fetchall() == [(GUILD, "guild", 2, 2)]
        for source in ("0.txt", "2.txt"):
            await library.remove(GUILD, source, OWNER)
        assert db.execute("SELECT count(*) FROM audiences").fetchone() == (0,)
