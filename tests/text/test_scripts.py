from __future__ import annotations

import pytest

from text.scripts import holds_cjk, holds_han, is_chinese, is_cjk, same_script


@pytest.mark.parametrize(
    ("text", "chinese", "cjk"),
    [
        ("怎么停船？", True, True),
        ("怎么用 GitHub 登录 Discord", True, True),
        ("What does 停泊 mean in the harbour handbook?", False, False),
        ("コードはどこですか", False, True),
        ("港の料金はいくらですか", True, True),
        ("𠮷𠮷", True, True),
        ("12:30 ???", False, False),
        ("", False, False),
    ],
)
def test_a_quarter_of_the_letters_says_what_a_text_is_written_in(text: str, chinese: bool, cjk: bool) -> None:
    assert is_chinese(text) is chinese
    assert is_cjk(text) is cjk


def test_a_single_character_is_enough_to_be_there() -> None:
    assert holds_han("see 港")
    assert not holds_han("see コード")
    assert holds_cjk("see コード")
    assert not holds_cjk("see the harbour")


@pytest.mark.parametrize(
    ("a", "b", "one"),
    [
        ("How long?", "Seven days, says Ravi.", True),
        ("怎么用 GitHub 登录 Discord？", "先点右上角的按钮。", True),
        ("怎么用 GitHub 登录？", "Sign in with GitHub.", False),
        ("Who is the author of 紅樓夢?", "A novel in Chinese: 红楼梦", True),
        ("308?", "308", True),
    ],
)
def test_texts_are_same_script_whatever_names_they_hold(a: str, b: str, one: bool) -> None:
    assert same_script(a, b) is one
