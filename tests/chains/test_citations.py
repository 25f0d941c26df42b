"""Citations that are true of the passages, whatever the model wrote."""

from __future__ import annotations

import pytest

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


def test_what_was_written_without_passages_is_left_as_it_is() -> None:
    assert cite("See [1], and use `names[0]`. [2]", []) == "See [1], and use `names[0]`. [2]"


@pytest.mark.parametrize(
    "code",
    [
        "`names[0]`",
        "``a ` names[7]``",
        "\n```py\nnames[0] = rows[12]\n```",
        "\n~~~\na[9]\n~~~",
        "\n````\n```\na[9]\n```\n````",
        "names[0]",
        "[9](https://example.org)",
    ],
)
def test_an_index_in_code_and_a_link_are_no_citations(a_passage, code: str) -> None:
    evidence = [a_passage("Use the first name of the list.")]
    assert cite(f"Use the first name [1] [8]: {code}", evidence) == f"Use the first name [1]: {code}"


def test_code_does_not_count_as_cited(a_passage) -> None:
    evidence = [a_passage("The crew is large."), a_passage("Use the first name of the list.", 1)]
    answer = "Use the first name of the list: `names[1]`"
    assert cite(answer, evidence) == f"{answer} [2]"


@pytest.mark.parametrize(
    ("end", "cited"),
    [
        ("```\nlist\n```", "```\nlist\n```\n[1]"),
        ("| list |\n| --- |\n| name |", "| list |\n| --- |\n| name |\n\n[1]"),
        ("```\nlist", "```\nlist"),
    ],
)
def test_a_citation_breaks_no_code_block_and_no_table(a_passage, end: str, cited: str) -> None:
    start = "Use the first name of the list:\n"
    assert cite(start + end, [a_passage("Use the first name of the list.")]) == start + cited
