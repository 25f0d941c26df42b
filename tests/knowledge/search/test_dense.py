"""What a reader may not read takes no place, however much of it there is, and costs little."""

from __future__ import annotations

import pytest

from knowledge.library import Library
from knowledge.search.dense import DenseRetriever
from knowledge.settings import KnowledgeSettings
from knowledge.store.database import Database
from knowledge.store.keyword_index import RANKED, KeywordIndex, _rarest_terms
from knowledge.types import EVERY_MEMBER, OWNER, Audience, IngestFile, Reader
from knowledge.vectors.chroma_server import ChromaServer
from knowledge.vectors.vector_index import VectorIndex
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD, catalog_of

STAFF = Audience("42")
MEMBER = Reader(frozenset())


async def put(library: Library, texts: list[str], audience: Audience) -> None:
    files = [
        IngestFile(f"{audience.key[:3]}{n}.txt", len(text), lambda text=text: text.encode())
        for n, text in enumerate(texts)
    ]
    await library.ingest_all(files, guild_id=GUILD, audience=audience, ingested_by="7")


@pytest.mark.parametrize(("hidden", "shown"), [(40, 60), (60, 3), (0, 5), (5, 0)])
async def test_the_nearest_are_those_of_the_filter(
    library: Library, settings: KnowledgeSettings, shared_server: ChromaServer, hidden: int, shown: int
) -> None:
    embeddings = HashingEmbeddings()
    await put(library, [f"The trainer earns {n} coins and word{n}." for n in range(hidden)], STAFF)
    await put(library, [f"A trainer is there on day {n}, word{n}." for n in range(shown)], EVERY_MEMBER)
    database = Database(settings.data_dir / "knowledge.db")
    catalog = catalog_of(database)
    index = VectorIndex(shared_server, embeddings)
    vector = embeddings.embed_query("What does the trainer earn in coins?")
    scope = catalog.scope(GUILD, MEMBER)
    assert (scope.readable_count, scope.chunk_count) == (shown, hidden + shown)
    [found] = DenseRetriever(index, catalog).search(GUILD, [vector], 8, scope)
    [filtered] = index.query(GUILD, [vector], 8, ["guild"])
    assert [cosine for _, cosine in found] == pytest.approx([cosine for _, cosine in filtered])
    assert len(found) == min(8, shown)
    assert {id_ for id_, _ in found} <= catalog.readable(GUILD, [id_ for id_, _ in found], ["guild"])
    index.close()
    database.close()


async def test_where_all_that_is_near_is_hidden_the_rest_is_found_all_the_same(library: Library) -> None:
    await put(library, ["The trainer earns coins."] * 200, STAFF)
    await put(library, [f"Boat number{n} lies in the harbour." for n in range(100)], EVERY_MEMBER)
    found = await library.search("The trainer earns coins.", GUILD, MEMBER)
    assert {item.source.audience for item in found.evidence} == {EVERY_MEMBER}
    assert len(found.top_cosines) == 5
    assert {item.source.audience for item in (await library.search("trainer", GUILD, OWNER)).evidence} == {STAFF}


@pytest.mark.parametrize(("hidden", "shown"), [(40, 60), (60, 3), (0, 5), (5, 0), (1500, 30)])
async def test_the_best_by_words_are_those_that_the_reader_may_read(
    library: Library, settings: KnowledgeSettings, hidden: int, shown: int
) -> None:
    await put(library, [f"The trainer earns {n} coins." for n in range(hidden)], STAFF)
    await put(
        library, [f"A trainer of many words is there on day {n}, {'and ' * n}." for n in range(shown)], EVERY_MEMBER
    )
    database = Database(settings.data_dir / "knowledge.db")
    catalog, keywords = catalog_of(database), KeywordIndex(database)
    everything = keywords.search(GUILD, "trainer", hidden + shown, catalog.scope(GUILD, OWNER))
    readable = catalog.readable(GUILD, [id_ for id_, _ in everything], ["guild"])
    found = keywords.search(GUILD, "trainer", 8, catalog.scope(GUILD, MEMBER))
    assert len(found) == min(8, shown)
    assert found == [pair for pair in everything if pair[0] in readable][: len(found)]
    database.close()


def test_in_a_small_guild_every_term_is_ranked_by() -> None:
    assert _rarest_terms({"the": 400, "boat": 3, "zeppelin": 0}) == ["boat", "the"]


def test_in_a_large_guild_frequent_terms_are_left_out_beside_rarer_ones_but_never_all() -> None:
    assert _rarest_terms({"the": 90_000, "boat": 30, "harbour": RANKED - 30}) == ["boat", "harbour"]
    assert _rarest_terms({"the": 90_000, "and": 80_000}) == ["and"]
    assert _rarest_terms({}) == []


async def test_counts_of_terms_follow_the_documents(library: Library) -> None:
    await put(library, ["A zeppelin flies."], EVERY_MEMBER)
    assert (await library.search("zeppelin marmalade", GUILD, OWNER)).evidence[0].coverage < 1
    await put(library, ["Marmalade on the zeppelin.", "More marmalade."], Audience("1"))
    best = (await library.search("marmalade zeppelin", GUILD, OWNER)).evidence[0]
    assert best.coverage == pytest.approx(1.0)
    assert best.source.audience == Audience("1")
