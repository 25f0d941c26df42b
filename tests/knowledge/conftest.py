"""An open library on an empty data folder, with a real Chroma child and real SQLite."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.store.catalog import Catalog
from knowledge.store.database import Database
from knowledge.store.keyword_index import KeywordIndex
from knowledge.store.pending_deletions import PendingDeletions
from knowledge.store.qa_index import QAIndex
from knowledge.vectors.chroma_server import ChromaServer
from knowledge.vectors.vector_index import VectorIndex
from tests.fakes.hashing_embeddings import HashingEmbeddings

GUILD = "100"
OTHER_GUILD = "200"


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """One real server for all tests that are not about servers: starting one takes a second."""
    server = ChromaServer(tmp_path_factory.mktemp("chroma") / "chroma")
    server.ensure()
    yield server
    server.stop()


@pytest.fixture
def settings(tmp_path: Path, shared_server: ChromaServer) -> Iterator[KnowledgeSettings]:
    """An empty data folder whose vectors are in the shared server."""
    yield KnowledgeSettings(data_dir=tmp_path / "data", chroma_url=shared_server.ensure())
    index = VectorIndex(shared_server, HashingEmbeddings())
    for guild_id in (GUILD, OTHER_GUILD):
        index.drop(guild_id)
    index.close()


@pytest.fixture
def own_settings(tmp_path: Path) -> KnowledgeSettings:
    """An empty data folder with a server of its own."""
    return KnowledgeSettings(data_dir=tmp_path / "data", chroma_url=None)


@pytest.fixture
def embeddings() -> HashingEmbeddings:
    return HashingEmbeddings()


@pytest.fixture
def server(own_settings: KnowledgeSettings) -> ChromaServer:
    """Looks at the data folder's own server from outside."""
    return ChromaServer(own_settings.data_dir / "chroma")


@pytest_asyncio.fixture
async def library(settings: KnowledgeSettings, embeddings: HashingEmbeddings) -> AsyncIterator[Library]:
    library = await Library.open(settings, embeddings)
    await library.register_guild(GUILD, "Chess club")
    await library.register_guild(OTHER_GUILD, "Rowing club")
    yield library
    await library.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 80 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def catalog_of(database: Database) -> Catalog:
    """The catalog of a data folder, beside the library that has it open."""
    return Catalog(database, KeywordIndex(database), QAIndex(database), PendingDeletions(database))
