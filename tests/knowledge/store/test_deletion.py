from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Semaphore

import pytest

from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.store.catalog import Catalog
from knowledge.store.database import Database
from knowledge.types import EVERY_MEMBER, OWNER
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD, catalog_of

SECRET = "Zanzibarian marmalade is hidden below the staircase. 密码是紫色长颈鹿。"
TRACES = [b"Zanzibar", b"zanzibar", b"marmalade", b"staircas", "紫色".encode(), "长颈".encode(), "密码".encode()]


def stored(settings: KnowledgeSettings) -> bytes:
    """All bytes of the database, its write-ahead log and its index."""
    return b"".join(path.read_bytes() for path in sorted(settings.data_dir.glob("knowledge.db*")))


async def put(library: Library, text: str, name: str) -> None:
    await library.ingest_bytes(text.encode(), name=name, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")


async def test_a_removed_document_leaves_no_byte_in_the_database(library: Library, settings: KnowledgeSettings) -> None:
    for n in range(30):
        await put(library, f"# Rule {n}\nMembers number {n} water the plants.", f"rule{n}.md")
    await put(library, SECRET, "secret.txt")
    assert SECRET.encode() in stored(settings)
    await library.remove(GUILD, "secret.txt", OWNER)
    assert [trace for trace in TRACES if trace in stored(settings)] == []
    assert (await library.search("water the plants", GUILD, OWNER)).evidence[0].keyword_rank == 1


async def test_a_replaced_version_leaves_no_byte_in_the_database(library: Library, settings: KnowledgeSettings) -> None:
    await put(library, SECRET, "secret.txt")
    await put(library, "Nothing to see here.", "secret.txt")
    assert [trace for trace in TRACES if trace in stored(settings)] == []


async def test_text_is_stored_once(library: Library, settings: KnowledgeSettings) -> None:
    await put(library, SECRET, "secret.txt")
    database = Database(settings.data_dir / "knowledge.db")
    database.checkpoint()
    database.close()
    assert stored(settings).count(SECRET.encode()) == 1


async def test_chroma_holds_no_text(own_settings: KnowledgeSettings) -> None:
    library = await Library.open(own_settings, HashingEmbeddings())
    await library.register_guild(GUILD, "Chess club")
    await put(library, SECRET, "secret.txt")
    await library.close()
    kept = b"".join(path.read_bytes() for path in (own_settings.data_dir / "chroma").rglob("*") if path.is_file())
    assert kept
    assert [trace for trace in TRACES if trace in kept] == []


class Stepwise(Database):
    """Says when somebody is about to write, and waits until that is allowed."""

    def __init__(self, settings: KnowledgeSettings) -> None:
        super().__init__(settings.data_dir / "knowledge.db")
        self.about_to_write = Semaphore(0)
        self.allowed = Semaphore(0)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        self.about_to_write.release()
        assert self.allowed.acquire(timeout=20)
        with super().write() as db:
            yield db


def take_out(catalog: Catalog, name: str) -> None:
    """Delete a document without what takes its text out of the file."""
    catalog.remove(catalog.find_source(GUILD, name, OWNER))


async def test_two_purges_at_once_leave_nothing_of_what_is_deleted_meanwhile(
    library: Library, settings: KnowledgeSettings
) -> None:
    for n in range(30):  # So many that one document less is no reason of its own to merge.
        await put(library, f"Members number {n} water the plants.", f"rule{n}.md")
    await put(library, SECRET, "secret.txt")
    # As two processes have the file open.
    quick, slow = Database(settings.data_dir / "knowledge.db"), Stepwise(settings)
    catalog = catalog_of(quick)
    take_out(catalog, "rule0.md")
    with ThreadPoolExecutor(1) as threads:
        purging = threads.submit(catalog_of(slow).purge, GUILD)
        assert slow.about_to_write.acquire(timeout=20)
        catalog.purge(GUILD)
        slow.allowed.release()
        assert slow.about_to_write.acquire(timeout=20)
        take_out(catalog, "secret.txt")
        slow.allowed.release(100)
        purging.result(timeout=20)
    catalog.purge(GUILD)
    for database in (quick, slow):
        database.close()
    assert [trace for trace in TRACES if trace in stored(settings)] == []


async def test_deleted_text_that_a_reader_holds_on_to_goes_with_the_next_purge(
    library: Library, settings: KnowledgeSettings, caplog: pytest.LogCaptureFixture
) -> None:
    await put(library, SECRET, "secret.txt")
    database = Database(settings.data_dir / "knowledge.db", busy_s=0.1)
    catalog = catalog_of(database)
    reader = sqlite3.connect(settings.data_dir / "knowledge.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM chunks").fetchall()
    take_out(catalog, "secret.txt")
    catalog.purge(GUILD)
    assert SECRET.encode() in stored(settings)
    reader.close()
    catalog.purge(GUILD)
    database.close()
    assert [trace for trace in TRACES if trace in stored(settings)] == []
    assert "stays in knowledge.db's log" in caplog.text
