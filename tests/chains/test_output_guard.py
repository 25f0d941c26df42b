"""Where an answer that is read from passages ends."""

from __future__ import annotations

import pytest

from chains.output_guard import OutputGuard

PASSAGE = (
    "Members may borrow up to three tools at a time, for seven days. The tool keeper is Ravi Lindqvist, who is in the "
    "shed on Fridays. Hand tools need no deposit.\nPower tools need a deposit of twenty-five pounds, paid in cash. "
    "Each day of delay costs two pounds a tool. Lessons are on the first Monday of the month."
)
CHINESE = (
    "借用工具最多三件，每次七天，到期可以在频道里申请再借一次。工具管理员是拉维，每周五下午在工具棚里，平时请在频道里留言。"
    "手动工具不收押金，电动工具每件收二十五英镑押金，归还时退回。晚还一天收两英镑，从押金里扣除。"
)


def read(answer: str, *passages: str, size: int = 7) -> OutputGuard:
    reading = OutputGuard(passages)
    for at in range(0, len(answer), size):
        reading.push(answer[at : at + size])
    return reading


@pytest.mark.parametrize("size", [1, 3, 50, 5000])
def test_an_answer_in_the_models_own_words_is_left_whole(size: int) -> None:
    answer = "You may keep it for a week. Ask Ravi on a Friday. It costs nothing for hand tools. Bring it back in time."
    reading = read(answer, PASSAGE, size=size)
    assert reading.text == answer
    assert not reading.is_done


@pytest.mark.parametrize("size", [1, 3, 50, 5000])
def test_a_passage_that_is_recited_ends_after_three_sentences(size: int) -> None:
    reading = read(PASSAGE, PASSAGE, size=size)
    assert reading.is_done
    assert reading.text.rstrip().endswith("Hand tools need no deposit.")


def test_a_passage_in_chinese_that_is_recited_ends_after_three_sentences() -> None:
    reading = read(CHINESE, CHINESE)
    assert reading.is_done
    assert reading.text.endswith("归还时退回。")


def test_a_recital_behind_the_models_own_beginning_ends_too() -> None:
    reading = read("Here is what the handbook says.\n" + PASSAGE, PASSAGE)
    assert reading.is_done
    assert "Lessons" not in reading.text


def test_three_short_sentences_word_for_word_are_an_answer() -> None:
    short = "It is open. Bring a lamp. Dogs may come. Parking is free. Ask Ravi."
    assert read(short, short).text == short


@pytest.mark.parametrize(
    "again", ["\nQuestion: How long?", "\n\n[2] tools.md › Borrowing\nMembers", "\n问题：多久？", "\nPassages:\n[1]"]
)
def test_a_model_that_goes_on_with_its_prompt_is_ended_there(again: str) -> None:
    reading = read("Seven days." + again, PASSAGE)
    assert reading.text == "Seven days."
    assert reading.is_done


def test_a_citation_at_the_beginning_of_a_line_is_no_prompt() -> None:
    assert read("Seven days.\n[1] says so.", PASSAGE).text == "Seven days.\n[1] says so."


def test_code_is_quoted_whole() -> None:
    code = "Use this:\n```python\n" + "await channel.send(file). \n" * 12 + "```"
    assert read(code, code).text == code


@pytest.mark.parametrize("fence", ["```", "~~~", "````\n```\n```"])
def test_what_looks_like_the_prompt_in_code_is_code(fence: str) -> None:
    answer = f"Write this:\n{fence}\nQuestion: How long?\n{fence[:4].strip()}"
    assert read(answer, PASSAGE).text == answer


def test_a_tuned_models_words_are_left_as_they_are() -> None:
    reading = OutputGuard([PASSAGE], unchanged=True)
    assert reading.push(PASSAGE + "\nQuestion: and?") == PASSAGE + "\nQuestion: and?"
    assert not reading.is_done
