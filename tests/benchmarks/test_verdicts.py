"""Answers to checked questions are judged by their words, in both languages, and summed up."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from benchmarks.answers.handbook import Asked, figures, spread
from benchmarks.answers.verdicts import judge
from benchmarks.datasets.rows import CheckedQuestionRow
from benchmarks.harness.phrases import holds, says_missing
from benchmarks.harness.results import ROOT
from benchmarks.report.handbook import section
from benchmarks.report.markdown import MeasuredResult
from chains.types import Route

_OPEN = "/(?<!not )open on sundays?/"


@pytest.mark.parametrize(
    ("text", "phrase", "held"),
    [
        ("It opens at **10:00** [1].", "10:00", True),
        ("It opens at 10 a.m.", "10 am", False),
        ("It opens at 10 a.m.", "10 a.m.", True),
        ("It has 120 places.", "12", False),
        ("It costs £96 a year.", "£96", True),
        ("It costs 96 pounds.", "£96", False),
        ("The boat is 8.6m long.", "8.6", True),
        ("You CAN'T book a boat.", "can not book", True),
        ("You cannot book a boat.", "can't book", True),
        ("He is a Mate.", "at", False),
        ("茶会下午 4 点开始。", "下午4点", True),
        ("一共 17 个人。", "七", False),
        ("一共十七个人。", "七", False),
        ("一共七个人。", "七", True),
        ("每周六十点半开始。", "十点半", True),
        ("收费：５英镑。", "5英镑", True),
        ("不，船上不许吹口哨。", "/^不/", True),
        ("**No**, never [2].", "/^no\\b/", True),
        ("Nobody may.", "/^no\\b/", False),
        ("It isn't open on Sundays.", _OPEN, False),
        ("It is open on Sundays.", _OPEN, True),
    ],
)
def test_a_phrase_stands_in_an_answer_as_whole_words(text: str, phrase: str, held: bool) -> None:
    assert holds(text, phrase) is held


@pytest.mark.parametrize(
    "text",
    [
        "The documents don't say what a beer costs.",
        "I could not find that.",
        "Her age isn't mentioned.",
        "Her e-mail address isn't given.",
        "They do not mention it.",
        "The postcode is not in the handbook.",
        "There is no information about it.",
        "文档里没有提到医生的名字。",
        "资料中未说明。",
        "手册里没写，我找不到。",
        "这个不在文档里。",
        "文档里没有第二个问题的答案。",
    ],
)
def test_an_answer_that_says_that_something_is_missing_is_recognised(text: str) -> None:
    assert says_missing(text)


@pytest.mark.parametrize(
    "text",
    [
        "No, dogs are not in the machine room.",
        "The insurance does not cover phones.",
        "It costs nothing on Saturdays.",
        "父母不会英语也没关系。",
        "请穿一双没有破洞的袜子。",
    ],
)
def test_a_negation_alone_does_not_say_that_something_is_missing(text: str) -> None:
    assert not says_missing(text)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("refusal", ["passages_too_weak", "nothing_found", "declined", "unsure"])
def test_the_bots_own_refusals_say_that_something_is_missing(language: str, refusal: str) -> None:
    wording = tomllib.loads((ROOT / "chains" / "routing" / f"wording_{language}.toml").read_text("utf-8"))
    assert says_missing(wording["abstain"][refusal])


def test_an_answer_is_right_if_it_holds_one_phrase_of_each_group() -> None:
    row = _row(must=[["96"], ["31 January", "January 31"]], must_not=["/£(?:48|150)/"])
    assert judge(row, "£96, by January 31 [1].", abstained=False).is_right
    half = judge(row, "It is £96.", abstained=False)
    assert (half.is_right, half.is_refusal, half.lacking) == (False, False, (("31 January", "January 31"),))


def test_an_answer_that_says_the_opposite_is_a_contradiction_whatever_else_it_holds() -> None:
    row = _row(must=[["closed", "/^no\\b/"]], must_not=["/^yes\\b/", _OPEN])
    found = judge(
        row, "The workshop is open on Sundays, Monday, Wednesday and Friday; it is never closed.", abstained=False
    )
    assert (found.is_right, found.is_refusal, found.contradictions) == (False, False, (_OPEN,))
    assert judge(row, "No, it's closed.", abstained=False).is_right


def test_a_chinese_answer_is_judged_alike() -> None:
    row = _row(must=[["不许", "不可以"]], must_not=["/(?<!不)可以吹口哨/"])
    assert judge(row, "不可以吹口哨。", abstained=False).is_right
    assert judge(row, "船上可以吹口哨。", abstained=False).contradictions


def test_a_refusal_is_right_only_where_the_documents_hold_nothing() -> None:
    assert judge(_row(answerable=False), "I found nothing on this.", abstained=True).is_right
    assert judge(_row(answerable=False), "The documents don't say.", abstained=False).is_right
    assert not judge(_row(answerable=False), "It costs £20.", abstained=False).is_right
    for text, abstained in [("I found nothing on 96.", True), ("The documents don't say.", False)]:
        refused = judge(_row(must=[["96"]]), text, abstained=abstained)
        assert (refused.is_right, refused.is_refusal) == (False, True)


def test_a_partial_answer_is_right_if_it_tells_the_part_and_names_what_is_missing() -> None:
    row = _row(must=[["Tar Lane"], ["postcode"]], answerable="part")
    assert judge(row, "Shed 4, Tar Lane. The postcode isn't in the documents.", abstained=False).is_right
    assert not judge(row, "Shed 4, Tar Lane. The postcode is ST1 2AB.", abstained=False).is_right
    assert not judge(row, "Shed 4, Tar Lane.", abstained=False).is_right
    assert judge(row, "No answer.", abstained=True).is_refusal


def test_a_question_back_that_names_both_readings_is_right_whatever_the_route() -> None:
    row = _row(kind="ambiguous", must=[["two years", "machine badge"], ["three years", "Blue Card"]])
    back = judge(row, "Do you mean the machine badge or the Blue Card?", abstained=True)
    assert (back.is_right, back.is_refusal) == (True, False)
    assert judge(row, "I found nothing.", abstained=True).is_refusal
    assert not judge(row, "Three years.", abstained=False).is_right


@pytest.mark.parametrize(("field", "value"), [("must_not", ["/(/"]), ("must", [["/(/"]])])
def test_a_broken_regular_expression_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match="is no regular expression"):
        _row(**{field: value})


def test_figures_count_by_kind_and_language_and_list_what_is_wrong() -> None:
    asked = [
        _asked(_row(kind="yes_no", must=[["no"]], must_not=["/^yes\\b/"]), "Yes.", probability=0.97),
        _asked(_row(kind="yes_no", lang="zh", must=[["不"]]), "不行。", seconds=3.0),
        _asked(_row(kind="plain_fact", must=[["96"]]), "Sorry.", route=Route.ABSTAIN),
        _asked(_row(kind="plain_fact", must=[["96"]]), "£48.", probability=0.5),
        _asked(_row(kind="not_there", answerable=False), "It's blue.", probability=None),
    ]
    found: dict[str, Any] = figures(asked)
    assert found["right"]["share"] == 0.2
    assert {kind: each["share"] for kind, each in found["right by kind"].items()} == {
        "yes_no": 0.5,
        "plain_fact": 0.0,
        "not_there": 0.0,
    }
    assert found["right by language"]["zh"]["share"] == 1.0
    assert found["right by kind and language"]["yes_no, zh"]["share"] == 1.0
    assert found["contradictions"]["share"] == 0.2
    assert [row["answer"] for row in found["contradicting answers"]] == ["Yes."]
    assert [row["answer"] for row in found["wrong answers"]] == ["Yes.", "£48.", "It's blue."]
    assert found["refused though answerable"]["share"] == 0.25
    assert found["answered though not there"]["share"] == 1.0
    assert found["seconds"] == {"p50": 1.0, "p95": 2.6, "first word p50": 0.5}
    assert [row["outcome"] for row in found["asked"]] == ["wrong", "right", "refused", "wrong", "wrong"]


def test_a_trial_is_spread_over_the_set() -> None:
    rows = [_row(id=str(number)) for number in range(10)]
    assert [row.id for row in spread(rows, 3)] == ["0", "3", "6"]
    assert spread(rows, 99) == rows


def test_the_section_shows_each_result_and_its_contradictions() -> None:
    asked = [_asked(_row(kind="yes_no", must_not=["/^yes\\b/"]), "Yes,\nit is.", probability=0.97)]
    text = "\n".join(section({"handbook_answers": _result(asked), "handbook_answers_other": _result(asked)}))
    assert "|  | handbook | other |" in text
    assert "| yes_no | 0.00 (0.00–0.79) | 0.00 (0.00–0.79) |" in text
    assert text.count("| How? | Yes, it is. | 0.97 |") == 2
    assert list(section({})) == []


def _row(**fields: object) -> CheckedQuestionRow:
    given: dict[str, object] = {
        "id": "a",
        "lang": "en",
        "kind": "plain_fact",
        "split": "report",
        "question": "How?",
        "must": [],
        "must_not": [],
        "answerable": True,
        "gold": [],
    }
    return CheckedQuestionRow.model_validate(given | fields)


def _asked(
    row: CheckedQuestionRow,
    text: str,
    *,
    route: Route = Route.RETRIEVAL,
    probability: float | None = 0.9,
    seconds: float = 1.0,
) -> Asked:
    verdict = judge(row, text, abstained=route is Route.ABSTAIN)
    return Asked(row, text, verdict, route, probability, gold_was_read=None, first_word_s=0.5, total_s=seconds)


def _result(asked: list[Asked]) -> MeasuredResult:
    described = {"chat model": "embedded", "cores that others used": 0.0}
    return {
        "figures": json.loads(json.dumps(described | figures(asked))),
        "provenance": {"command": "python -m x", "commit": "0", "date": "d", "python": "3", "machine": "m"},
    }
