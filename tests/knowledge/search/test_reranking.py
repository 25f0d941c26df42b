from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from knowledge.errors import RerankerUnusable
from knowledge.library import Library
from knowledge.models.factory import build_reranker
from knowledge.models.reranker import CrossEncoderReranker
from knowledge.search.retriever import RERANKED
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.fakes.shared_words import SharedWords
from tests.knowledge.conftest import GUILD
from tests.knowledge.cross_encoders import make_cross_encoder
from weights.errors import OwnModelError
from weights.store import Weights

QUESTION = "How long are books lent in the library?"


class Backwards(SharedWords):
    """Prefers what shares the least."""

    def scores(self, question: str, passages: list[str]) -> list[float]:
        return [-score for score in super().scores(question, passages)]


@pytest.fixture
def reranker() -> Backwards:
    return Backwards()


@pytest_asyncio.fixture
async def reranked(settings: KnowledgeSettings, reranker: Backwards) -> AsyncIterator[Library]:
    library = await Library.open(settings, HashingEmbeddings(), reranker)
    await library.register_guild(GUILD, "Chess club")
    for number in range(RERANKED + 5):
        text = f"# Shelf {number}\n\nBooks are lent{' in the library' * (number % 2)} from shelf {number}.\n"
        await library.ingest_bytes(
            text.encode(), name=f"{number}.md", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7"
        )
    yield library
    await library.close()


async def test_the_best_candidates_are_in_the_rerankers_order_and_name_it(
    reranked: Library, reranker: Backwards
) -> None:
    found = await reranked.search(QUESTION, GUILD, OWNER, RERANKED + 5)
    assert found.reranker == "shared-words"
    scores = [item.reranked for item in found.evidence]
    read = [score for score in scores if score is not None]
    assert scores == [*sorted(read, reverse=True), *[None] * 5]
    assert read[0] > read[-1]
    assert len(reranker.read[0]) == RERANKED


async def test_without_a_reranker_the_order_is_the_searchs(library: Library) -> None:
    await library.ingest_bytes(b"Books.", name="a.md", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")
    found = await library.search("books", GUILD, OWNER)
    assert (found.reranker, found.evidence[0].reranked) == (None, None)


def test_a_real_cross_encoder_is_built_from_the_setting(tmp_path: Path) -> None:
    folder = make_cross_encoder(tmp_path)
    settings = KnowledgeSettings(reranker=f"hf:{folder}")
    built = build_reranker(settings, Weights(tmp_path / "models"))
    assert built is not None
    assert built.model_name == f"hf:{folder}"
    assert build_reranker(KnowledgeSettings(), Weights(tmp_path / "models")) is None


def test_a_reranker_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(OwnModelError, match="hf:/nowhere/at/all"):
        build_reranker(KnowledgeSettings(reranker="hf:/nowhere/at/all"), Weights(tmp_path))


def test_a_model_that_scores_no_pairs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RerankerUnusable, match="RERANKER=hf:x can't be used: it has 3 outputs instead of one"):
        CrossEncoderReranker(make_cross_encoder(tmp_path, outputs=3), "hf:x")


def test_an_encoder_is_no_cross_encoder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architectures": ["BertModel"]}', "utf-8")
    with pytest.raises(RerankerUnusable, match="it is not a cross-encoder"):
        CrossEncoderReranker(tmp_path, "hf:x")


def test_broken_weights_are_reported(tmp_path: Path) -> None:
    folder = make_cross_encoder(tmp_path)
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(RerankerUnusable, match="RERANKER=hf:x can't be used"):
        CrossEncoderReranker(folder, "hf:x")
