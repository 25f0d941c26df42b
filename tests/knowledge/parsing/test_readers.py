"""Files as people make them, of each format: their text, their tables, and the place that each passage names."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from openpyxl import Workbook

from knowledge.chunking.splitter import CHUNK_WEIGHT, split_document, weigh
from knowledge.errors import DocumentError, Reason
from knowledge.parsing.loader import LoadedDocument, load_document
from knowledge.types import Chunk, LeftOut, LeftOutKind
from tests.knowledge.office_files import budget, long_price_list, notebook, saved, slide_deck, word_handbook

LIMIT = 10 * 1024**2


def read(data: bytes, name: str) -> LoadedDocument:
    return load_document(data, name, LIMIT)


def chunks_of(data: bytes, name: str) -> list[Chunk]:
    return split_document(read(data, name), "s")


def only_text(data: bytes, name: str) -> str:
    (section,) = read(data, name).sections
    return section.text


def saying(chunks: list[Chunk], words: str) -> Chunk:
    (found,) = (chunk for chunk in chunks if words in chunk.text)
    return found


def test_a_word_file_keeps_headings_lists_tables_and_image_descriptions() -> None:
    chunks = chunks_of(word_handbook(), "handbook.docx")
    fees = saying(chunks, "Fees are due")
    assert fees.place.heading == "Harbour handbook › Fees"
    assert "| Boat | Season | Fee |\n| --- | --- | --- |\n| Dinghy | summer | £40 |" in fees.text
    assert "| Dinghy | winter | £15 |" in fees.text, "a cell over two rows stands in both"
    assert "| Yacht \\| large | all | £300 |" in fees.text
    refunds = saying(chunks, "* Within 14 days: all of it")
    assert (refunds.place.heading, refunds.place.line) == ("Harbour handbook › Fees › Refunds", None)
    assert saying(chunks, "A map of the quay").place.heading == "Harbour handbook › Map"
    assert saying(chunks, "Harbour club, confidential").place.heading is None, "a header is read once, before the text"


def test_a_presentation_is_cited_by_its_slides() -> None:
    document = read(slide_deck(), "regatta.pptx")
    assert (document.page_count, [section.page for section in document.sections]) == (4, [1, 2, 3])
    first, second, third = split_document(document, "s")
    assert (first.place.page, first.place.heading) == (1, "Regatta 2026")
    assert "- Starts on 4 July\n  - Skippers meet at eight" in first.text
    assert "> Remind everyone of the tide table." in first.text
    assert "| Class | Crew |\n| --- | --- |\n| Optimist | 1 |" in second.text
    assert "Two boats at the buoy" in second.text
    assert "|  | Juniors |\n| --- | --- |\n| 2024 | 31 |" in third.text
    assert "Thirteen more juniors" in third.text


def test_a_workbook_is_cited_by_sheet_title_and_row() -> None:
    chunks = chunks_of(budget(), "budget.xlsx")
    fees = saying(chunks, "Crane")
    assert (fees.place.heading, fees.place.line) == ("Budget 2026 › Income and expenses", 3)
    assert "| Item | Spring Planned | Spring Spent | Autumn Planned | Autumn Spent |" in fees.text
    assert "| Crane | £1,200.00 | £1,150.50 | £0.00 | £0.00 |" in fees.text
    share = saying(chunks, "37.5%")
    assert (share.place.heading, share.place.line) == ("Budget 2026", 9)
    assert "| Juniors | 37.5% | 2026-03-01 |" in share.text
    rota = saying(chunks, "Grace")
    assert (rota.place.heading, rota.place.line) == ("Rota", 1)
    assert "| Saturday | 2026-05-02 14:00 | Grace |" in rota.text
    assert not any("4711" in chunk.text for chunk in chunks), "a hidden sheet stays hidden"


def test_a_long_sheet_repeats_its_head_above_each_part_and_names_its_row() -> None:
    chunks = chunks_of(long_price_list(400), "prices.xlsx")
    assert len(chunks) > 5
    for chunk in chunks:
        head, rule, first, *_ = chunk.text.split("\n")
        assert (head, rule) == ("| Part | Price |", "| --- | --- |")
        assert weigh(chunk.text) <= CHUNK_WEIGHT
        if chunk.ordinal:
            assert first.startswith(f"| Part {chunk.place.line} |")
    assert sum(chunk.text.count("| Part ") - 1 for chunk in chunks) == 400


def test_a_row_that_is_longer_than_a_passage_is_written_cell_by_cell() -> None:
    row = {f"question {n}": f"answer {n} " * 5 for n in range(60)}
    data = ",".join(row) + "\n" + ",".join(row.values())
    chunks = chunks_of(data.encode(), "survey.csv")
    assert max(weigh(chunk.text) for chunk in chunks) <= CHUNK_WEIGHT
    assert any("question 41: answer 41 answer 41" in chunk.text for chunk in chunks)
    assert {chunk.place.line for chunk in chunks if "question 41:" in chunk.text} == {2}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_is_a_table_whatever_parts_its_cells(delimiter: str) -> None:
    rows = [["Boat", "Size"], ["Dinghy", '"4\n5"'], ["Yacht", "12"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    assert only_text(text.encode(), "boats.csv") == "| Boat | Size |\n| --- | --- |\n| Dinghy | 4 5 |\n| Yacht | 12 |"
    assert read(text.encode(), "boats.csv").sections[0].numbers == (1, 1, 2, 4)


def test_a_title_above_a_csvs_table_is_its_heading() -> None:
    data = b"Mooring list\nExported on 3 May, by the office\n\nBerth,Holder,Fee\nA1,Heron,240\nA2,Teal,320\n"
    [chunk] = chunks_of(data, "moorings.csv")
    assert chunk.place.heading == "Mooring list"
    assert "| Berth | Holder | Fee |\n| --- | --- | --- |\n| A1 | Heron | 240 |" in chunk.text
    assert "Exported on 3 May, by the office" in chunk.text


def test_an_open_quotation_mark_in_a_csv_swallows_no_rows() -> None:
    lines = ["Boat,Length", *(f"Boat {n},{n} m" for n in range(1, 40))]
    lines[5] = '"Boat 5,5 m'
    assert only_text("\n".join(lines).encode(), "boats.csv").split("\n")[6:9] == [
        '| "Boat 5 | 5 m |',
        "| Boat 6 | 6 m |",
        "| Boat 7 | 7 m |",
    ]


def test_json_shows_the_path_of_each_value_and_keeps_numbers_as_written() -> None:
    data = '{"club": {"name": "Harbour", "founded": 1904, "version": 1.10}, "boats": [{"a b": [1, 2]}, {"x": [[3]]}]}'
    assert only_text(data.encode(), "club.json").strip().split("\n") == [
        "club.name: Harbour",
        "club.founded: 1904",
        "club.version: 1.10",
        "",
        'boats[0]."a b": 1, 2',
        "",
        "boats[1].x[0]: 3",
    ]


def test_json_lines_are_cited_by_their_line() -> None:
    lines = [json.dumps({"name": f"Boat {n}", "note": "It lies at the quay. " * 20}) for n in range(1, 6)]
    for chunk in chunks_of("\n".join(lines).encode(), "boats.jsonl"):
        if chunk.text.startswith("name: "):
            assert chunk.text.startswith(f"name: Boat {chunk.place.line}\n")
    with pytest.raises(DocumentError, match=r"x\.jsonl: line 3 can't be read") as caught:
        read(b'{"a": 1}\n\n{"a": \n{"a": 3}\n', "x.jsonl")
    assert caught.value.reason is Reason.CORRUPT


def test_a_notebook_is_cited_by_its_cells_with_what_the_code_printed() -> None:
    chunks = chunks_of(notebook(), "tides.ipynb")
    tides = saying(chunks, "statistics.mean")
    assert (tides.place.page, tides.place.heading) == (1, "Tides")
    assert "```python\nimport statistics\nstatistics.mean([1, 2, 4])\n```\n\n```\n2.3333333333333335\n```" in tides.text
    spring = saying(chunks, "after the new moon")
    assert (spring.place.page, spring.place.heading) == (3, "Tides › Spring tide")
    assert "NameError: name 'height' is not defined" in spring.text
    assert "Figure size" not in spring.text


PYTHON = '''"""Of a harbour."""


class Slip:
    """Where boats go out."""

    # Booked by the hour.
    @logged
    def book(self, hours: int) -> None:
{body}

    def free(self) -> bool:
        return self.booked == 0
'''


def test_code_is_cut_at_its_functions_and_cited_by_them() -> None:
    body = "\n".join(f"        self.log('step {n} of the booking is done', at={n})" for n in range(40))
    chunks = chunks_of(PYTHON.format(body=body).encode(), "slip.py")
    assert (chunks[0].place.line, chunks[0].place.heading) == (1, None)
    booking = [chunk for chunk in chunks if "of the booking" in chunk.text]
    assert len(booking) > 1
    assert booking[0].text.startswith("    # Booked by the hour.\n    @logged\n    def book(")
    assert booking[0].place.line == 7
    assert {chunk.place.heading for chunk in booking[:-1]} == {"class Slip › def book(self, hours: int) -> None"}
    free = saying(chunks, "def free")
    assert free.text.endswith("        return self.booked == 0")
    lines = PYTHON.format(body=body).split("\n")
    assert all(chunk.text.split("\n")[0] == lines[(chunk.place.line or 0) - 1] for chunk in chunks)


@pytest.mark.parametrize(
    ("name", "head", "path"),
    [
        ("a.go", "func (s *Slip) Book(hours int) error {", "func (s *Slip) Book(hours int) error"),
        ("a.rs", "pub fn book(hours: u32) -> bool {", "pub fn book(hours: u32) -> bool"),
        ("a.ts", "export const book = async (hours) => {", "export const book = async (hours) =>"),
        ("a.c", "static int book(struct slip *slip, int hours) {", "static int book(struct slip *slip, int hours)"),
        ("a.rb", "def book(hours)", "def book(hours)"),
        ("a.sh", "function book {", "function book"),
    ],
)
def test_a_piece_of_a_long_function_names_it_in_any_language(name: str, head: str, path: str) -> None:
    body = "\n".join(f"    log({n}, 'one more step of the booking')" for n in range(60))
    last = chunks_of(f"{head}\n{body}\n{'end' if name == 'a.rb' else '}'}\n".encode(), name)[-1]
    assert last.place.heading == path
    assert (last.place.line or 0) > 1


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.py", "class names are checked by the harbour master"),
        ("a.yaml", "object: boat"),
        ("a.c", "} else if (hours > 3) {"),
        ("a.js", "return book(hours, () => {"),
    ],
)
def test_what_only_begins_like_a_definition_is_none(name: str, head: str) -> None:
    body = "\n".join(f"    log({n}, 'one more step of the booking')" for n in range(60))
    assert {chunk.place.heading for chunk in chunks_of(f"{head}\n{body}\n".encode(), name)} == {None}


def test_code_keeps_its_indentation_and_loses_no_line() -> None:
    lines = [f"{'    ' * (n % 3)}call_{n}(argument={n})" for n in range(300)]
    pieces = [chunk.text for chunk in chunks_of("\n".join(lines).encode(), "a.py")]
    assert "\n".join(pieces).split("\n") == lines


def test_the_head_of_a_table_in_markdown_is_repeated_too() -> None:
    rows = "\n".join(f"| Boat {n} | {'long ' * 20}|" for n in range(30))
    chunks = chunks_of(
        f"# Boats\n\nWhat there is.\n\n| Boat | Note |\n|---|:--|\n{rows}\n\nAsk the quay.\n".encode(), "b.md"
    )
    parts = [chunk for chunk in chunks if "| Boat " in chunk.text]
    assert len(parts) > 2
    assert all(part.text.startswith("| Boat | Note |\n|---|:--|\n| Boat ") for part in parts)
    assert [chunk.place.line for chunk in (chunks[0], parts[0], parts[1], chunks[-1])] == [3, 7, 14, 38]


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("a.doc", ".docx"),
        ("a.docm", ".docx"),
        ("a.xls", ".xlsx"),
        ("a.ods", ".xlsx"),
        ("a.odp", ".pptx"),
        ("a.fodt", ".odt"),
        ("a.mobi", ".epub"),
        ("a.msg", ".eml"),
        ("a.ass", ".srt"),
    ],
)
def test_an_unread_format_says_what_to_save_it_as(name: str, better: str) -> None:
    with pytest.raises(DocumentError, match=rf"save it as \{better}$") as caught:
        read(b"text", name)
    assert caught.value.reason is Reason.UNSUPPORTED


def test_commas_in_the_cells_of_a_tsv_are_only_commas() -> None:
    data = "Name, given\tFee, yearly\n陈, 敏\t40, cash\nLindqvist, Ada\t90, card\n".encode()
    (chunk,) = chunks_of(data, "fees.tsv")
    assert chunk.text.split("\n")[0] == "| Name, given | Fee, yearly |"
    assert chunk.text.split("\n")[-1] == "| Lindqvist, Ada | 90, card |"


def test_a_workbook_with_macros_is_read_like_one_without() -> None:
    plain, macros = chunks_of(budget(), "budget.xlsx"), chunks_of(budget(), "budget.xlsm")
    assert [chunk.text for chunk in macros] == [chunk.text for chunk in plain]


def test_a_file_under_a_wrong_name_says_what_it_is() -> None:
    with pytest.raises(DocumentError, match="the file is really an Excel file") as caught:
        read(budget(), "budget.docx")
    assert caught.value.reason is Reason.MISNAMED


def test_cells_of_several_lines_are_one_row_each() -> None:
    book = Workbook()
    for number in range(12):
        book.active.append([f"Note {number}\nsecond line\nthird line"])
    chunks = chunks_of(saved(book), "notes.xlsx")
    assert saying(chunks, "Note 11 second line third line").place.line is not None


def test_a_chart_that_cannot_be_read_costs_no_other_shape_and_is_told() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(slide_deck())) as deck, zipfile.ZipFile(held, "w") as changed:
        for name in deck.namelist():
            changed.writestr(name, deck.read(name).replace(b"c:ser>", b"c:nothing>"))
    chunks = chunks_of(held.getvalue(), "season.pptx")
    assert not any("Juniors" in chunk.text for chunk in chunks)
    assert LeftOut(LeftOutKind.CHART) in read(held.getvalue(), "season.pptx").left_out
    assert saying(chunks, "Thirteen more juniors").place.page == 3
