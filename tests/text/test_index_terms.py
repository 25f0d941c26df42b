from __future__ import annotations

from text.index_terms import MAX_QUERY_TERMS, asked_terms, indexable, question_terms, search_terms


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


def asked(question: str, *known: str) -> list[str]:
    """The expressions that a question is looked up by, where an index has these terms and phrases."""
    return [term.expression for term in asked_terms(question, lambda term: term.strip('"') in known)]


def test_a_code_and_a_version_are_indexed_whole_and_in_parts() -> None:
    assert indexable("E-4017 or 2.10, Wi-Fi") == "e 4017 e4017 or 2 10 2.10 wi fi wifi"


def test_a_name_and_an_emoji_have_terms_of_their_own() -> None:
    assert indexable("write to IT ✅") == "write to it it_ u2705"
    assert asked("reach IT ✅", "it_", "u2705") == ['"reach"', '"it_"', '"u2705"']
    assert asked("reach IT ✅") == ['"reach"', '"it"']


def test_a_version_is_looked_up_whole_and_a_code_also_as_a_phrase() -> None:
    assert asked("version 2.10") == ['"version"', '"2.10"']
    assert asked("code E-4017") == ['"code"', '"e4017" OR "e 4017"']
    assert asked("code E 4017", "e4017") == ['"code"', '"e4017" OR "e 4017"']
    assert asked("row E 4017") == ['"row"', '"e"', '"4017"']


def test_a_word_is_looked_up_as_the_index_spells_it() -> None:
    assert asked("lifejackets", "life jackets") == ['"lifejackets" OR "life jackets"']
    assert asked("life jackets", "lifejackets") == ['"life" OR "lifejackets"', '"jackets" OR "lifejackets"']
    assert asked("log in", "login") == ['"log" OR "login"', '"in" OR "login"']
    assert asked("e-mail", "email") == ['"e" OR "email"', '"mail" OR "email"']
    assert asked("10mm") == ['"10mm" OR "10 mm"']
    assert asked("at a part", "apart", "ata") == ['"at"', '"a"', '"part"']


def test_words_that_only_ask_are_known_as_such() -> None:
    terms = asked_terms("When is the gate locked, 请问大门几点锁", lambda _: False)
    assert [term.expression for term in terms if not term.asks] == ['"gate"', '"locked"', '"大门"', '"点锁"']


def test_an_identifier_that_no_text_has_leaves_its_parts_to_be_searched() -> None:
    [term] = asked_terms("E-4017", lambda _: False)
    assert (term.is_identifier, term.parts) == (True, ('"e"', '"4017"'))
