"""What a chat model wrote is sent only where the passages hold it."""

from __future__ import annotations

import pytest

from chains.answer_check import check
from chains.types import AnswerForm, Composition, Fault, Language
from knowledge.types import Support

PASSAGE = (
    "Mooring costs 12 euros a night. Ilse Kavanagh keeps the keys. Gloves are never worn at the bandsaw. "
    "Dogs are allowed in the hall."
)
NEUTRAL = Support(0.1, 0.1, 0.8)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("Mooring costs 12 euros a night. [1]", None),
        ("It costs twelve euros for a night.", None),
        ("Mooring costs 15 euros a night. [1]", Fault.ADDED_FIGURE),
        ("The keys are with Ilse Kavanagh.", None),
        ("The keys are with Bram Kavanagh.", Fault.ADDED_NAME),
        ("Gloves are worn at the bandsaw.", Fault.DENIED),
        ("Dogs are not allowed in the hall.", Fault.DENIED),
        ("You can pay by card at any supermarket nearby, whenever it suits you best.", Fault.UNSUPPORTED),
    ],
)
def test_what_the_passages_do_not_hold_is_found(a_passage, answer: str, fault: Fault | None) -> None:
    assert check(answer, "What does mooring cost?", [a_passage(PASSAGE)], [NEUTRAL]).fault is fault


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("停泊一晚十二欧元。", None),
        ("停泊一晚15欧元。", Fault.ADDED_FIGURE),
        ("在带锯旁可以戴手套。", Fault.DENIED),
        ("在带锯旁不可以戴手套。", None),
    ],
)
def test_so_it_is_in_chinese(a_passage, answer: str, fault: Fault | None) -> None:
    passage = a_passage("停泊一晚12欧元。在带锯旁不可以戴手套。")
    assert check(answer, "停泊一晚多少钱？", [passage], [NEUTRAL]).fault is fault


def test_a_contradiction_that_only_the_reader_sees_is_found(a_passage) -> None:
    checked = check("Mooring is free.", "Is mooring free?", [a_passage(PASSAGE)], [Support(0.0, 0.95, 0.05)])
    assert checked.fault is Fault.DENIED


def test_the_found_fact_may_not_be_left_out(a_read_passage) -> None:
    found = a_read_passage(PASSAGE, answers=["Mooring costs 12 euros a night."], span="12 euros")
    checked = check("Mooring costs something a night.", "What does mooring cost?", [found], [NEUTRAL])
    assert (checked.fault, checked.words) == (Fault.LEFT_OUT, "12 euros")


async def test_a_wrong_answer_is_replaced_by_the_quote_and_the_record_says_so(make_bench, a_read_passage) -> None:
    found = a_read_passage(PASSAGE, answers=["Mooring costs 12 euros a night."], span="12 euros")
    bench = await make_bench(found, words=["It costs ", "90 euros."], style="write")
    answer = await bench.assistant.answer(bench.ask("What does mooring cost?"))
    assert answer.text == "Mooring costs 12 euros a night. [1]"
    assert answer.composition == Composition(AnswerForm.REPLACED, Fault.ADDED_FIGURE)
    explained = await bench.assistant.explanation(answer.decision_id, Language.EN)
    assert "it held a number, time or date that the passages don't have" in explained.markdown


async def test_no_part_of_a_wrong_sentence_is_shown(make_bench, a_read_passage) -> None:
    found = a_read_passage(PASSAGE, answers=["Mooring costs 12 euros a night."], span="12 euros")
    words = ["It costs 12 euros. ", "It used to be ", "90 euros. ", "Bye."]
    bench = await make_bench(found, words=words, style="write")
    shown = [event async for event in bench.assistant.stream(bench.ask("What does mooring cost?"))]
    assert "90" not in "".join(getattr(event, "text", "") for event in shown)


async def test_a_right_answer_is_sent_as_it_was_written(make_bench, a_read_passage) -> None:
    found = a_read_passage(PASSAGE, answers=["Mooring costs 12 euros a night."], span="12 euros")
    bench = await make_bench(found, words=["It costs ", "12 euros. "], style="write")
    answer = await bench.assistant.answer(bench.ask("What does mooring cost?"))
    assert answer.text == "It costs 12 euros. [1]"
    assert answer.composition == Composition(AnswerForm.WRITTEN)


async def test_a_quote_needs_no_model_and_no_turn(make_bench, a_read_passage) -> None:
    found = a_read_passage(PASSAGE, answers=["Mooring costs 12 euros a night."], span="12 euros")
    bench = await make_bench(found, style="quote")
    answer = await bench.assistant.answer(bench.ask("What does mooring cost?"))
    assert answer.text == "Mooring costs 12 euros a night. [1]"
    assert answer.composition == Composition(AnswerForm.QUOTED)
    assert not bench.model.prompts
    explained = await bench.assistant.explanation(answer.decision_id, Language.ZH)
    assert "逐字引自段落" in explained.markdown
