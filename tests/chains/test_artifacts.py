"""What was fitted: question kinds and the probability that passages hold the answer, with the real encoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chains.errors import NotCalibrated
from chains.routing.confidence import SearchFeatures, features_of, load_confidence, load_likeness_calibration
from chains.routing.question_kind import QuestionKind, load_kind_classifier
from knowledge.models.local_embeddings import LocalEmbeddings
from knowledge.types import Retrieval


@pytest.fixture(scope="module")
def embeddings(embedding_folder: Path) -> LocalEmbeddings:
    return LocalEmbeddings(embedding_folder)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Where do new members pick up their badge?", QuestionKind.FACTS),
        ("新成员在哪里领徽章？", QuestionKind.FACTS),
        ("hello everyone, lovely evening!", QuestionKind.SMALL_TALK),
        ("大家晚上好呀", QuestionKind.SMALL_TALK),
        ("Which commands do you understand, bot?", QuestionKind.ABOUT_BOT),
        ("你这个机器人能做些什么？", QuestionKind.ABOUT_BOT),
        ("Write a short poem about autumn leaves", QuestionKind.CREATIVE),
        ("写一首关于秋天的短诗", QuestionKind.CREATIVE),
    ],
)
def test_a_question_is_told_by_what_it_asks_for(embeddings: LocalEmbeddings, text: str, kind: QuestionKind) -> None:
    kinds = load_kind_classifier(embeddings.model_name).probabilities(embeddings.embed_query(text))
    assert max(kinds, key=lambda k: kinds[k]) is kind
    assert sum(kinds.values()) == pytest.approx(1)


def test_the_fitted_classifier_reads_vectors_of_the_encoders_dimension(embeddings: LocalEmbeddings) -> None:
    classifier = load_kind_classifier(embeddings.model_name)
    assert classifier.weights.shape == (len(QuestionKind), embeddings.dimension)


@pytest.mark.parametrize("load", [load_confidence, load_kind_classifier, load_likeness_calibration])
@pytest.mark.parametrize("model", ["embedding:000000000000", "somebody/else"])
def test_figures_fitted_for_other_vectors_are_refused(load, model: str) -> None:
    with pytest.raises(NotCalibrated, match="EMBEDDING_MODEL"):
        load(model)


def test_a_model_that_nothing_was_fitted_for_is_read_by_what_all_models_have_in_common() -> None:
    confidence = load_confidence("somebody/else", pinned=False)
    assert "relative_lead" in confidence.across_languages.reads
    assert not {"cosine", "lead"} & {*confidence.across_languages.reads, *confidence.same_language.reads}
    assert 0.2 < confidence.threshold < 0.8


def search(query: str, passage, cosines: tuple[float, ...]) -> Retrieval:
    return Retrieval(query, (passage,), cosines, 1, 0.01)


def test_a_higher_cosine_and_more_shared_terms_make_the_answer_likelier(embeddings, a_passage) -> None:
    confidence = load_confidence(embeddings.model_name)
    passage = a_passage("Mooring costs two euros.", coverage=0.7)
    near = confidence.probability(search("What does mooring cost?", passage, (0.90, 0.83, 0.82)))
    far = confidence.probability(search("What does mooring cost?", passage, (0.80, 0.79, 0.79)))
    bare = confidence.probability(search("What does mooring cost?", replace(passage, coverage=0.0), (0.90, 0.83, 0.82)))
    assert near > far
    assert near > bare


@pytest.mark.parametrize("question", ["停泊要多少钱？", "Was kostet das Liegen und wo?"])
def test_across_languages_shared_terms_are_not_asked_for(a_passage, question: str) -> None:
    found = search(question, a_passage("Mooring costs two euros.", coverage=0.0), (0.85, 0.8))
    figures = features_of(found, same_language=False)
    assert features_of(found, same_language=True) is None
    assert figures.lead == pytest.approx(0.05)
    assert features_of(replace(found, foreign_cosines=(0.7, 0.6)), same_language=False).cosine == pytest.approx(0.7)


def test_of_passages_in_two_languages_those_that_more_likely_answer_are_read(a_read_passage) -> None:
    own = a_read_passage("Boats are moored here.", 1, answers=[], span="Boats", answerable=-4.0)
    foreign = a_read_passage("停泊两欧元。", 2, answers=["停泊两欧元。"], span="两", answerable=5.0)
    confidence = load_confidence("embedding:1571fc982750")
    found = Retrieval("What does mooring cost?", (own, foreign), (0.8, 0.79), 2, 0.01, foreign_cosines=(0.85, 0.7))
    chosen, holds = confidence.in_likelier_language(found)
    assert holds == confidence.probability(found)
    assert [item.chunk.id for item in chosen.evidence] == [foreign.chunk.id, own.chunk.id]
    assert chosen.evidence[1].reading is None
    alone = replace(found, evidence=(own,))
    assert confidence.in_likelier_language(alone) == (alone, confidence.probability(alone))
    assert confidence.probability(found) > confidence.probability(alone)


def test_a_search_that_found_nothing_has_no_probability(embeddings: LocalEmbeddings) -> None:
    assert load_confidence(embeddings.model_name).probability(Retrieval("x", (), (), 0, 0.0)) is None


def test_figures_tell_a_passage_that_stands_out_and_a_sentence_that_says_it(a_passage) -> None:
    question = "What does mooring cost in winter?"

    def figures(first: str, *coverages: float) -> SearchFeatures:
        texts = (first, "The harbour is long.", "The jetty is short.")
        found = tuple(a_passage(text, n, coverage=c) for n, (text, c) in enumerate(zip(texts, coverages, strict=False)))
        read = features_of(Retrieval(question, found, (0.86, 0.84), len(found), 0.01), same_language=True)
        assert read is not None
        return read

    said = figures("In winter, mooring costs two euros.", 0.6, 0.1, 0.3)
    assert (said.coverage, said.coverage_lead) == (pytest.approx(0.6), pytest.approx(0.4))
    apart = figures("Mooring costs two euros. In winter nobody comes.", 0.6, 0.6, 0.6)
    assert (apart.coverage, apart.coverage_lead) == (pytest.approx(0.6), pytest.approx(0.0))
    assert said.in_one_sentence > apart.in_one_sentence > 0
    assert figures("Mooring costs two euros.", 0.6).coverage_lead == 0


@pytest.mark.parametrize("model", ["embedding:1571fc982750", "embedding-en:53aa51172d14"])
def test_the_likeness_that_opens_a_tuned_model_speaks_for_it(model: str) -> None:
    assert 0.5 <= load_likeness_calibration(model).threshold < 1
