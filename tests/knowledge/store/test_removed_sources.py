"""A removal that can be undone for a while, and what is left once it can't."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from knowledge.errors import NameTaken, RemovalOver, SourceNotFound
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER, Audience, IngestFile, QAPair, Reader
from knowledge.vectors.chroma_server import RemoteServer
from knowledge.vectors.vector_index import VectorIndex
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD
from tests.knowledge.pdfs import pdf
from tests.knowledge.store.test_deletion import SECRET, TRACES, stored
from tests.knowledge.store.test_originals import kept

PLANTS = "# Plants\n\nMembers water the plants on Mondays."
HOUR = timedelta(hours=1)
MANY = 120
"""More documents than a search requests passages."""


async def put(library: Library, text: str, name: str, audience: Audience = EVERY_MEMBER) -> str:
    report = await library.ingest_bytes(
        text.encode(), name=name, guild_id=GUILD, audience=audience, ingested_by="7", link="https://club.example/x"
    )
    assert report.source is not None
    return report.source.id


async def found(library: Library, query: str, reader: Reader = OWNER) -> list[str]:
    return [evidence.source.name for evidence in (await library.search(query, GUILD, reader)).evidence]


def vectors(settings: KnowledgeSettings) -> set[str]:
    assert settings.chroma_url is not None
    index = VectorIndex(RemoteServer(settings.chroma_url), HashingEmbeddings())
    try:
        return index.ids(GUILD)
    finally:
        index.close()


async def test_a_removed_document_is_in_no_search_and_comes_back_as_it_was(library: Library) -> None:
    await put(library, SECRET, "secret.txt")
    await put(library, PLANTS, "plants.md")
    before = await library.sources(GUILD, OWNER), await library.chunks(GUILD, OWNER)
    ranked = await library.search("marmalade staircase", GUILD, OWNER)
    removal = await library.remove_for_now(GUILD, ["secret.txt", "plants.md", "plants.md"], OWNER, HOUR)
    assert {source.name for source in removal.sources} == {"secret.txt", "plants.md"}
    assert await library.sources(GUILD, OWNER) == []
    assert await found(library, "marmalade staircase") == []
    restored = await library.restore(GUILD, removal.id)
    assert [source.name for source in restored] == ["plants.md", "secret.txt"]
    assert (await library.sources(GUILD, OWNER), await library.chunks(GUILD, OWNER)) == before
    again = await library.search("marmalade staircase", GUILD, OWNER)
    assert [(each.chunk, each.cosine, each.bm25) for each in again.evidence] == [
        (each.chunk, each.cosine, each.bm25) for each in ranked.evidence
    ]
    with pytest.raises(RemovalOver):
        await library.restore(GUILD, removal.id)


async def test_a_removal_that_is_over_leaves_no_byte_and_no_vector(
    library: Library, settings: KnowledgeSettings
) -> None:
    await put(library, PLANTS, "plants.md")
    await put(library, SECRET, "secret.txt")
    assert len(vectors(settings)) == 2
    removal = await library.remove_for_now(GUILD, ["secret.txt"], OWNER, timedelta(seconds=1))
    await put(library, "Rules.", "rules.md")
    await library.remove(GUILD, "rules.md", OWNER)  # what purges the file has nothing left to do afterwards
    async with asyncio.timeout(20):
        while [trace for trace in TRACES if trace in stored(settings)] or len(vectors(settings)) > 1:
            await library.sources(GUILD, OWNER)
    with pytest.raises(RemovalOver):
        await library.restore(GUILD, removal.id)


async def test_a_removal_outlives_a_restart_until_it_is_over(settings: KnowledgeSettings) -> None:
    library = await Library.open(settings, HashingEmbeddings())
    await library.register_guild(GUILD, "Chess club")
    await put(library, PLANTS, "plants.md")
    await put(library, SECRET, "secret.txt")
    still_there = await library.remove_for_now(GUILD, ["plants.md"], OWNER, HOUR)
    await library.remove_for_now(GUILD, ["secret.txt"], OWNER, timedelta(seconds=0.2))
    await library.close()
    await asyncio.sleep(0.3)  # the time is over while nothing runs
    library = await Library.open(settings, HashingEmbeddings())
    assert [trace for trace in TRACES if trace in stored(settings)] == []
    assert await library.sources(GUILD, OWNER) == []
    await library.restore(GUILD, still_there.id)
    assert await found(library, "water the plants") == ["plants.md"]
    await library.close()


async def test_an_original_is_kept_until_the_removal_is_over(library: Library, settings: KnowledgeSettings) -> None:
    boats = pdf(["Kayaks are rented by the hour"])
    await library.ingest_bytes(boats, name="boats.pdf", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")
    removal = await library.remove_for_now(GUILD, ["boats.pdf"], OWNER, HOUR)
    # Whatever else uses the same file and goes away must not take it along.
    await library.ingest_bytes(boats, name="copy.pdf", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")
    await library.remove(GUILD, "copy.pdf", OWNER)
    assert len(kept(settings)) == 1
    await library.restore(GUILD, removal.id)
    await library.remove_for_now(GUILD, ["boats.pdf"], OWNER, timedelta(0))
    async with asyncio.timeout(20):
        while kept(settings):
            await library.sources(GUILD, OWNER)


async def test_an_undo_is_refused_if_the_name_is_used_by_now(library: Library) -> None:
    await put(library, SECRET, "secret.txt")
    removal = await library.remove_for_now(GUILD, ["secret.txt"], OWNER, HOUR)
    await put(library, PLANTS, "secret.txt")
    with pytest.raises(NameTaken):
        await library.restore(GUILD, removal.id)
    assert await found(library, "water the plants") == ["secret.txt"]
    await library.remove(GUILD, "secret.txt", OWNER)
    await library.restore(GUILD, removal.id)
    assert await found(library, "marmalade staircase") == ["secret.txt"]


async def test_a_removal_of_several_removes_none_if_one_is_not_there(library: Library) -> None:
    await put(library, PLANTS, "plants.md")
    with pytest.raises(SourceNotFound):
        await library.remove_for_now(GUILD, ["plants.md", "nothing.md"], OWNER, HOUR)
    assert [source.name for source in await library.sources(GUILD, OWNER)] == ["plants.md"]


async def test_another_guild_undoes_no_removal(library: Library) -> None:
    await put(library, PLANTS, "plants.md")
    removal = await library.remove_for_now(GUILD, ["plants.md"], OWNER, HOUR)
    with pytest.raises(RemovalOver):
        await library.restore("200", removal.id)
    with pytest.raises(RemovalOver):
        await library.removed_audiences("200", removal.id)
    assert await library.removed_audiences(GUILD, removal.id) == [EVERY_MEMBER]


async def test_removed_passages_take_no_place_among_the_nearest(library: Library) -> None:
    for number in range(MANY):
        await put(library, f"Members number {number} water the plants and the flowers.", f"gone{number}.md")
    await put(library, "Whoever has a garden waters it.", "kept.md")
    await put(library, "For the crew: plants need water.", "crew.md", Audience("42"))
    await library.remove_for_now(GUILD, [f"gone{number}.md" for number in range(MANY)], OWNER, HOUR)
    for reader, expected in ((OWNER, {"kept.md", "crew.md"}), (Reader(frozenset()), {"kept.md"})):
        hits = (await library.search("Members number 7 water the plants and the flowers", GUILD, reader, 2)).evidence
        assert {hit.source.name for hit in hits if hit.dense_rank is not None} == expected


async def test_a_moderators_answer_comes_back_with_what_it_corrects(library: Library) -> None:
    wrong = await put(library, PLANTS, "plants.md")
    pair = QAPair(("Who waters the plants?",), "Ada.")
    await library.write_pair(pair, guild_id=GUILD, audience=EVERY_MEMBER, written_by="7", corrects=wrong)
    before = await library.pairs(GUILD, OWNER)
    assert before[0].corrects == wrong
    removal = await library.remove_for_now(GUILD, [before[0].source.id, wrong], OWNER, HOUR)
    assert await library.pairs(GUILD, OWNER) == []
    await library.restore(GUILD, removal.id)
    assert await library.pairs(GUILD, OWNER) == before


async def test_names_that_a_batch_adds_for_another_audience_are_found(library: Library) -> None:
    await put(library, PLANTS, "plants.md")
    await put(library, PLANTS, "hidden.md", Audience("99"))
    files = [IngestFile(name, 5, PLANTS.encode) for name in ("plants.md", "hidden.md", "other.md")]
    more = {"guild_id": GUILD, "ingested_by": "7"}
    await library.ingest_all(files, audience=Audience("42"), batch="one", **more)  # type: ignore[arg-type]
    reader = Reader(frozenset({"42"}))
    assert [source.name for source in await library.namesakes(GUILD, "one", reader)] == ["plants.md"]
    assert [source.name for source in await library.namesakes(GUILD, "one", OWNER)] == ["hidden.md", "plants.md"]
    # Whoever adds it again has decided about the other one before.
    await library.ingest_all(files, audience=Audience("42"), batch="two", **more)  # type: ignore[arg-type]
    assert await library.namesakes(GUILD, "two", OWNER) == []
