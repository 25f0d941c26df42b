"""What the search relies on in a reranker: the fake and a real cross-encoder keep it alike."""

from __future__ import annotations

import pytest

from knowledge.models.reranker import CrossEncoderReranker
from knowledge.ports import Reranker
from tests.fakes.shared_words import SharedWords
from tests.knowledge.cross_encoders import make_cross_encoder

PASSAGES = ["Books are lent for thirty days.", "Parking costs one coin an hour.", "借书可以借三十天。"]


@pytest.fixture(scope="module", params=["shared words", "cross-encoder"])
def reranker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Reranker:
    if request.param == "shared words":
        return SharedWords()
    folder = make_cross_encoder(tmp_path_factory.mktemp("cross-encoder"))
    return CrossEncoderReranker(folder, f"hf:{folder}")


def test_it_says_which_model_it_is(reranker: Reranker) -> None:
    assert reranker.model_name


def test_each_passage_has_one_score_whatever_stands_beside_it(reranker: Reranker) -> None:
    together = reranker.scores("How long are books lent?", PASSAGES)
    alone = [reranker.scores("How long are books lent?", [passage])[0] for passage in PASSAGES]
    assert together == pytest.approx(alone, abs=1e-4)
    assert len(set(together)) > 1


def test_the_same_question_is_scored_the_same_again(reranker: Reranker) -> None:
    assert reranker.scores("books?", PASSAGES) == reranker.scores("books?", PASSAGES)


def test_nothing_to_read_is_no_error(reranker: Reranker) -> None:
    assert reranker.scores("books?", []) == []


def test_a_passage_of_any_length_has_a_score(reranker: Reranker) -> None:
    assert len(reranker.scores("books? " * 50, ["days " * 5000, ""])) == 2
