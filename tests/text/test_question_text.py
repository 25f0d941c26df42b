"""What a person typed becomes what is searched for: courtesies, markup and invisible characters are gone."""

from __future__ import annotations

import pytest

from text.question_text import asked_text


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("hey bot, good morning, when is the gate locked please? thanks :)", "when is the gate locked?"),
        (
            "Sorry to bother you, I am new here and I was just wondering when the gate is locked",
            "when the gate is locked",
        ),
        (
            "Hello there! Could you please tell me when the gate is locked? Thank you so much!",
            "when the gate is locked?",
        ),
        ("Sorry if this has been asked before, but how long may I keep it?", "how long may I keep it?"),
        ("Quick question - what does a hot shower cost? Cheers", "what does a hot shower cost?"),
        ("hi all 👋 does anyone know who the treasurer is? 🙏", "who the treasurer is? 🙏"),
        ("Where can I park? Many thanks in advance, have a nice day!", "Where can I park?"),
        ("Are beginners allowed to sail? I'm new here", "Are beginners allowed to sail?"),
        ("When is the gate locked? \N{ZERO WIDTH SPACE}", "When is the gate locked?"),
        ("When is the ga\N{SOFT HYPHEN}te lock\N{ZERO WIDTH NON-JOINER}ed?", "When is the gate locked?"),
        ("\N{LEFT-TO-RIGHT MARK}When is the **gate** locked?", "When is the gate locked?"),
        ("When is the [gate](https://example.org/gate) locked <@123>?", "When is the gate locked?"),
        ("大家好，请问大门几点锁？谢谢", "大门几点锁？"),
        ("麻烦问一下大门几点锁", "大门几点锁"),
        ("你好，我是新来的，想问一下大门几点锁门，谢谢大家！", "大门几点锁门"),
        ("不好意思打扰一下，请问WiFi密码是什么？", "WiFi密码是什么？"),
        ("大門幾點鎖啊，在線等，急！", "大門幾點鎖啊"),
        ("大门几点锁谢谢", "大门几点锁"),
        ("有没有人知道怎么报名", "怎么报名"),
    ],
)
def test_what_is_only_polite_is_left_out(typed: str, asked: str) -> None:
    assert asked_text(typed) == asked
    assert asked_text(asked) == asked


@pytest.mark.parametrize(
    "typed",
    [
        "thanks!",
        "Hello bot",
        "hi, how are you?",
        "Thanks, that helped!",
        "please",
        "谢谢大家",
        "请问",
        "在吗？",
    ],
)
def test_a_message_that_is_nothing_but_polite_stays_as_it_is(typed: str) -> None:
    assert asked_text(typed) == typed


@pytest.mark.parametrize(
    "typed",
    [
        "When is the gate locked?",
        "First line\nsecond line?",
        "Hello World tutorial, where is it?",
        "When is the Good Morning Breakfast?",
        "How do I say thank you in Chinese?",
        "Who do I give my thanks to?",
        "Who said sorry to the board?",
        "Is 'please' required in the form?",
        "Can I ask the committee for a key?",
        "Will you tell the members when it opens?",
        "Can you help my friend?",
        "I'm new, what should I read first?",
        "see rule 8) and tell me what it means",
        "What does __init__ do?",
        "What does 谢谢 mean?",
        "你好的英文是什么？",
        "对不起怎么说",
        "哪些事情最急",
        "如何求解",
        "在哪里求助",
        "会不会很麻烦",
        "请教练费用多少",
        "求助热线是多少",
        "麻烦的事情找谁",
        "谁照看灰燕鸥号？",
    ],
)
def test_a_question_about_courtesies_or_without_any_is_unchanged(typed: str) -> None:
    assert asked_text(typed) == typed


@pytest.mark.parametrize(
    "repeated", ["hi ", "sorry for ", "please ", "a, ", "thanks ", "大家好", "very new here and ", ":) "]
)
@pytest.mark.timeout(30)
def test_a_message_of_repeated_courtesies_is_read_in_time(repeated: str) -> None:
    assert asked_text(repeated * (4000 // len(repeated)))
