from __future__ import annotations

import pytest

from knowledge.search.query_centering import CENTERED_SHARE, QueryCentering, load_query_centering
from weights.catalog import EMBEDDING_MODELS

MEANS = QueryCentering("small", cjk=(0.0, 1.0), other=(1.0, 0.0))


@pytest.mark.parametrize(
    ("question", "vector"),
    [("什么时候开门？", [0.6, 0.8 - CENTERED_SHARE]), ("When does it open?", [0.6 - CENTERED_SHARE, 0.8])],
)
def test_what_questions_of_its_language_share_is_taken_out(question: str, vector: list[float]) -> None:
    assert MEANS.centred(question, [0.6, 0.8]) == pytest.approx(vector)


def test_a_question_is_carried_over_to_the_other_script() -> None:
    question = MEANS.centred("When does it open?", [0.9, 0.1])
    foreign = MEANS.carried_over("When does it open?", [0.9, 0.1])
    assert question == pytest.approx([0.9 - CENTERED_SHARE, 0.1])
    assert foreign == pytest.approx([0.9 - 1, 0.1 + 1 - CENTERED_SHARE])


def test_another_encoder_has_none() -> None:
    assert load_query_centering("hashing") is None


def test_the_pinned_encoder_has_means_of_its_dimension() -> None:
    means = load_query_centering("embedding:1571fc982750")
    assert means is not None
    assert len(means.cjk) == len(means.other) == 384
    assert means.embedding_model.split(":")[0] in EMBEDDING_MODELS.values()
