from __future__ import annotations

import pytest

from knowledge.errors import DocumentError
from knowledge.faq.import_file import read_qa_pairs


@pytest.mark.parametrize("opened", ['"Question 5?,Answer 5.', 'Question 5?,"Answer 5.'])
def test_an_open_quotation_mark_costs_one_pair(opened: str) -> None:
    lines = ["question,answer", *(f"Question {n}?,Answer {n}." for n in range(1, 99))]
    lines[5] = opened
    read = read_qa_pairs("\n".join(lines).encode(), "faq.csv")
    assert [pair.line for pair in read.pairs] == [line for line in range(2, 100) if line != 6]
    [problem] = read.problems
    assert problem.line == 6
    assert "quotation mark" in problem.sentence


def test_a_malformed_head_is_read_or_refused_in_a_sentence() -> None:
    assert len(read_qa_pairs(b'"question,answer\nWhy?,So.\n', "faq.csv").pairs) == 1
    with pytest.raises(DocumentError, match="there are no columns"):
        read_qa_pairs(b'"quest,answer\nWhy?,So.\n', "faq.csv")


@pytest.mark.parametrize("text", ["question;answer\n{}", "question\tanswer\n{}", "sep=;\nquestion;answer\n{}"])
def test_any_delimiter_will_do(text: str) -> None:
    delimiter = "\t" if "\t" in text else ";"
    read = read_qa_pairs(
        text.format(f"Wann schließt das Tor?{delimiter}Um 22:15, spätestens.").encode("cp1252"), "faq.csv"
    )
    assert [pair.pair.answer for pair in read.pairs] == ["Um 22:15, spätestens."]
    assert not read.problems


def test_a_title_above_the_head_is_passed_over() -> None:
    read = read_qa_pairs(b"Our answers\n\nNumber,Question,Answer\n1,Why?,So.\n", "faq.csv")
    assert [(pair.line, pair.pair.questions) for pair in read.pairs] == [(4, ("Why?",))]
