"""Answers in a passage's own words, and the check of what a chat model wrote."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chains.answer_check import check
from chains.quoting import quote, quote_parts
from chains.types import AnswerForm, Composition, Fault, Language
from knowledge.types import Evidence, Support

Read = Callable[..., Evidence]

OPEN = "The workshop is open on Tuesday and Thursday from 17:00 to 21:00."
HOURS = f"{OPEN} It is closed on Sunday and Monday. Knock hard."
TABLE = """Prices of one day.

| boat | member | guest |
|---|---|---|
| dinghy | €5 | €12 |
| kayak | €3 | €8 |"""


def test_the_sentence_that_answers_is_quoted_with_its_number(a_passage, a_read_passage: Read) -> None:
    evidence = [a_passage("Dogs are welcome."), a_read_passage(HOURS, 2, answers=[OPEN], span="Tuesday")]
    quoted = quote("When is it open?", evidence, Language.EN)
    assert quoted is not None
    assert quoted.verdict is None
    assert quoted.text == f"**{OPEN}** It is closed on Sunday and Monday. Knock hard. [2]"


def test_only_so_much_of_the_paragraph_is_quoted_and_nothing_of_the_next(a_read_passage: Read) -> None:
    answer = "The fee is £4."
    text = f"{'Long ago it was quite free. ' * 20}{answer} Pay at the desk.\n\nDogs are welcome."
    quoted = quote("What is the fee?", [a_read_passage(text, answers=[answer], span="£4")], Language.EN)
    assert quoted is not None
    assert f"**{answer}** Pay at the desk. [1]" in quoted.text
    assert len(quoted.text) < 330
    assert "Dogs" not in quoted.text


def test_words_around_the_answer_keep_their_own_distance(a_read_passage: Read) -> None:
    item = a_read_passage("门票四元。狗可以进。", answers=["门票四元。"], span="四")
    quoted = quote("门票多少钱？", [item], Language.ZH)
    assert quoted is not None
    assert quoted.text == "**门票四元。**狗可以进。 [1]"


def test_what_has_markup_of_its_own_is_not_put_in_bold(a_read_passage: Read) -> None:
    item = a_read_passage("The *fee* is £4. Pay here.", answers=["The *fee* is £4."], span="£4")
    quoted = quote("What is the fee?", [item], Language.EN)
    assert quoted is not None
    assert quoted.text == "The *fee* is £4. Pay here. [1]"


def test_of_two_passages_that_are_as_likely_both_are_quoted(a_read_passage: Read) -> None:
    gym = a_read_passage("The gym opens at nine.", 1, answers=["The gym opens at nine."], span="nine", answerable=2.0)
    cafe = a_read_passage("The cafe opens at ten.", 2, answers=["The cafe opens at ten."], span="ten", answerable=1.5)
    quoted = quote("When does it open?", [gym, cafe], Language.EN)
    assert quoted is not None
    assert quoted.text == "The gym opens at nine. [1]\nThe cafe opens at ten. [2]"


def test_a_passage_that_nobody_read_is_not_quoted(a_passage) -> None:
    assert quote("When is it open?", [a_passage(HOURS)], Language.EN) is None


def test_of_two_passages_that_is_quoted_which_more_likely_answers(a_read_passage: Read) -> None:
    weak = a_read_passage("The gate is red.", 1, answers=["The gate is red."], answerable=-1.0)
    strong = a_read_passage("The gate is locked at nine.", 2, answers=["The gate is locked at nine."], span="nine")
    quoted = quote("When is the gate locked?", [weak, strong], Language.EN)
    assert quoted is not None
    assert quoted.text == "The gate is locked at nine. [2]"


def test_no_precedes_the_sentence_where_the_passage_denies(a_read_passage: Read) -> None:
    answer = "It is closed on Sunday and Monday."
    item = a_read_passage(HOURS, answers=[answer], span="closed", support=(0.1, 0.8, 0.1))
    quoted = quote("Is the workshop open on Sundays?", [item], Language.EN)
    assert quoted is not None
    assert (quoted.text, quoted.verdict) == (f"No. {OPEN} **{answer}** Knock hard. [1]", False)


def test_neither_yes_nor_no_is_said_where_it_is_unsure_or_was_not_asked(a_read_passage: Read) -> None:
    answer = "It is closed on Sunday and Monday."
    unsure = a_read_passage(HOURS, answers=[answer], span="closed", support=(0.45, 0.5, 0.05))
    sure = a_read_passage(HOURS, answers=[answer], span="closed", support=(0.0, 1.0, 0.0))
    for item, question in ((unsure, "Is it open on Sundays?"), (sure, "When is it closed?")):
        quoted = quote(question, [item], Language.EN)
        assert quoted is not None
        assert quoted.text == f"{OPEN} **{answer}** Knock hard. [1]"


@pytest.mark.parametrize(
    ("answer", "support"),
    [
        ("Gloves are never worn at the bandsaw.", (0.95, 0.0, 0.05)),
        ("Guests are insured aboard only.", (0.95, 0.0, 0.05)),
        ("The course costs nothing.", (0.95, 0.0, 0.05)),
        ("Dogs are welcome in the loft.", (0.0, 0.95, 0.05)),
        ("带锯旁不可以戴手套。", (0.95, 0.0, 0.05)),
    ],
)
def test_neither_yes_nor_no_is_said_if_the_quoted_words_speak_against_it(
    answer: str, support: tuple[float, float, float], a_read_passage: Read
) -> None:
    item = a_read_passage(answer, answers=[answer], span=answer[:3], support=support)
    quoted = quote("Is that so?" if answer.isascii() else "可以吗？", [item], Language.of(answer))
    assert quoted is not None
    assert (quoted.text, quoted.verdict) == (f"{answer} [1]", None)


def test_yes_is_said_in_chinese(a_read_passage: Read) -> None:
    item = a_read_passage("带狗可以进大厅。", answers=["带狗可以进大厅。"], span="可以", support=(0.9, 0.05, 0.05))
    quoted = quote("可以带狗吗？", [item], Language.ZH)
    assert quoted is not None
    assert quoted.text == "是的。带狗可以进大厅。 [1]"


def test_words_in_another_language_are_said_to_be_the_documents_own(a_read_passage: Read) -> None:
    item = a_read_passage(HOURS, answers=["Knock hard."], span="hard")
    quoted = quote("怎么敲门？", [item], Language.ZH)
    assert quoted is not None
    assert quoted.text.startswith("文档原文：")


def test_a_list_is_quoted_whole(a_read_passage: Read) -> None:
    text = "Bring these:\n- a rope\n- a hat\n- gloves\nLunch is at noon."
    item = a_read_passage(text, answers=["Bring these:", "- a rope", "- a hat", "- gloves"], span="a rope")
    quoted = quote("What should I bring?", [item], Language.EN)
    assert quoted is not None
    assert quoted.text == "Bring these:\n- a rope\n- a hat\n- gloves [1]"


def test_a_row_of_a_table_is_written_out_with_the_names_of_its_columns(a_read_passage: Read) -> None:
    item = a_read_passage(TABLE, answers=["| kayak | €3 | €8 |"], span="€8")
    quoted = quote("What does a kayak cost for a guest?", [item], Language.EN)
    assert quoted is not None
    assert quoted.text == "boat: kayak; member: €3; guest: €8 [1]"


def test_the_names_of_a_table_are_not_quoted_as_a_row_of_it(a_read_passage: Read) -> None:
    rows = ["| boat | member | guest |", "| kayak | €3 | €8 |"]
    quoted = quote("What does a kayak cost?", [a_read_passage(TABLE, answers=rows, span="€8")], Language.EN)
    assert quoted is not None
    assert quoted.text == "boat: kayak; member: €3; guest: €8 [1]"


def test_two_questions_that_one_passage_answers_quote_it_once(a_read_passage: Read) -> None:
    first = a_read_passage(HOURS, 1, answers=[OPEN], span="Tuesday")
    second = a_read_passage(HOURS, 1, answers=["Knock hard."], span="Knock")
    parts = [("When is it open?", [first]), ("Who opens?", []), ("How do I get in?", [second])]
    quoted = quote_parts(parts, [first], Language.EN)
    assert quoted is not None
    answered, absent = quoted.text.split("\n")
    assert answered == f"**{OPEN}** It is closed on Sunday and Monday. **Knock hard.** [1]"
    assert "Who opens?" in absent


REST = "Ilse Kavanagh keeps the keys. Gloves are never worn at the bandsaw. Dogs are allowed in the hall."
PASSAGE = f"Mooring costs 12 euros a night. {REST}"
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
    assert answer.text == f"**Mooring costs 12 euros a night.** {REST} [1]"
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
    assert answer.text == f"**Mooring costs 12 euros a night.** {REST} [1]"
    assert answer.composition == Composition(AnswerForm.QUOTED)
    assert not bench.model.prompts
    assert answer.tools_run == ("search_knowledge",)
    explained = await bench.assistant.explanation(answer.decision_id, Language.ZH)
    assert "逐字引自段落" in explained.markdown
