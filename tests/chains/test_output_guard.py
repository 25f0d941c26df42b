"""Where an answer that is read from passages ends."""

from __future__ import annotations

import pytest

from chains.output_guard import OutputGuard, cut_to_whole

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


POEM = "The old boats lie along the quay,\nTheir planks are warm, their sails are free,\n"
CHINESE_POEM = "旧木船静静靠在码头边，\n海风吹过修好的帆。\n"


@pytest.mark.parametrize("size", [1, 3, 50, 5000])
@pytest.mark.parametrize(
    ("begins", "again"),
    [
        (POEM, "Their planks are warm, their sails are free,\nAnd"),
        (POEM, "1. The old boats lie along the quay.\n2."),
        (CHINESE_POEM, "海风吹过修好的帆。\n海风"),
        ("It costs two euros a night. Bring it back in time. ", "It costs two euros a night. [1] Bring"),
        ("工具最多可以借七天。晚还要交钱。", "工具最多可以借七天。晚还"),
    ],
)
def test_a_line_or_sentence_that_comes_again_ends_the_answer_before_it(begins: str, again: str, size: int) -> None:
    reading = read(begins + again, size=size)
    assert reading.is_done
    assert reading.text.rstrip() == begins.rstrip()


@pytest.mark.parametrize("size", [1, 5000])
@pytest.mark.parametrize(
    ("begins", "again", "kept"),
    [
        ("Oh, ", "the boats and the sea and the sails and ", "Oh, the boats and the sea and the sails and"),
        ("We are ", "very ", "We are very"),
        ("", "船在海上漂呀", "船在海上漂呀"),
        ("", "I had a rough climb and then I went home to rest, ", "I had a rough climb and then I went home to rest,"),
    ],
)
def test_words_that_go_round_and_round_without_an_end_are_said_once(
    begins: str, again: str, kept: str, size: int
) -> None:
    reading = read(begins + again * 12, size=size)
    assert reading.is_done
    assert reading.text.rstrip() == kept


@pytest.mark.parametrize(
    "answer",
    [
        "Monday: closed.\nTuesday: closed.\nWednesday: 16:00 to 21:00.\nThursday: closed.\n",
        "No.\nNo.\nYes.\nNo, never.\n",
        "哈哈哈哈，好的好的！哈哈哈哈，没问题！",
        "| day | open |\n|---|---|\n| Monday, all day long | closed |\n| Monday, all day long | closed |\n| x | y |\n",
        "```python\nawait channel.send(one_file)\nawait channel.send(one_file)\nawait channel.send(one_file)\n```\n",
        "It is far, far away. It is far, far better. It was far from good. ",
    ],
)
def test_what_looks_alike_but_says_something_new_is_left_whole(answer: str) -> None:
    reading = read(answer)
    assert reading.text == answer
    assert not reading.is_done


def test_a_last_line_that_was_there_before_is_left_out_too() -> None:
    reading = read(POEM + "The old boats lie along the quay,")
    assert reading.text.endswith("along the quay,")
    assert reading.finish().rstrip() == POEM.rstrip()
    assert read("Seven days. Ask Ravi.").finish() == "Seven days. Ask Ravi."


def test_a_tuned_model_may_repeat_itself() -> None:
    reading = OutputGuard((), unchanged=True)
    assert reading.push(POEM * 3) == POEM * 3


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("The tide is out. The boats are dry. And then the", "The tide is out. The boats are dry."),
        (f"{POEM}And when the", POEM.rstrip().removesuffix(",")),
        (f"{CHINESE_POEM}等到潮水", CHINESE_POEM.rstrip()),
        ("A whole sentence.", "A whole sentence."),
        ("no end anywhere in sight", "no end anywhere in sight"),
        ("Do this:\n```python\nx = 1\ny =", "Do this:\n```python\nx = 1\ny ="),
    ],
)
def test_a_text_that_was_cut_off_ends_with_its_last_whole_line_or_sentence(text: str, whole: str) -> None:
    assert cut_to_whole(text) == whole
