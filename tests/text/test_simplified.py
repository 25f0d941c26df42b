from __future__ import annotations

from text.index_terms import indexable, question_terms, search_terms
from text.simplified import simplified

TRADITIONAL = "圖書館借書證可以借閱三十天，遺失要繳罰款。"
SIMPLIFIED = "图书馆借书证可以借阅三十天，遗失要缴罚款。"


def test_each_traditional_character_has_one_simplified_form() -> None:
    assert simplified(TRADITIONAL) == SIMPLIFIED
    assert simplified("著名 臺灣 裏面 衞生 English 🙂") == "着名 台湾 里面 卫生 English 🙂"


def test_simplifying_twice_changes_nothing_more() -> None:
    every = "".join(map(chr, range(0x3000, 0x20000)))
    once = simplified(every)
    assert len(once) == len(every)
    assert simplified(once) == once != every


def test_both_scripts_have_the_same_terms() -> None:
    assert indexable(TRADITIONAL) == indexable(SIMPLIFIED)
    assert question_terms(TRADITIONAL) == question_terms(SIMPLIFIED)
    assert search_terms(TRADITIONAL) == search_terms(SIMPLIFIED)
