"""Answers in a passage's own words."""

from __future__ import annotations

from collections.abc import Callable

from chains.quoting import quote
from chains.types import Language
from knowledge.types import Evidence

Read = Callable[..., Evidence]

HOURS = (
    "The workshop is open on Tuesday and Thursday from 17:00 to 21:00. It is closed on Sunday and Monday. Knock hard."
)
TABLE = """Prices of one day.

| boat | member | guest |
|---|---|---|
| dinghy | €5 | €12 |
| kayak | €3 | €8 |"""


def test_the_sentence_that_answers_is_quoted_with_its_number(a_passage, a_read_passage: Read) -> None:
    answer = "The workshop is open on Tuesday and Thursday from 17:00 to 21:00."
    evidence = [a_passage("Dogs are welcome."), a_read_passage(HOURS, 2, answers=[answer], span="Tuesday")]
    quoted = quote("When is it open?", evidence, Language.EN)
    assert quoted is not None
    assert (quoted.text, quoted.chunk_id, quoted.verdict) == (f"{answer} [2]", "c2", None)
    assert [HOURS[start:end] for start, end in quoted.spans] == [answer]


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
    assert (quoted.text, quoted.verdict) == (f"No. {answer} [1]", False)


def test_neither_yes_nor_no_is_said_where_it_is_unsure_or_was_not_asked(a_read_passage: Read) -> None:
    answer = "It is closed on Sunday and Monday."
    unsure = a_read_passage(HOURS, answers=[answer], span="closed", support=(0.45, 0.5, 0.05))
    sure = a_read_passage(HOURS, answers=[answer], span="closed", support=(0.0, 1.0, 0.0))
    for item, question in ((unsure, "Is it open on Sundays?"), (sure, "When is it closed?")):
        quoted = quote(question, [item], Language.EN)
        assert quoted is not None
        assert quoted.text == f"{answer} [1]"


def test_yes_is_said_in_chinese(a_read_passage: Read) -> None:
    item = a_read_passage("带狗可以进大厅。", answers=["带狗可以进大厅。"], span="可以", support=(0.9, 0.05, 0.05))
    quoted = quote("可以带狗吗？", [item], Language.ZH)
    assert quoted is not None
    assert quoted.text == "是的。带狗可以进大厅。 [1]"


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
