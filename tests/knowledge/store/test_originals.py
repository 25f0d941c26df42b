"""The life of the bytes that pages are drawn from: kept before a version is visible, gone with its last user."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from knowledge.errors import DiskFull
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.store.database import Database
from knowledge.store.originals import Originals
from knowledge.store.pending_deletions import PendingDeletions
from knowledge.store.process_locks import ProcessLock
from knowledge.types import EVERY_MEMBER, OWNER, IngestOutcome, IngestReport, Source
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD, OTHER_GUILD
from tests.knowledge.pdfs import pdf

BOATS = pdf(["Kayaks are rented by the hour"])
BOATS_HASH = hashlib.sha256(BOATS).hexdigest()


async def put(library: Library, data: bytes, name: str = "boats.pdf", guild: str = GUILD) -> IngestReport:
    return await library.ingest_bytes(data, name=name, guild_id=guild, audience=EVERY_MEMBER, ingested_by="7")


def kept(settings: KnowledgeSettings) -> set[str]:
    folder = settings.data_dir / "originals"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


async def test_only_the_originals_of_pdfs_are_kept(library: Library, settings: KnowledgeSettings) -> None:
    await put(library, b"Kayaks are rented.", "boats.txt")
    assert kept(settings) == set()
    await put(library, BOATS)
    assert kept(settings) == {BOATS_HASH}
    assert (settings.data_dir / "originals" / BOATS_HASH).read_bytes() == BOATS


async def test_an_original_goes_with_the_last_source_that_uses_it(
    library: Library, settings: KnowledgeSettings
) -> None:
    await put(library, BOATS)
    await put(library, BOATS, "copy.pdf")
    await put(library, BOATS, guild=OTHER_GUILD)
    await library.remove(GUILD, "boats.pdf", OWNER)
    await put(library, pdf(["Another text"]), "copy.pdf")
    assert BOATS_HASH in kept(settings)
    await library.remove(OTHER_GUILD, "boats.pdf", OWNER)
    assert BOATS_HASH not in kept(settings)
    assert len(kept(settings)) == 1


async def test_a_file_that_cannot_be_ingested_leaves_no_original(library: Library, settings: KnowledgeSettings) -> None:
    assert (await put(library, b"%PDF-1.7\n%%EOF")).outcome is IngestOutcome.FAILED
    assert kept(settings) == set()


async def test_a_failure_on_the_way_takes_the_original_away_again(settings: KnowledgeSettings) -> None:
    class Failing(HashingEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            assert kept(settings) == {BOATS_HASH}
            raise MemoryError

    library = await Library.open(settings, Failing())
    await library.register_guild(GUILD, "Chess club")
    with pytest.raises(MemoryError):
        await put(library, BOATS)
    assert kept(settings) == set()
    await library.close()


async def test_the_same_file_again_brings_an_original_that_was_not_kept(
    library: Library, settings: KnowledgeSettings
) -> None:
    await put(library, BOATS)
    (settings.data_dir / "originals" / BOATS_HASH).unlink()
    found = await library.search("kayak", GUILD, OWNER)
    passage = await library.passage(GUILD, found.evidence[0].chunk.id, OWNER, ["kayak"])
    assert await library.page_image(passage) is None
    assert (await put(library, BOATS)).outcome is IngestOutcome.UNCHANGED
    assert kept(settings) == {BOATS_HASH}


async def test_an_original_that_was_altered_is_not_shown(library: Library, settings: KnowledgeSettings) -> None:
    await put(library, BOATS)
    (settings.data_dir / "originals" / BOATS_HASH).write_bytes(pdf(["Something else"]))
    found = await library.search("kayak", GUILD, OWNER)
    passage = await library.passage(GUILD, found.evidence[0].chunk.id, OWNER, [])
    assert await library.page_image(passage) is None


_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.store.test_originals import BOATS, GUILD, pdf, put
import knowledge.store.catalog, knowledge.store.originals

step, folder, url = sys.argv[1:]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

class Killing(HashingEmbeddings):
    def embed_documents(self, texts):
        if step == "embedding":
            die()
        return super().embed_documents(texts)

async def main():
    library = await Library.open(KnowledgeSettings(data_dir=Path(folder), chroma_url=url), Killing())
    await library.register_guild(GUILD, "Chess club")
    if step == "writing":
        sys.addaudithook(lambda event, args: die() if event == "os.rename" and "originals" in str(args[0]) else None)
    await put(library, BOATS)
    sys.addaudithook(lambda event, args: die() if event == "os.remove" and "originals" in str(args[0]) else None)
    if step == "replacing":
        await put(library, pdf(["Another text"]))
    await library.remove(GUILD, "boats.pdf", OWNER)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("step", "left", "sources"),
    [("writing", 1, 0), ("embedding", 1, 0), ("replacing", 2, 1), ("removing", 1, 0)],
)
async def test_what_a_kill_leaves_behind_is_swept_at_the_next_start(
    settings: KnowledgeSettings, step: str, left: int, sources: int
) -> None:
    command = [sys.executable, "-c", _KILLED, step, str(settings.data_dir), str(settings.chroma_url)]
    child = await asyncio.create_subprocess_exec(*command, env=os.environ | {"PYTHONPATH": "."})
    assert await child.wait() == -9
    assert len(kept(settings)) == left
    library = await Library.open(settings, HashingEmbeddings())
    found = await library.sources(GUILD, OWNER)
    assert len(found) == sources
    assert kept(settings) == {source.sha256 for source in found}
    await library.close()


@pytest.fixture
def pending_deletions(tmp_path: Path) -> Iterator[PendingDeletions]:
    database = Database(tmp_path / "knowledge.db")
    yield PendingDeletions(database)
    database.close()


def test_what_another_live_process_is_ingesting_is_not_swept(
    tmp_path: Path, pending_deletions: PendingDeletions
) -> None:
    mine, other = ProcessLock(tmp_path / "owners"), ProcessLock(tmp_path / "owners")
    ingested = Source(
        "s1", GUILD, "boats.pdf", "pdf", BOATS_HASH, EVERY_MEMBER, len(BOATS), 1, datetime(2026, 1, 1, tzinfo=UTC), "7"
    )
    pending_deletions.announce([ingested], other.token)
    Originals(tmp_path / "originals", pending_deletions, other).put(BOATS, BOATS_HASH)
    (tmp_path / "originals" / f"{'1' * 64}.{other.token}").write_bytes(b"half")
    originals = Originals(tmp_path / "originals", pending_deletions, mine)
    originals.sweep()
    assert len(list((tmp_path / "originals").iterdir())) == 2
    other.release()
    originals.sweep()
    assert list((tmp_path / "originals").iterdir()) == []
    mine.release()


def test_several_threads_keep_the_same_original_at_once(tmp_path: Path, pending_deletions: PendingDeletions) -> None:
    owner = ProcessLock(tmp_path / "owners")
    originals = Originals(tmp_path / "originals", pending_deletions, owner)
    with ThreadPoolExecutor(4) as threads:
        for n in range(20):
            data = BOATS + bytes([n]) * 1_000_000
            sha256 = hashlib.sha256(data).hexdigest()
            assert list(threads.map(lambda _, d=data, s=sha256: originals.put(d, s), range(4))) == [None] * 4
            assert originals.path(sha256) is not None
    assert len(list((tmp_path / "originals").iterdir())) == 20
    owner.release()


def test_a_full_disk_is_named_and_nothing_half_written_stays(small_disk: Path) -> None:
    database = Database(small_disk / "knowledge.db")
    owner = ProcessLock(small_disk / "owners")
    originals = Originals(small_disk / "originals", PendingDeletions(database), owner)
    big = b"x" * 90_000_000
    with pytest.raises(DiskFull, match="the disk is full"):
        originals.put(big, hashlib.sha256(big).hexdigest())
    assert list((small_disk / "originals").iterdir()) == []
    owner.release()
    database.close()
