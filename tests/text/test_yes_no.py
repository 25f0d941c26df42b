"""Which questions ask for yes or no."""

from __future__ import annotations

import pytest

from text.yes_no import asks_yes_or_no


@pytest.mark.parametrize(
    "question",
    [
        "Is the workshop open on Sundays?",
        "can my 12 year old belay me?",
        "If I am late, do I still have to pay?",
        "I am new here. May I use the bandsaw?",
        "So, aren't dogs allowed in the loft?",
        "Should I tell somebody or not?",
        "工坊星期天开门吗？",
        "带狗可以吗",
        "学生是否有折扣？",
        "周日能不能借船？",
        "需不需要预约？",
    ],
)
def test_these_ask_for_yes_or_no(question: str) -> None:
    assert asks_yes_or_no(question)


@pytest.mark.parametrize(
    "question",
    [
        "When is the workshop open?",
        "Is the course on Monday or on Tuesday?",
        "Can you tell me when the gate is locked?",
        "Who is allowed to use the bandsaw?",
        "I lost my key. What do I have to pay?",
        "工坊几点开门？",
        "押金要多少钱吗",
        "是星期一还是星期二？",
        "怎么借船",
    ],
)
def test_these_ask_for_something_else(question: str) -> None:
    assert not asks_yes_or_no(question)
