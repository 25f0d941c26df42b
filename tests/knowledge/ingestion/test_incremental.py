"""A new version of a document costs the embedding of what changed in it, and of nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.store.database import _MIGRATIONS, Database
from knowledge.types import EVERY_MEMBER, OWNER, IngestOutcome, IngestReport
from knowledge.vectors.chroma_server import ChromaServer
from knowledge.vectors.vector_index import VectorIndex
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD, catalog_of


def rules(*texts: str) -> str:
    return "\n".join(f"# Rule {n}\n{text}" for n, text in enumerate(texts))


OLD = rules("Be kind.", "Water the plants.", "Close the door.", "Pay the fee.")
NEW = rules("Be kind.", "Water the plants.", "Lock the door.", "Pay the fee.")


async def put(library: Library, text: str, name: str = "rules.md") -> IngestReport:
    return await library.ingest_bytes(text.encode(), name=name, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")


def stored_vectors(library_settings: KnowledgeSettings, server: ChromaServer) -> dict[str, Sequence[float]]:
    """The vector of each chunk, by its text."""
    database = Database(library_settings.data_dir / "knowledge.db")
    catalog = catalog_of(database)
    index = VectorIndex(server, HashingEmbeddings())
    chunks = [chunk for source in catalog.sources(GUILD, OWNER) for chunk in catalog.source_chunks(source.id)]
    vectors = index.vectors(GUILD, [chunk.id for chunk in chunks])
    index.close()
    database.close()
    return {chunk.text: list(vectors[chunk.id]) for chunk in chunks}


async def test_a_changed_document_embeds_only_what_changed(
    library: Library, embeddings: HashingEmbeddings, settings: KnowledgeSettings, shared_server: ChromaServer
) -> None:
    first = await put(library, OLD)
    assert (first.embedded_count, first.chunk_count) == (4, 4)
    embeddings.embedded.clear()
    changed = await put(library, NEW)
    assert embeddings.embedded == ["Rule 2\nLock the door."]
    assert (changed.outcome, changed.embedded_count, changed.chunk_count) == (IngestOutcome.CHANGED, 1, 4)
    for text, vector in stored_vectors(settings, shared_server).items():
        expected = embeddings.embed_query(f"Rule {NEW.split(text)[0].count('#') - 1}\n{text}")
        assert vector == pytest.approx(expected, abs=1e-6)
    found = await library.search("lock the door", GUILD, OWNER)
    assert found.evidence[0].chunk.text == "Lock the door."
    assert len(found.evidence) == 4


async def test_a_moved_passage_is_embedded_again_only_if_its_heading_changed(
    library: Library, embeddings: HashingEmbeddings
) -> None:
    await put(library, "# A\nBe kind.\n# B\nWater the plants.")
    embeddings.embedded.clear()
    report = await put(library, "# B\nWater the plants.\n# A\nBe kind.\n# C\nBe kind.")
    assert embeddings.embedded == ["C\nBe kind."]
    assert report.embedded_count == 1


async def test_equal_passages_of_one_document_are_embedded_once(
    library: Library, embeddings: HashingEmbeddings
) -> None:
    report = await put(library, "# Notice\nClosed.\n# Notice\nClosed.\n# Notice\nClosed.")
    assert embeddings.embedded == ["Notice\nClosed."]
    assert (report.chunk_count, report.embedded_count) == (3, 1)
    assert len((await library.search("closed", GUILD, OWNER)).top_cosines) == 3


async def test_a_lost_vector_is_computed_again(
    library: Library, embeddings: HashingEmbeddings, shared_server: ChromaServer
) -> None:
    await put(library, OLD)
    index = VectorIndex(shared_server, embeddings)
    index.drop(GUILD)
    index.close()
    report = await put(library, NEW)
    assert report.embedded_count == 4
    assert len((await library.search("door", GUILD, OWNER)).top_cosines) == 4


async def test_a_database_of_before_survives_and_its_documents_can_change(
    settings: KnowledgeSettings, embeddings: HashingEmbeddings
) -> None:
    library = await Library.open(settings, embeddings)
    await library.register_guild(GUILD, "Chess club")
    await put(library, OLD)
    await library.close()
    await asyncio.to_thread(take_back_to_version_1, settings.data_dir / "knowledge.db")
    library = await Library.open(settings, embeddings)
    assert (await library.search("plants", GUILD, OWNER)).evidence[0].chunk.text == "Water the plants."
    assert (await put(library, OLD)).outcome is IngestOutcome.UNCHANGED
    assert (await put(library, NEW)).embedded_count == 4
    assert (await put(library, OLD)).embedded_count == 1
    await library.close()


def take_back_to_version_1(path: Path) -> None:
    """The file as the first version of this program would have left it."""
    database = sqlite3.connect(path, isolation_level=None)
    old = sqlite3.connect(":memory:")
    old.executescript(_MIGRATIONS[0])
    kinds = "('index', 'table', 'trigger')"
    listing = f"SELECT type, name FROM sqlite_master WHERE type IN {kinds} AND name NOT LIKE 'sqlite_%'"
    known = set(old.execute(listing))
    for kind, name in sorted(set(database.execute(listing)) - known):
        if not name.startswith("keywords_"):
            database.execute(f"DROP {kind} IF EXISTS {name}")
    for table in (name for kind, name in known if kind == "table"):
        kept = {row[1] for row in old.execute(f"PRAGMA table_info({table})")}
        for row in database.execute(f"PRAGMA table_info({table})").fetchall():
            if row[1] not in kept:
                database.execute(f"ALTER TABLE {table} DROP COLUMN {row[1]}")
    database.execute("PRAGMA user_version = 1")
    database.close()
    old.close()


FATAL = """
import asyncio, os, signal, sys
from pathlib import Path
from knowledge.vectors.vector_index import VectorIndex
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER
from tests.fakes.hashing_embeddings import HashingEmbeddings

class Fatal(HashingEmbeddings):
    def embed_documents(self, texts):
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    library = await Library.open(KnowledgeSettings(data_dir=Path(sys.argv[1])), Fatal())
    data = sys.stdin.buffer.read()
    await library.ingest_bytes(data, name="rules.md", guild_id="100", audience=EVERY_MEMBER, ingested_by="7")

asyncio.run(main())
"""


async def test_a_kill_after_vectors_were_taken_over_leaves_the_last_version(own_settings: KnowledgeSettings) -> None:
    embeddings = HashingEmbeddings()
    library = await Library.open(own_settings, embeddings)
    await library.register_guild(GUILD, "Chess club")
    await put(library, OLD)
    await library.close()
    command = [sys.executable, "-c", FATAL, str(own_settings.data_dir)]
    done = await asyncio.to_thread(
        subprocess.run, command, input=NEW.encode(), env=os.environ | {"PYTHONPATH": str(Path.cwd())}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    library = await Library.open(own_settings, embeddings)
    found = await library.search("close the door", GUILD, OWNER)
    assert found.evidence[0].chunk.text == "Close the door."
    assert len(found.top_cosines) == 4
    assert (await put(library, NEW)).embedded_count == 1
    await library.close()
