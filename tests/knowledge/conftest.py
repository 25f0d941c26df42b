"""An open library on an empty data folder, with a real Chroma child and real SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from knowledge.library import Library
from knowledge.server import ChromaServer
from knowledge.settings import KnowledgeSettings
from tests.fakes.hashing_embeddings import HashingEmbeddings

GUILD = "100"
OTHER_GUILD = "200"


@pytest.fixture
def settings(tmp_path: Path) -> KnowledgeSettings:
    return KnowledgeSettings(data_dir=tmp_path / "data", chroma_url=None)


@pytest.fixture
def embeddings() -> HashingEmbeddings:
    return HashingEmbeddings()


@pytest.fixture
def server(settings: KnowledgeSettings) -> ChromaServer:
    """Looks at the data folder's server from outside."""
    return ChromaServer(settings.data_dir / "chroma")


@pytest_asyncio.fixture
async def library(settings: KnowledgeSettings, embeddings: HashingEmbeddings) -> AsyncIterator[Library]:
    library = await Library.open(settings, embeddings)
    await library.register_guild(GUILD, "Chess club")
    await library.register_guild(OTHER_GUILD, "Rowing club")
    yield library
    await library.close()
