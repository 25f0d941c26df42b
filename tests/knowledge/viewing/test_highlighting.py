from __future__ import annotations

import pytest

from knowledge.viewing.highlighting import highlight


def shown(text: str, *said: str) -> str:
    """`text` with its marks in square brackets."""
    parts, at = [], 0
    for start, end in highlight(text, said):
        parts += [text[at:start], "[", text[start:end], "]"]
        at = end
    return "".join([*parts, text[at:]])


def test_words_are_marked_by_their_stems_as_the_search_finds_them() -> None:
    assert shown("The club refunded two tickets.", "Do clubs refund a ticket?") == "The [club refunded] two [tickets]."


def test_words_of_the_answer_are_marked_too() -> None:
    text = "Members borrow a tool for seven days. Late tools cost £2."
    assert shown(text, "How long?", "Seven days.") == "Members borrow a tool for [seven days]. Late tools cost £2."


def test_stop_words_are_marked_only_between_other_matches() -> None:
    text = "It is the rule: borrow a tool for a week, and it is fine."
    assert (
        shown(text, "May I borrow the tool for a week?")
        == "It is the rule: [borrow a tool for a week], and it is fine."
    )


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("Open until 18:00 on weekdays.", "It is open until 20:00.", "[Open] until 18:00 on weekdays."),
        ("Open until 20:00 on weekdays.", "It is open until 20:00.", "[Open until 20:00] on weekdays."),
        ("It costs 1,250.50 in all.", "1,250.50", "It costs [1,250.50] in all."),
        ("It costs 1,250.50 in all.", "It costs 1,300.50", "It [costs] 1,250.50 in all."),
    ],
)
def test_a_number_is_marked_as_a_whole_or_not_at_all(text: str, said: str, expected: str) -> None:
    assert shown(text, said) == expected


def test_chinese_is_marked_by_pairs_of_characters() -> None:
    text = "每月第二个星期六，下午三点是中文工坊日。"
    assert shown(text, "中文工坊日是什么时候？", "星期六下午") == "每月第二个[星期六]，[下午]三点是[中文工坊日]。"


def test_words_of_every_chinese_question_are_not_marked() -> None:
    assert shown("什么时候都可以来。", "什么时候可以来？") == "什么时候都可以来。"


def test_latin_words_within_chinese_are_marked() -> None:
    assert shown("请用GitHub登录论坛。", "How do I use github?", "登录") == "请用[GitHub登录]论坛。"


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("🙂臺灣的①圖書館，Ｂ棟。", "台湾图书馆在b栋吗？", "🙂[臺灣]的①[圖書館]，[Ｂ]棟。"),
        ("台湾的图书馆", "臺灣有幾個圖書館？", "[台湾]的[图书馆]"),
        ("這個時候都可以來。", "这个时候可以来？", "這個時候都可以來。"),
    ],
)
def test_simplified_and_traditional_characters_mark_each_other(text: str, said: str, expected: str) -> None:
    assert shown(text, said) == expected


def test_one_chinese_character_is_found() -> None:
    assert shown("猫在家。", "猫？") == "[猫]在家。"


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("ＡＰＩ und ﬁre", "api fire", "[ＡＰＩ] und [ﬁre]"),
        ("Café at noon", "cafe", "[Café] at noon"),
        ("STRASSE und Straße", "straße", "[STRASSE] und [Straße]"),
        ("① boat ㎏", "1 kg", "[①] boat [㎏]"),
        ("🙂 tools 🙂", "tool", "🙂 [tools] 🙂"),
    ],
)
def test_marks_are_at_the_original_positions_whatever_the_form(text: str, said: str, expected: str) -> None:
    assert shown(text, said) == expected


def test_a_passage_that_holds_the_signs_of_marks_moves_none() -> None:
    assert shown("\x02evil\x03 fire \x00 fires", "fire") == "\x02evil\x03 [fire \x00 fires]"


@pytest.mark.parametrize("said", ["", "?!", '"', "a OR", "NEAR(", "*", "x" * 5000, "的 " * 2000, "the of and"])
def test_no_question_breaks_the_marking(said: str) -> None:
    assert highlight("Members water plants on Mondays.", [said, said]) == ()


def test_lines_are_marked_each_for_itself() -> None:
    assert shown("borrow\n\ntool", "borrow tool") == "[borrow]\n\n[tool]"


def test_a_sentence_that_the_answer_quotes_is_marked_whole_and_nothing_else() -> None:
    text = "Members borrow a tool for **seven** days. A tool that is late costs £2 a day."
    answer = "A tool that is late costs £2 a day. [1]"
    assert shown(text, "What does a late tool cost?", answer) == (
        "Members borrow a tool for **seven** days. [A tool that is late costs £2 a day.]"
    )
    assert shown(text, "How long?", r"Members borrow a tool for \*\*seven\*\* days. [1]").startswith("[Members")
    assert (
        shown("带狗可以进入大厅的一楼。猫不可以。", "狗？", "带狗可以进入大厅的一楼。 [1]")
        == "[带狗可以进入大厅的一楼。]猫不可以。"
    )


def test_of_a_quotation_with_its_context_only_what_is_in_bold_is_marked() -> None:
    text = "It opens on Tuesday at nine. It is closed on Sunday and Monday. Knock hard at the gate."
    answer = "It opens on Tuesday at nine. **It is closed on Sunday and Monday.** Knock hard at the gate. [1]"
    assert shown(text, "Is it open on Sundays?", answer) == (
        "It opens on Tuesday at nine. [It is closed on Sunday and Monday.] Knock hard at the gate."
    )


def test_words_that_stand_everywhere_are_marked_only_in_the_sentence_that_shares_most() -> None:
    text = (
        "Borrowing tools. Members may borrow hand tools for seven days. Power tools may be borrowed after an "
        "introduction. Late tools cost two pounds, and borrowed tools are the member's own risk."
    )
    assert shown(text, "How long can members borrow a tool?", "Tools: for seven days.") == (
        "Borrowing tools. [Members may borrow] hand [tools for seven days]. Power tools may be borrowed after an "
        "introduction. Late tools cost two pounds, and borrowed tools are the member's own risk."
    )


def test_few_shared_words_are_marked_wherever_they_stand() -> None:
    text = "Tools are in the shed behind the old boathouse. Members who are new to the club ask the warden for tools."
    assert shown(text, "Which tools?") == text.replace("Tools", "[Tools]").replace("tools", "[tools]")


def test_in_chinese_too_only_the_sentence_that_shares_most_is_marked() -> None:
    text = "借工具。会员借工具可以借七天。借来的工具要擦干净。"
    assert (
        shown(text, "会员借工具可以借多久？", "会员借工具七天。")
        == "借工具。[会员借工具]可以借[七天]。借来的工具要擦干净。"
    )
