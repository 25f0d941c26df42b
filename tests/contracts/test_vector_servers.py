"""Our own child and Chroma's own server behave alike towards the index."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from knowledge.errors import EmbeddingMismatch
from knowledge.vectors.chroma_server import ChromaServer, RemoteServer
from knowledge.vectors.vector_index import VectorIndex
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.vectors.chroma_run import chroma_run


@pytest.fixture(scope="module", params=["own", "chroma run"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("vectors") / "chroma"
    if request.param == "own":
        server = ChromaServer(folder)
        yield server.ensure()
        server.stop()
    else:
        with chroma_run(folder) as url:
            yield url


@pytest.fixture
def index(address: str) -> Iterator[VectorIndex]:
    index = VectorIndex(RemoteServer(address), HashingEmbeddings())
    yield index
    index.drop("100")
    index.close()


def test_vectors_are_written_found_and_deleted(index: VectorIndex) -> None:
    embeddings = HashingEmbeddings()
    texts = ["dogs stay outside", "tickets are refunded", "boats lie in the harbour"]
    vectors = embeddings.embed_documents(texts)
    index.upsert("100", "guild", ["s1", "s1", "s2"], ["a", "b", "c"], vectors)
    index.upsert("100", "42", ["s3"], ["d"], [vectors[0]])
    index.upsert("100", "guild", ["s2"], ["c"], [vectors[2]])
    assert index.count("100") == 4
    assert index.ids("100") == {"a", "b", "c", "d"}
    assert index.vectors("100", ["a", "none"])["a"] == pytest.approx(vectors[0])
    [[(nearest, cosine), *_]] = index.query("100", [vectors[1]], 3, None)
    assert (nearest, cosine) == ("b", pytest.approx(1.0, abs=1e-5))
    [readable] = index.query("100", [vectors[0]], 3, ["42"])
    assert [id_ for id_, _ in readable] == ["d"]
    assert index.cosines("100", vectors[0], ["a", "d"]) == pytest.approx({"a": 1.0, "d": 1.0}, abs=1e-5)
    index.delete_sources("100", ["s1", "s3"])
    assert index.ids("100") == {"c"}


def test_a_guild_without_documents_has_nothing(index: VectorIndex) -> None:
    assert index.count("100") == 0
    assert index.ids("100") == set()
    assert index.query("100", [[1.0] * HashingEmbeddings().dimension], 3, None) == [[]]
    index.delete_sources("100", ["s1"])
    index.drop("100")


def test_another_model_is_recognised(address: str, index: VectorIndex) -> None:
    index.upsert("100", "guild", ["s"], ["a"], HashingEmbeddings().embed_documents(["dogs"]))

    embeddings = HashingEmbeddings()
    embeddings.model_name = "other"
    other = VectorIndex(RemoteServer(address), embeddings)
    with pytest.raises(EmbeddingMismatch, match="other"):
        other.ids("100")
    other.close()
