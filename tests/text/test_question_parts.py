"""How a message that asks several things is parted."""

from __future__ import annotations

import pytest

from text.question_parts import needs_subject, question_parts, with_subject


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (
            "What does a full membership cost, and by when do I have to pay it?",
            ["What does a full membership cost?", "by when do I have to pay it?"],
        ),
        ("What's the Wi-Fi called and where is the shower?", ["What's the Wi-Fi called?", "where is the shower?"]),
        (
            "What time does the course start, how much is it, and are there places left?",
            ["What time does the course start?", "how much is it?", "are there places left?"],
        ),
        ("When is the gate locked? Who has a key?", ["When is the gate locked?", "Who has a key?"]),
        ("I lost my key. What do I pay? Whom do I tell?", ["I lost my key. What do I pay?", "Whom do I tell?"]),
        ("茶会几点开始？要自己带什么？", ["茶会几点开始？", "要自己带什么？"]),
        ("除夕几点开始包饺子，几点开饭？", ["除夕几点开始包饺子？", "几点开饭？"]),
        ("中文之夜是几点到几点？带队的是谁？", ["中文之夜是几点到几点？", "带队的是谁？"]),
    ],
)
def test_two_questions_are_parted(message: str, parts: list[str]) -> None:
    assert question_parts(message) == parts


@pytest.mark.parametrize(
    "message",
    [
        "When is the gate locked?",
        "Which is cheaper for 12 visits a month, ten-visit tickets or the monthly pass?",
        "Who may use the bandsaw and the planer?",
        "If I come at nine and stay until ten, what do I pay?",
        "Write a short poem about boats and what they carry.",
        "What do I need to know about who and when?",
        "借的工具晚还一天，要付多少钱？",
        "林悦和陈伟是谁？",
        "Good morning!",
        "",
    ],
)
def test_one_question_stays_whole(message: str) -> None:
    assert question_parts(message) == [message]


def test_a_part_with_a_pronoun_needs_its_subject() -> None:
    assert needs_subject("by when do I have to pay it?")
    assert needs_subject("几点开饭？")
    assert not needs_subject("where is the shower on the campsite?")


def test_a_question_that_needs_its_subject_stands_behind_the_one_before() -> None:
    assert with_subject("那周日呢？", "周六几点开门？") == "周六几点开门？ 那周日呢？"
    assert with_subject("where is the shower?", "") == "where is the shower?"
