from __future__ import annotations

import pytest

from tests.growth import takes_no_quadratic_time
from text.csv_reader import CsvTable, column_name, read_csv


def table(text: str, *names: set[str]) -> CsvTable:
    found = read_csv(text, names)
    assert found is not None
    return found


def cells(text: str) -> list[tuple[str, ...]]:
    found = table(text)
    return [found.head.cells, *(row.cells for row in found.rows)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_rows_are_cut_at_whatever_delimiter_they_have(delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in (("boat", "size"), ("Dinghy", '"4\n5"'), ("Yacht", '"1""2"')))
    found = table(text)
    assert found.head.cells == ("boat", "size")
    assert [(row.line, row.cells) for row in found.rows] == [(2, ("Dinghy", "4\n5")), (4, ("Yacht", '1"2'))]


@pytest.mark.parametrize("declared", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_declared_delimiter_is_obeyed_and_is_no_row(declared: str) -> None:
    found = table(f"{declared}\na;b,c\n1;2,3\n")
    assert (found.head.line, found.head.cells) == (2, ("a", "b,c"))
    assert [(row.line, row.cells) for row in found.rows] == [(3, ("1", "2,3"))]


@pytest.mark.parametrize(
    "opened",
    [
        '"open,{n}',
        'open,"{n}',
        '"open,{n}"x',
        '"open," {n}"',
    ],
)
@pytest.mark.parametrize("quoted", [False, True])
def test_an_open_quotation_mark_costs_its_own_line_alone(opened: str, *, quoted: bool) -> None:
    lines = [f'"Q{n}","A{n}"' if quoted else f"Q{n},A{n}" for n in range(1, 99)]
    lines[4] = opened.format(n=5)
    rows = list(table("\n".join(["question,answer", *lines])).rows)
    assert [row.line for row in rows] == list(range(2, 100))
    assert [row.line for row in rows if row.is_broken] == [6]
    assert rows[5].cells == ("Q6", "A6")


def test_an_open_quotation_mark_that_a_later_one_closes_swallows_no_rows() -> None:
    rows = list(table('boat,length\n"Heron,5\nTeal,6\nGull,6"\nTern,7\n').rows)
    assert [(row.line, row.is_broken) for row in rows] == [(2, True), (3, False), (4, False), (5, False)]


def test_a_cell_of_several_lines_is_whole_in_a_short_row_too() -> None:
    found = table('boat,note,fee\nHeron,"old,\nbut dry"\nTeal,new,5\n')
    assert [row.cells for row in found.rows] == [("Heron", "old,\nbut dry"), ("Teal", "new", "5")]


def test_a_broken_header_is_cut_at_its_delimiters() -> None:
    found = table('"question,answer\nQ1,A1\n', {"question", "answer"})
    assert [column_name(cell) for cell in found.head.cells] == ["question", "answer"]
    assert [row.cells for row in found.rows] == [("Q1", "A1")]


@pytest.mark.parametrize(
    ("above", "count"),
    [
        ("Moorings\n", 1),
        ("Moorings,,\n", 1),
        ("Moorings\nExported on 3 May\n\n", 2),
        ("Moorings, spring\n\n", 1),
        ("", 0),
    ],
)
def test_titles_above_the_header_are_recognised(above: str, count: int) -> None:
    found = table(above + "berth,holder,fee\nA1,Heron,240\nA2,Teal,320\n")
    assert (len(found.titles), found.head.cells) == (count, ("berth", "holder", "fee"))


def test_a_table_of_one_column_and_rows_of_one_cell_have_no_titles() -> None:
    assert cells("berth\nA1\nA2\n") == [("berth",), ("A1",), ("A2",)]
    assert cells("a,b\n1\n2\n3,4\n")[0] == ("a", "b")


def test_the_header_is_recognised_by_its_names_whatever_is_above_it() -> None:
    found = table("Our questions, in short\n Question ;ANSWER\nWhy, and how?;So.\n", {"question", "answer"})
    assert (found.head.line, found.head.cells) == (2, (" Question ", "ANSWER"))


def test_nothing_but_delimiters_is_no_table() -> None:
    assert read_csv(",,,\n\n,,\n") is None
    assert read_csv("") is None


def test_a_cell_may_be_as_long_as_the_file() -> None:
    long = "x" * 200_000
    assert cells(f'a,b\n"{long}",1\n')[1] == (long, "1")


@pytest.mark.parametrize("line", ['"x', '"x","', '"x,1\n""', '"1,2\n3"', '"""'])
def test_no_quotation_marks_take_quadratic_time(line: str) -> None:
    assert takes_no_quadratic_time(lambda n: list(table("a,b\n" + f"{line}\n" * n).rows), 20_000)
