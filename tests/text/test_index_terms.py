from __future__ import annotations

from text.index_terms import MAX_QUERY_TERMS, indexable, question_terms, search_terms


def test_chinese_becomes_pairs_and_words_stay() -> None:
    assert question_terms("借书证 costs 5元?") == ['"借书"', '"书证"', '"costs"', '"5"', '"元"']


def test_single_characters_are_searched_by_behind_all_else() -> None:
    assert search_terms("借书 5元") == ['"借书"', '"5"', '"元"', '"借"', '"书"']


def test_chinese_is_indexed_by_pairs_and_by_characters() -> None:
    assert indexable("我爱猫。猫") == "我爱 爱猫 我 爱 猫 猫"


def test_full_width_and_case_make_no_difference() -> None:
    assert question_terms("ＡＰＩ") == question_terms("api")


def test_a_term_counts_once() -> None:
    assert question_terms("Is it? It is.") == ['"is"', '"it"']


def test_operators_of_the_query_language_are_plain_words() -> None:
    assert question_terms('a" OR NEAR(b*) -c') == ['"a"', '"or"', '"near"', '"b"', '"c"']


def test_signs_alone_are_no_question() -> None:
    assert question_terms("?!… 🙂") == []


def test_a_long_question_is_cut() -> None:
    assert len(question_terms(" ".join(str(n) for n in range(5000)))) == MAX_QUERY_TERMS
