"""Classifiers are compared question by question, and the synthetic tasks are new to every model."""

from __future__ import annotations

from benchmarks.datasets.synthetic_tasks import (
    NEVER_TRAINED_WORDS,
    OTHER_TRAINED_WORDS,
    TRAINED_WORDS,
    facts,
    general,
    messages,
    taught,
)
from benchmarks.tuning.classifiers import classify_all, gain
from finetune.data.replay import general_examples

_QUESTIONS = [("one", "odd"), ("two", "even"), ("three", "odd"), ("four", "even")]


def test_every_classifier_is_asked_every_question_and_compared_by_question() -> None:
    given, cores_of_others = classify_all(
        {"odd": lambda _: "odd", "by length": lambda question: "odd" if len(question) != 4 else "even"}, _QUESTIONS
    )
    assert given["odd"].right == (True, False, True, False)
    assert given["by length"].right == (True, False, True, True)
    assert given["odd"].figures()["share"] == 0.5
    assert gain(given["by length"], given["odd"])["difference"] == 0.25
    assert cores_of_others >= 0


def test_each_synthetic_device_has_its_own_name_and_code() -> None:
    known = facts(30)
    assert len({fact.device.split()[0] for fact in known}) == len({fact.code for fact in known}) == 30
    assert known == facts(30)


def test_paraphrases_are_never_taught_and_general_questions_never_replayed() -> None:
    known = facts(3)
    examples = taught(known, (TRAINED_WORDS, *OTHER_TRAINED_WORDS))
    asked = {words.format(device=fact.device) for fact in known for words in NEVER_TRAINED_WORDS}
    assert len(examples) == 12
    assert not asked & {example.question for example in examples}
    replayed, measured = general_examples(english_only=True)
    assert not {question for question, _ in general()} & {each.question for each in (*replayed, *measured)}


def test_messages_are_asked_that_were_not_trained_on_and_every_label_is_learnt() -> None:
    trained, asked = messages("train"), messages("test")
    assert not {each.question for each in trained} & {each.question for each in asked}
    assert {each.completion for each in trained} == {each.completion for each in asked}
