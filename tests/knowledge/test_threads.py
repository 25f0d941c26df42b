"""Slow work of one kind lets everything else go on: each kind has threads of its own."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Coroutine
from threading import Event

import pytest

from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER, IngestFile
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD
from tests.knowledge.pdfs import pdf

CALLS = 40
"""More than asyncio's shared threads, of which there are at most 32."""
LISTINGS = 200
"""So many that all slow calls have begun before the last."""
BOATS = pdf(["Kayaks are rented by the hour"])


class Held(HashingEmbeddings):
    """An encoder that waits to be let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = Event()
        self.go_on.set()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        assert self.go_on.wait(60)
        return super().embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        assert self.go_on.wait(60)
        return super().embed_query(text)


async def listed(library: Library) -> list[str]:
    """The names of the documents, listed again and again while other calls wait."""
    for _ in range(LISTINGS):
        sources = await asyncio.wait_for(library.sources(GUILD, OWNER), 10)
    return [source.name for source in sources]


Slow = Callable[[Library, int], Coroutine[object, object, object]]


async def search(library: Library, number: int) -> None:
    await library.search(f"kayak {number}", GUILD, OWNER)


async def embed(library: Library, number: int) -> None:
    await library.ingest_bytes(
        f"Number {number}.".encode(), name=f"{number}.txt", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7"
    )


@pytest.mark.parametrize("slow", [search, embed])
async def test_a_slow_encoder_keeps_nobody_from_the_list_of_documents(settings: KnowledgeSettings, slow: Slow) -> None:
    encoder = Held()
    library = await Library.open(settings, encoder)
    await library.register_guild(GUILD, "Chess club")
    await embed(library, 1000)
    encoder.go_on.clear()
    waiting = [asyncio.create_task(slow(library, number)) for number in range(CALLS)]
    try:
        names = await listed(library)
    finally:
        encoder.go_on.set()
    assert names == ["1000.txt"]
    await asyncio.gather(*waiting)
    await library.close()


async def test_files_that_are_slow_to_read_keep_nobody_from_the_list_of_documents(library: Library) -> None:
    go_on = Event()

    def read() -> bytes:
        assert go_on.wait(60)
        return b"Kayaks."

    waiting = [
        asyncio.create_task(
            library.ingest_all(
                [IngestFile(f"{number}.txt", 7, read)], guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7"
            )
        )
        for number in range(CALLS)
    ]
    try:
        assert await listed(library) == []
    finally:
        go_on.set()
    await asyncio.gather(*waiting)


async def test_pages_that_are_slow_to_draw_keep_nobody_from_the_list_of_documents(
    library: Library, settings: KnowledgeSettings
) -> None:
    await library.ingest_bytes(BOATS, name="boats.pdf", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")
    (found,) = (await library.search("kayak", GUILD, OWNER)).evidence
    passage = await library.passage(GUILD, found.chunk.id, OWNER, [])
    original = settings.data_dir / "originals" / hashlib.sha256(BOATS).hexdigest()
    original.unlink()
    os.mkfifo(original)  # Whoever opens it waits until somebody writes.
    waiting = [asyncio.create_task(library.page_image(passage)) for _ in range(CALLS)]
    try:
        names = await listed(library)
    finally:
        writer = os.open(original, os.O_RDWR)
        original.unlink()
        os.close(writer)
    assert names == ["boats.pdf"]
    assert await asyncio.gather(*waiting) == [None] * CALLS
