"""Citations that are true of the passages, whatever the model wrote."""

from __future__ import annotations

from chains.citations import cite


def test_the_passage_that_covers_the_answer_is_cited_where_the_model_cited_none(a_passage) -> None:
    evidence = [a_passage("Dogs are welcome on deck.", 1), a_passage("Mooring costs two euros a night.", 2)]
    assert cite("Mooring costs two euros.", evidence) == "Mooring costs two euros. [2]"


def test_a_citation_that_exists_is_kept_and_none_is_added(a_passage) -> None:
    evidence = [a_passage("Dogs are welcome.", 1), a_passage("Mooring costs two euros.", 2)]
    assert cite("Mooring costs two euros [2].", evidence) == "Mooring costs two euros [2]."


def test_a_citation_of_a_passage_that_was_not_given_is_removed(a_passage) -> None:
    assert cite("Dogs are welcome [7].", [a_passage("Dogs are welcome.")]) == "Dogs are welcome. [1]"


def test_an_answer_that_shares_nothing_with_the_passages_cites_none(a_passage) -> None:
    assert cite("Quokkas wave happily.", [a_passage("Mooring costs two euros.")]) == "Quokkas wave happily."


def test_chinese_is_compared_by_pairs_of_characters(a_passage) -> None:
    evidence = [a_passage("狗可以上船。", 1), a_passage("停泊费每晚两欧元。", 2)]
    assert cite("每晚两欧元。", evidence) == "每晚两欧元。 [2]"


def test_without_passages_a_bracketed_number_is_no_citation() -> None:
    assert cite("See [1].", []) == "See."
