"""What the knowledge base relies on in an embedding model: the fake and the real one keep it alike."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from knowledge.models.factory import LazyEmbeddings
from knowledge.models.local_embeddings import LocalEmbeddings
from knowledge.ports import TextEmbeddings
from tests.fakes.hashing_embeddings import HashingEmbeddings

LIBRARY = "The library lends each member two books for thirty days."
PARKING = "Parking in the yard costs one coin an hour."


@pytest.fixture(scope="module", params=["hashing", "deferred", "local"])
def embeddings(request: pytest.FixtureRequest) -> TextEmbeddings:
    if request.param == "hashing":
        return HashingEmbeddings()
    if request.param == "deferred":
        return LazyEmbeddings(HashingEmbeddings)
    folder: Path = request.getfixturevalue("embedding_folder")
    return LocalEmbeddings(folder)


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


def test_it_says_which_model_it_is_and_how_long_its_vectors_are(embeddings: TextEmbeddings) -> None:
    assert embeddings.model_name
    assert len(embeddings.embed_query("books")) == embeddings.dimension


def test_each_passage_has_one_vector_in_order(embeddings: TextEmbeddings) -> None:
    both = embeddings.embed_documents([LIBRARY, PARKING])
    alone = embeddings.embed_documents([PARKING])
    assert [len(vector) for vector in both] == [embeddings.dimension] * 2
    assert cosine(both[1], alone[0]) == pytest.approx(1.0, abs=0.01)


def test_a_question_is_nearest_to_the_passage_that_answers_it(embeddings: TextEmbeddings) -> None:
    library, parking = embeddings.embed_documents([LIBRARY, PARKING])
    question = embeddings.embed_query("How many books does the library lend?")
    assert cosine(question, library) > cosine(question, parking)


def test_nothing_to_embed_is_no_error(embeddings: TextEmbeddings) -> None:
    assert embeddings.embed_documents([]) == []


def test_chinese_and_empty_texts_have_vectors(embeddings: TextEmbeddings) -> None:
    for text in ("借书可以借三十天。", "?"):
        assert math.hypot(*embeddings.embed_query(text)) == pytest.approx(1.0, abs=0.01)
