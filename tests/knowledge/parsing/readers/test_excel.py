"""Workbooks as their authors see them: formats, formulas, hidden parts, tables side by side, notes and links."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, time, timedelta

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from knowledge.parsing.readers.excel import read_excel
from tests.knowledge.office_files import saved
from tests.knowledge.parsing.readers.reading import Reading, read
from tests.knowledge.parsing.readers.word_files import NAMESPACES, relations_xml


def sheet_of(*rows: tuple[object, ...]) -> Worksheet:
    sheet = Workbook().active
    for row in rows:
        sheet.append(row)
    return sheet


def reading_of(sheet: Worksheet) -> Reading:
    return read(read_excel, saved(sheet.parent))


def edited(sheet: Worksheet, old: str, new: str, *, flat: str = "", **parts: str) -> bytes:
    """Return the workbook with its sheet's XML changed, and with further parts; `flat` begins a row of no height."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(sheet.parent))) as book, zipfile.ZipFile(held, "w") as changed:
        for name in book.namelist():
            data = book.read(name)
            if name == "xl/worksheets/sheet1.xml":
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode())
                data = data.replace(flat.encode(), f'{flat} ht="0" customHeight="1"'.encode()) if flat else data
            changed.writestr(name, data)
        for name, xml in parts.items():
            changed.writestr(name, xml)
    return held.getvalue()


def test_a_formula_without_a_stored_value_is_shown_and_counted() -> None:
    sheet = sheet_of(
        ("Berth", "Length", "Rate", "Fee"),
        ("A1", 6, 40, "=B2*C2"),
        ("A2", 8, 40, "=B3*C3"),
        ("Sum", None, None, "=SUM(D2:D3)"),
    )
    got = reading_of(sheet)
    assert "| A1 | 6 | 40 | =B2\\*C2 |\n" in got.text.replace("=B2*C2", "=B2\\*C2")
    assert "| Sum |  |  | =SUM(D2:D3) |" in got.text
    assert got.left_out == {"formula": 3}


def test_a_formula_with_a_value_shows_the_value_even_an_empty_text() -> None:
    sheet = sheet_of(("Berth", "Fee", "Note"), ("A1", "=B9", "=C9"))
    data = edited(sheet, '<c r="B2"><f>B9</f><v></v></c>', '<c r="B2"><f>B9</f><v>240</v></c>')
    got = read(read_excel, data)
    assert "| A1 | 240 | =C9 |" in got.text
    empty = edited(sheet, '<c r="C2"><f>C9</f><v></v></c>', '<c r="C2" t="str"><f>C9</f><v></v></c>')
    assert read(read_excel, empty).left_out == {"formula": 1}


def test_a_formula_shared_by_several_cells_is_shown_for_each() -> None:
    sheet = sheet_of(("Length", "Fee"), (6, "=A2*40"), (8, "=A3*40"))
    data = edited(
        sheet,
        '<c r="B2"><f>A2*40</f><v></v></c>',
        '<c r="B2"><f t="shared" ref="B2:B3" si="0">A2*40</f></c>',
    )
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        xml = book.read("xl/worksheets/sheet1.xml").decode()
    again = xml.replace('<c r="B3"><f>A3*40</f><v></v></c>', '<c r="B3"><f t="shared" si="0"/></c>')
    assert again != xml
    got = read(read_excel, edited(sheet, xml_of(sheet), again))
    assert "| 6 | =A2*40 |\n| 8 | =A3*40 |" in got.text
    assert got.left_out == {"formula": 2}


def xml_of(sheet: Worksheet) -> str:
    with zipfile.ZipFile(io.BytesIO(saved(sheet.parent))) as book:
        return book.read("xl/worksheets/sheet1.xml").decode()


def test_hidden_rows_and_columns_are_left_out_and_the_table_stays_whole() -> None:
    sheet = sheet_of(
        ("Course", "Price", "Our cost", "Seats"),
        ("Knots", 30, 11, 8),
        ("Sails (withdrawn)", 99, 50, 4),
        ("Radio", 55, 20, 6),
    )
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    sheet.column_dimensions.group("F", "XFD", hidden=True)
    got = reading_of(sheet)
    assert got.text.split("\n")[1:5] == [
        "| Course | Price | Seats |",
        "| --- | --- | --- |",
        "| Knots | 30 | 8 |",
        "| Radio | 55 | 6 |",
    ]
    assert got.parts[0].numbers is not None
    assert got.parts[0].numbers[1:5] == (1, 1, 2, 4)
    assert got.left_out == {"hidden_row": 1, "hidden_column": 1}


def test_rows_and_columns_of_no_size_and_those_a_filter_hides_are_hidden() -> None:
    sheet = sheet_of(("Course", "Code", "Price"), ("Knots", 4471, 30), ("Sails", 4472, 99), ("Radio", 4473, 55))
    sheet.auto_filter.ref = "A1:C4"
    sheet.auto_filter.add_filter_column(0, ["Knots", "Radio"])
    sheet.row_dimensions[3].hidden = True
    sizes = '<cols><col min="2" max="2" width="0" customWidth="1"/></cols><sheetData>'
    data = edited(sheet, "<sheetData>", sizes, flat='<row r="4"')
    got = read(read_excel, data)
    assert got.text.split("\n")[1:4] == ["| Course | Price |", "| --- | --- |", "| Knots | 30 |"]
    assert got.left_out == {"hidden_row": 2, "hidden_column": 1}


def test_a_merged_cell_over_a_hidden_column_stays() -> None:
    sheet = sheet_of(("Item", "Spring", None, "Autumn"), ("Crane", 1, 2, 3), ("Paint", 4, 5, 6))
    sheet.merge_cells("B1:C1")
    sheet.column_dimensions["C"].hidden = True
    assert "| Item | Spring | Autumn |\n| --- | --- | --- |\n| Crane | 1 | 3 |" in reading_of(sheet).text


FORMATS = {
    "leading zeros": (471, "00000", "00471"),
    "two decimals": (40, "0.00", "40.00"),
    "thousands": (1234567, "#,##0", "1,234,567"),
    "a unit in quotes": (40, '0.0" kg"', "40.0 kg"),
    "a unit without quotes": (40, "0\\ \\m", "40 m"),
    "a word in front": (7, '"No. "0', "No. 7"),
    "currency behind": (1200, "#,##0.00\\ [$€-407]", "1,200.00 €"),
    "currency in front": (1200.5, "[$£-809]#,##0.00", "£1,200.50"),
    "accounting": (1200, '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-', "1,200.00 €"),
    "currency code": (1200, "[$CHF] #,##0", "CHF 1,200"),
    "negative in brackets": (-1200, "#,##0_);(#,##0)", "(1,200)"),
    "negative": (-3.5, "0.0", "-3.5"),
    "percentage": (0.375, "0.0%", "37.5%"),
    "thousands left out": (1500000, '0.0,,"M"', "1.5M"),
    "hours above a day": (timedelta(hours=26, minutes=5), "[h]:mm", "26:05"),
    "time of day": (time(9, 30), "h:mm", "09:30"),
    "seconds": (datetime(2026, 5, 2, 9, 30, 15), "yyyy-mm-dd hh:mm:ss", "2026-05-02 09:30:15"),
    "text": ("00471", "@", "00471"),
    "general": (0.1 + 0.2, "General", "0.3"),
    "a phone number": (5550101, "000\\-0000", "555-0101"),
    "many digits": (123456789012, "0", "123456789012"),
    "colours and conditions": (3, "[Red][<5]0;[Green]0", "3"),
    "scientific": (0.00012, "0.00E+00", "1.20E-04"),
    "a huge number": (1e20, "#,##0", "100,000,000,000,000,000,000"),
    "an enormous number": (1.5e35, "0", "15" + "0" * 34),
    "a fraction": (0.5, "# ?/?", "0.5"),
    "a word with the general format": (7.5, 'General" h"', "7.5 h"),
    "a dash for zero": (0, '_("$"* #,##0.00_);_("$"* (#,##0.00);_("$"* "-"??_)', "$ -"),
    "zero has a format of its own": (0, '0;-0;"none"', "none"),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_number_is_shown_as_the_sheet_shows_it(kind: str) -> None:
    value, number_format, shown = FORMATS[kind]
    sheet = sheet_of(("What", "Value"), ("x", value))
    sheet["B2"].number_format = number_format
    assert reading_of(sheet).text.split("\n")[3] == f"| x | {shown} |"


def test_a_value_that_its_format_hides_is_left_out_and_counted() -> None:
    sheet = sheet_of(("What", "Value"), ("x", 4471))
    sheet["B2"].number_format = ";;;"
    got = reading_of(sheet)
    assert "4471" not in got.text
    assert got.left_out == {"hidden_text": 1}


def test_tables_side_by_side_are_two_tables() -> None:
    sheet = sheet_of(
        ("Summer", None, None, None, "Winter", None),
        ("Day", "Opens", None, None, "Day", "Opens"),
        ("Mon", "08:00", None, None, "Mon", "10:00"),
        ("Tue", "09:00", None, None, "Tue", "11:00"),
        ("Wed", "09:30"),
    )
    sheet.title = "Rota"
    got = reading_of(sheet)
    assert [line for line in got.text.split("\n") if line] == [
        "# Rota",
        "## Summer",
        "| Day | Opens |",
        "| --- | --- |",
        "| Mon | 08:00 |",
        "| Tue | 09:00 |",
        "| Wed | 09:30 |",
        "## Winter",
        "| Day | Opens |",
        "| --- | --- |",
        "| Mon | 10:00 |",
        "| Tue | 11:00 |",
    ]
    numbers = got.parts[0].numbers
    assert numbers is not None
    assert [numbers[at] for at, line in enumerate(got.text.split("\n")) if line.startswith("| Tue")] == [4, 4]


def test_three_tables_below_one_title_one_of_them_in_two_parts() -> None:
    sheet = sheet_of(
        ("Opening hours",),
        ("Boat", "Length", None, "Crew", "Phone", None, "Day", "Tide"),
        ("Heron", 6, None, "Ada", "0101", None, "Mon", "06:40"),
        ("Teal", 7, None, "Grace", "0102", None, "Tue", "07:30"),
        (None, None, None, "Joan", "0103"),
        ("Sail", "Colour", None, "Mary", "0104"),
        ("Jib", "red", None, "Ruth", "0105"),
    )
    text = reading_of(sheet).text
    assert "| Boat | Length |\n| --- | --- |\n| Heron | 6 |\n| Teal | 7 |" in text
    assert "| Sail | Colour |\n| --- | --- |\n| Jib | red |" in text
    assert "| Grace | 0102 |\n| Joan | 0103 |\n| Mary | 0104 |" in text
    assert "| Day | Tide |\n| --- | --- |\n| Mon | 06:40 |" in text
    assert "## Opening hours" in text


def test_tables_side_by_side_of_figures_alone_are_known_by_their_names() -> None:
    sheet = sheet_of(("Year", "Fee", None, "Year", "Members"), (2025, 240, None, 2025, 31), (2026, 260, None, 2026, 44))
    text = reading_of(sheet).text
    assert "| Year | Fee |\n| --- | --- |\n| 2025 | 240 |" in text
    assert "| Year | Members |\n| --- | --- |\n| 2025 | 31 |" in text


@pytest.mark.parametrize(
    "rows",
    [
        [("Item", None, "Price"), ("Rope", None, 3), ("Paint", None, 9)],
        [("Item", "Unit", None, "Plan", "Spent"), ("Rope", "m", None, 3, 4), ("Paint", "l", None, 9, 8)],
    ],
)
def test_a_column_left_empty_for_its_looks_parts_no_table(rows: list[tuple[object, ...]]) -> None:
    text = reading_of(sheet_of(*rows)).text
    head = " | ".join(str(word) for word in rows[0] if word)
    assert f"| {head} |" in text
    assert text.count("\n| --- |") == 1


def test_notes_on_cells_stand_below_their_table() -> None:
    sheet = sheet_of(("Item", "Price"), ("Crane", 1200), ("Paint", 80))
    sheet["B2"].comment = Comment("Only with the\nharbour master", "chair")
    got = reading_of(sheet)
    assert got.text.split("\n")[4:] == ["| Paint | 80 |", "", "B2 (Crane, Price): Only with the harbour master", ""]
    assert got.parts[0].numbers is not None
    assert got.parts[0].numbers[6] == 2


def test_a_note_on_an_empty_row_is_read_unless_the_row_is_hidden() -> None:
    sheet = sheet_of(("Item", "Price"), ("Crane", 1200))
    sheet["A5"].comment = Comment("Paint is free", "chair")
    sheet["A6"].comment = Comment("code 4471", "chair")
    sheet.row_dimensions[6].hidden = True
    text = reading_of(sheet).text
    assert text.endswith("\nA5: Paint is free")
    assert "4471" not in text


def test_a_thread_of_comments_is_read_once_without_its_notice() -> None:
    sheet = sheet_of(("Item", "Price"), ("Crane", 1200))
    sheet["B2"].comment = Comment(
        "[Threaded comment] Your version of Excel allows you to read it.\nComment:\n Agreed", "x"
    )
    data = saved(sheet.parent)
    threads = (
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        '<threadedComment ref="B2"><text>Agreed on 3 May</text></threadedComment>'
        '<threadedComment ref="B2"><text>And again on 4 May</text></threadedComment></ThreadedComments>'
    )
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(held, "w") as changed:
        for name in book.namelist():
            content = book.read(name)
            if name == "xl/worksheets/_rels/sheet1.xml.rels":
                more = (
                    '<Relationship Id="rIdT" Target="../threadedComments/threadedComment1.xml" '
                    'Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"/></Relationships>'
                )
                content = content.replace(b"</Relationships>", more.encode())
            changed.writestr(name, content)
        changed.writestr("xl/threadedComments/threadedComment1.xml", threads)
    text = read(read_excel, held.getvalue()).text
    assert "B2 (Crane, Price): Agreed on 3 May And again on 4 May" in text
    assert "Threaded" not in text


def test_links_keep_their_addresses() -> None:
    sheet = sheet_of(
        ("What", "Where"),
        ("Form", "sign up"),
        ("Mail", "the bosun"),
        ("Map", '=HYPERLINK("https://map.example.org/","map")'),
        ("Address", "https://a.example.org/"),
    )
    sheet["B2"].hyperlink = "https://forms.example.org/a?b=c"
    sheet["B3"].hyperlink = "mailto:bosun@example.org"
    sheet["B5"].hyperlink = "https://a.example.org/"
    xml = xml_of(sheet)
    formula = xml[xml.index('<c r="B4"') : xml.index("</c>", xml.index('<c r="B4"')) + 4]
    valued = (
        formula.replace('<c r="B4"', '<c r="B4" t="str"')
        .replace("<v></v>", "<v>map</v>")
        .replace("<v />", "<v>map</v>")
    )
    got = read(read_excel, edited(sheet, formula, valued))
    for line in (
        "| Form | [sign up](https://forms.example.org/a?b=c) |",
        "| Mail | the bosun (bosun@example.org) |",
        "| Map | [map](https://map.example.org/) |",
        "| Address | https://a.example.org/ |",
    ):
        assert line in got.text.split("\n")
    assert got.left_out == {}


def test_text_boxes_of_a_sheet_are_read_and_its_pictures_counted() -> None:
    sheet = sheet_of(("Item", "Price"), ("Crane", 1200))
    spreadsheet = 'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
    body = "<xdr:txBody><a:p><a:r><a:t>Prices with</a:t></a:r></a:p><a:p><a:r><a:t>VAT</a:t></a:r></a:p></xdr:txBody>"
    anchor = "<xdr:twoCellAnchor><xdr:{0}><xdr:nv{1}Pr><xdr:cNvPr {2}/></xdr:nv{1}Pr>{3}</xdr:{0}></xdr:twoCellAnchor>"
    shapes = [
        anchor.format("sp", "Sp", 'id="1"', body),
        anchor.format("pic", "Pic", 'id="2" descr="The quay"', ""),
        anchor.format("pic", "Pic", 'id="3"', ""),
    ]
    drawing = f"<xdr:wsDr {spreadsheet} {NAMESPACES}>{''.join(shapes)}</xdr:wsDr>"
    data = edited(
        sheet,
        "</worksheet>",
        f'<drawing {NAMESPACES} r:id="rId1"/></worksheet>',
        **{
            "xl/worksheets/_rels/sheet1.xml.rels": relations_xml([("rId1", "drawing", "../drawings/drawing1.xml")]),
            "xl/drawings/drawing1.xml": drawing,
        },
    )
    got = read(read_excel, data)
    assert [line for line in got.text.split("\n") if line][-2:] == ["Prices with VAT", "🖼 The quay"]
    assert got.left_out == {"picture": 1}


def test_hidden_sheets_are_counted_however_they_are_hidden() -> None:
    sheet = sheet_of(("Item", "Price"), ("Crane", 1200))
    for state in ("hidden", "veryHidden"):
        other = sheet.parent.create_sheet(state)
        other.append(["code 4471"])
        other.sheet_state = state
    got = reading_of(sheet)
    assert "4471" not in got.text
    assert got.left_out == {"hidden_sheet": 2}


def test_a_sheet_whose_table_of_texts_was_left_out_because_it_is_empty_is_read() -> None:
    named = (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
        b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    sheet = sheet_of((12, 1200))
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(sheet.parent))) as book, zipfile.ZipFile(held, "w") as without:
        for name in book.namelist():
            content = book.read(name)
            if name == "[Content_Types].xml" and b"/xl/sharedStrings.xml" not in content:
                content = content.replace(b"</Types>", named)
            if name != "xl/sharedStrings.xml":
                without.writestr(name, content)
    assert "1200" in read(read_excel, held.getvalue()).text
