"""Documents in two scripts, searched with the encoder that ships: what only the other one says is found too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge.library import Library
from knowledge.models.local_embeddings import LocalEmbeddings
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER
from tests.knowledge.conftest import GUILD

HANDBOOK = Path("examples/handbook")


@pytest.fixture
async def handbook(settings: KnowledgeSettings, embedding_folder: Path) -> AsyncIterator[Library]:
    library = await Library.open(settings, LocalEmbeddings(embedding_folder))
    await library.register_guild(GUILD, "Harbour")
    for name in ("channels.md", "roles.md", "sailing.md", "zh-meetings.md", "zh-fleet.md"):
        await library.ingest_bytes(
            (HANDBOOK / name).read_bytes(), name=name, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7"
        )
    yield library
    await library.close()


async def test_what_only_a_document_in_the_other_script_says_is_among_the_best(handbook: Library) -> None:
    answers = {
        "What do I have to do the first time I go aboard the Petrel?": "要在船头的铜钟上敲一下",
        "Where do I find the safety instructions in Chinese?": "安全说明有中文版",
        "How old must a child be for the junior woodworking class on Saturdays?": "收八岁到十四岁的孩子",
    }
    # One after the other: each would have to embed the documents again.
    for question, words in answers.items():
        found = (await handbook.search(question, GUILD, OWNER)).evidence
        assert any(words in item.chunk.text for item in found), question
