"""PDFs as programs make them: columns, tables, forms, notes, broken words, running heads, and fonts without letters."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from knowledge.chunking.splitter import split_document
from knowledge.errors import DocumentError, Reason
from knowledge.parsing.loader import load_document
from knowledge.parsing.readers.pdf import read_pdf
from knowledge.types import LeftOut, LeftOutKind
from tests.growth import takes_no_quadratic_time
from tests.knowledge.pdfs import at, cid_font, drawn, pdf, pdf_of

LIMIT = 10 * 1024**2
SUMMER = [
    "Summer rules. From May to",
    "September the harbour is open",
    "day and night. Guests pay nine",
    "euros a night.",
]
WINTER = ["Winter rules. From October to", "April the harbour is closed.", "The ice breaker runs on", "Monday at noon."]
CRANES = [
    "Crane rules. Nobody stands",
    "below a boat that hangs. The",
    "crane master gives all signs",
    "with both arms.",
]


def texts_of(data: bytes) -> list[str]:
    return [section.text for section in load_document(data, "a.pdf", LIMIT).sections]


def text_of(data: bytes) -> str:
    return "\n".join(texts_of(data))


def words_of(data: bytes) -> str:
    return " ".join(text_of(data).split())


def refusal_of(data: bytes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        load_document(data, "a.pdf", LIMIT)
    return caught.value


def table(rows: list[tuple[str, ...]], top: float, lefts: tuple[float, ...], *, by_columns: bool) -> str:
    cells = [(x, top - 18 * n, row[column]) for n, row in enumerate(rows) for column, x in enumerate(lefts)]
    if by_columns:
        cells.sort(key=lambda cell: (cell[0], -cell[1]))
    return "".join(at(*cell) for cell in cells if cell[2])


def column(lines: list[str], x: float, top: float, leading: float = 15) -> str:
    return "".join(at(x, top - leading * n, line) for n, line in enumerate(lines))


@pytest.mark.parametrize("columns", [[SUMMER, WINTER], [SUMMER, WINTER, CRANES]])
def test_columns_that_are_drawn_across_are_read_one_after_the_other(columns: list[list[str]]) -> None:
    rows = zip(*columns, strict=True)
    drawing = "".join(
        at(40 + 185 * n, 700 - 15 * row, line) for row, rs in enumerate(rows) for n, line in enumerate(rs)
    )
    assert words_of(drawn(drawing)) == " ".join(line for lines in columns for line in lines)


def test_a_title_above_two_columns_and_a_paragraph_below_them_keep_their_places() -> None:
    title, foot = (
        at(40, 740, "The harbour and all its rules through the whole of the year", 16),
        "This holds for every boat.",
    )
    drawing = column(WINTER, 320, 697) + at(40, 560, foot) + column(SUMMER, 40, 700) + title
    assert words_of(drawn(drawing)) == " ".join(
        ["The harbour and all its rules through the whole of the year", *SUMMER, *WINTER, foot]
    )


FEES = [("Class", "Summer", "Winter"), ("Dinghy", "120", "60"), ("Keelboat", "310", "150"), ("Yacht", "790", "380")]


@pytest.mark.parametrize("by_columns", [True, False])
def test_a_table_keeps_its_rows_however_it_is_drawn(*, by_columns: bool) -> None:
    drawing = at(40, 740, "Fees in euros for a berth and a season, with water") + table(
        FEES, 700, (40, 200, 300), by_columns=by_columns
    )
    lines = text_of(drawn(drawing + at(40, 600, "Pay at the box by the gate before you leave the harbour."))).split(
        "\n"
    )
    assert "| Class | Summer | Winter |" in lines
    assert "| Keelboat | 310 | 150 |" in lines
    assert lines[0].startswith("Fees in euros")
    assert lines[-1].startswith("Pay at the box")


def test_a_tables_wrapped_cell_stays_in_its_row() -> None:
    rows = [
        ("Work", "What it covers", "Fee"),
        ("Crane", "lifting a boat of up to", "80"),
        ("", "six tonnes in or out", ""),
        ("Wash", "the hull below the", "25"),
        ("", "water line", ""),
        ("Mast", "setting it up", "40"),
    ]
    lefts, tops = (40, 150, 400), (700, 670, 657, 630, 617, 590)
    drawing = "".join(
        at(x, y, row[n]) for row, y in zip(rows, tops, strict=True) for n, x in enumerate(lefts) if row[n]
    )
    lines = text_of(drawn(drawing)).split("\n")
    assert "| Crane | lifting a boat of up to six tonnes in or out | 80 |" in lines
    assert "| Wash | the hull below the water line | 25 |" in lines


def test_a_tables_empty_cell_leaves_its_column_empty() -> None:
    rows = [("Class", "Summer", "Winter"), ("Dinghy", "", "60"), ("Keelboat", "310", ""), ("Yacht", "790", "380")]
    lines = text_of(drawn(table(rows, 700, (40, 200, 300), by_columns=False))).split("\n")
    assert "| Dinghy |  | 60 |" in lines
    assert "| Keelboat | 310 |  |" in lines


def widget(kind: bytes, rect: tuple[int, int, int, int], more: bytes) -> bytes:
    left, bottom, right, top = rect
    place = b"/Rect [%d %d %d %d] /F 4 " % (left, bottom, right, top)
    return b"<< /Type /Annot /Subtype /Widget /FT /" + kind + b" " + place + more + b" >>"


def form(*widgets: bytes) -> bytes:
    labels = at(72, 700, "Boat:") + at(72, 670, "Length:") + at(72, 640, "Trailer:") + at(72, 610, "Hall:")
    fields = b" ".join(b"%d 0 R" % (4 + n) for n in range(len(widgets)))
    catalog = b"/AcroForm << /NeedAppearances true /DA (/Helv 12 Tf) /Fields [" + fields + b"] >>"
    return drawn(labels, annotations=widgets, catalog=catalog)


def test_what_is_written_into_a_form_stands_beside_its_label() -> None:
    text = text_of(
        form(
            widget(b"Tx", (160, 695, 310, 713), b"/T (boat) /V (Grey Heron)"),
            widget(b"Tx", (160, 665, 310, 683), b"/T (length) /V (\xfe\xff\x007\x00.\x004\x00 \x00m)"),
            widget(b"Btn", (160, 635, 175, 650), b"/T (trailer) /V /Yes /AS /Yes"),
            widget(b"Ch", (160, 605, 310, 623), b"/T (hall) /Ff 131072 /V (North) /Opt [(North) (South)]"),
        )
    )
    lines = [" ".join(line.split()) for line in text.split("\n")]
    assert "Boat: Grey Heron" in lines
    assert "Length: 7.4 m" in lines
    assert any(line.startswith("Trailer:") and "yes" in line.lower() for line in lines)
    assert "Hall: North" in lines


def test_an_empty_field_a_password_and_a_hidden_field_say_nothing() -> None:
    text = text_of(
        form(
            widget(b"Tx", (160, 695, 310, 713), b"/T (boat)"),
            widget(b"Tx", (160, 665, 310, 683), b"/T (key) /Ff 8192 /V (sesame)"),
            widget(b"Btn", (160, 635, 175, 650), b"/T (trailer) /V /Off /AS /Off"),
            widget(b"Tx", (160, 605, 310, 623), b"/T (hall) /V (secret)").replace(b"/F 4", b"/F 2"),
        )
    )
    assert "sesame" not in text
    assert "secret" not in text
    assert not any("yes" in line.lower() for line in text.split("\n") if line.startswith("Trailer:"))


def test_notes_on_a_page_are_read_and_hidden_ones_are_not() -> None:
    notes = (
        b"<< /Type /Annot /Subtype /Text /Rect [300 690 320 710] /F 4 /Contents (The gate is locked on Mondays.) >>",
        b"<< /Type /Annot /Subtype /FreeText /Rect [72 640 300 660] /F 4 /DA (/F1 12 Tf) /Contents (Bring gloves.) >>",
        b"<< /Type /Annot /Subtype /Text /Rect [300 590 320 610] /F 2 /Contents (Nobody sees this.) >>",
    )
    text = text_of(drawn(at(72, 700, "Opening hours"), annotations=notes))
    assert "The gate is locked on Mondays." in text
    assert "Bring gloves." in text
    assert "Nobody" not in text


def test_a_running_head_and_foot_is_read_once_and_page_numbers_are_not() -> None:
    bodies = [
        ["The crane is for members who", "have been shown how to use it, and they"],
        ["sign for the key at the office", "every time."],
        ["Guests ask the harbour", "master."],
        ["At night the crane is", "locked."],
    ]
    pages = [
        at(72, 760, "Harbour handbook 2026", 9) + column(body, 72, 700) + at(290, 30, f"Page {n} of 4", 9)
        for n, body in enumerate(bodies, 1)
    ]
    text = text_of(drawn(*pages))
    assert text.count("Harbour handbook 2026") == 1
    assert "Page" not in text
    assert "Guests ask the harbour" in text


def test_the_head_of_a_table_that_goes_on_over_pages_is_no_running_head() -> None:
    pages = [
        table(
            [("Berth", "Holder", "Fee"), *((f"{p}{n}", f"Boat {p}{n}", str(n)) for n in range(1, 5))],
            700,
            (72, 200, 300),
            by_columns=False,
        )
        for p in "ABC"
    ]
    assert all("| Berth | Holder | Fee |" in text for text in texts_of(drawn(*pages)))


@pytest.mark.parametrize(
    ("above", "below", "expected"),
    [
        ("leaves a secu-", "rity deposit", "a security deposit"),
        ("fragt den Hafen-", "meister am Tor", "den Hafenmeister am"),
        ("the har\xad", "bourmaster pays", "the harbourmaster pays"),
        ("a self-", "service machine", "a self-service machine"),
        ("a well-", "known pilot", "a well-known pilot"),
        ("Die E-Mail-", "Adresse steht am Tor", "E-Mail-Adresse steht"),
        ("from May 2025-", "2026 it is closed", "2025-2026"),
        ("a user-", "generated map", "a user-generated map"),
    ],
)
def test_a_word_that_is_broken_at_the_lines_end_is_whole_again(above: str, below: str, expected: str) -> None:
    assert expected in words_of(drawn(column([f"Whoever comes by {above}", below], 72, 700)))


def test_a_hyphenation_follows_the_documents_own_words() -> None:
    lines = [
        "The lockbox is by the gate. Every key of the lock-",
        "box is numbered, as is each gang-",
        "plank. No gang-plank is free.",
    ]
    assert "of the lockbox is numbered, as is each gang-plank." in words_of(drawn(column(lines, 72, 700)))


@pytest.mark.parametrize(
    "title",
    [
        at(72, 650, "W I N T E R  S T O R A G E  F U L L", 16),
        at(72, 650, "WINTER STORAGE FULL", 16, "8 Tc"),
        at(72, 650, "WINTER STORAGE FULL", 16, "4 Tc 6 Tw"),
    ],
)
def test_a_title_with_its_letters_set_apart_is_words(title: str) -> None:
    assert "WINTER STORAGE FULL" in text_of(drawn(at(72, 700, "The crane works as usual.") + title))


def test_single_letters_that_are_words_stay_apart() -> None:
    assert "Plan A or B" in text_of(drawn(at(72, 700, "Plan A or B") + at(72, 650, "Is it a 5 m I beam?")))


def test_a_font_whose_letters_are_in_no_alphabet_is_refused_with_advice() -> None:
    numbers = "".join(f"<{n:02x}> <{0xE000 + n:04x}>\n" for n in range(32, 127))
    begin = "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange"
    cmap = f"{begin} 95 beginbfchar\n{numbers}endbfchar endcmap end"
    data = drawn(
        at(72, 700, "The crane works as usual on Mondays and Fridays."), font=HELVETICA_OWN, annotations=[_stream(cmap)]
    )
    error = refusal_of(data)
    assert error.reason is Reason.GARBLED
    assert "OCR" in str(error)


HELVETICA_OWN = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 4 0 R >>"


def _stream(text: str) -> bytes:
    return b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text.encode())


def hexed(text: str, encoding: str) -> str:
    return f"BT /F1 12 Tf 1 0 0 1 72 700 Tm <{text.encode(encoding).hex()}> Tj ET"


def test_an_identity_font_without_a_table_of_letters_is_refused_with_advice() -> None:
    data = drawn(
        "BT /F1 12 Tf 72 700 Td <00370048004600550044005100480056000F00440051> Tj ET",
        font=cid_font(b"/Identity-H", b"Identity"),
    )
    assert refusal_of(data).reason in {Reason.GARBLED, Reason.NO_TEXT}


@pytest.mark.parametrize(
    ("cmap", "ordering", "encoding", "text"),
    [
        (b"/KSCms-UHC-H", b"Korea1", "cp949", "방문 보트의 계류 요금"),
        (b"/90ms-RKSJ-H", b"Japan1", "cp932", "係留料金は一泊九百円です"),
        (b"/GBK-EUC-H", b"GB1", "gbk", "访客船只每晚九欧元"),
        (b"/ETen-B5-H", b"CNS1", "big5", "訪客船隻每晚九歐元"),
        (b"/EUC-H", b"Japan1", "euc_jp", "係留料金は一泊九百円です"),
    ],
)
def test_the_known_encodings_of_east_asian_fonts_are_read(
    cmap: bytes, ordering: bytes, encoding: str, text: str
) -> None:
    assert text in text_of(drawn(hexed(text, encoding), font=cid_font(cmap, ordering)))


def test_an_unknown_encoding_of_a_font_is_refused_with_advice() -> None:
    data = drawn(
        hexed("방문 보트의 계류 요금은 하룻밤에 구천 원입니다", "cp949"), font=cid_font(b"/Harbour-H", b"Harbour")
    )
    assert refusal_of(data).reason in {Reason.GARBLED, Reason.NO_TEXT}


def test_a_page_that_is_turned_is_read_as_it_is_seen() -> None:
    lines = ["The crane is for members who have been shown", "how to use it."]
    drawing = "".join(f"BT /F1 12 Tf 0 1 -1 0 {100 + 15 * n} 72 Tm ({line}) Tj ET\n" for n, line in enumerate(lines))
    assert words_of(drawn(drawing, page=b"/Rotate 270 ")) == " ".join(lines)


def test_lines_of_a_paragraph_become_one_line_and_items_of_a_list_stay_apart() -> None:
    paragraph = [
        "Members may use the crane after they have been shown how to",
        "use it. They sign for the key at the office. The office opens at",
        "nine.",
    ]
    items = ["\x95 Gloves are worn.", "\x95 Nobody stands below.", "1. Ask first.", "2. Then lift."]
    drawing = column(paragraph, 72, 700) + column([item.encode("latin-1").decode("cp1252") for item in items], 72, 640)
    lines = text_of(drawn(drawing)).split("\n")
    assert " ".join(paragraph) in lines
    assert [line for line in lines if "Nobody" in line] == ["• Nobody stands below."]
    assert "2. Then lift." in lines


def test_chinese_lines_are_joined_without_a_space() -> None:
    lines = ["会员可以在办公室借用钥匙三十天归还", "时须签字并支付押金。"]
    drawing = "".join(
        f"BT /F1 12 Tf 1 0 0 1 72 {700 - 16 * n} Tm <{line.encode('gbk').hex()}> Tj ET\n"
        for n, line in enumerate(lines)
    )
    assert "".join(lines) in text_of(drawn(drawing, font=cid_font(b"/GBK-EUC-H", b"GB1")))


def test_a_garbled_page_among_good_ones_is_left_out_and_told() -> None:
    words = "會員可以在辦公室借用鑰匙須簽字並支付押金不得轉借他人違者罰款"
    good = f"BT /F1 12 Tf 72 700 Td <{words.encode('utf-16-be').hex()}> Tj ET\n"
    font = cid_font(b"/UniCNS-UCS2-H", b"CNS1")
    bad = "BT /F1 12 Tf 72 700 Td <e001e002e003e004e005e006e007> Tj ET\n"
    document = load_document(drawn(good, bad, "", font=font), "a.pdf", LIMIT)
    assert [section.page for section in document.sections] == [1]
    assert set(document.left_out) == {LeftOut(LeftOutKind.GARBLED_TEXT), LeftOut(LeftOutKind.PAGE)}
    assert document.page_count == 3


def test_hidden_notes_are_told() -> None:
    note = b"<< /Type /Annot /Subtype /Text /Rect [300 590 320 610] /F 2 /Contents (Nobody sees this.) >>"
    document = load_document(drawn(at(72, 700, "Opening hours"), annotations=[note]), "a.pdf", LIMIT)
    assert document.left_out == (LeftOut(LeftOutKind.HIDDEN_TEXT),)


def test_a_long_table_has_its_head_above_each_passage() -> None:
    rows = [
        ("Berth", "Holder", "Fee"),
        *((f"Berth {n}", f"A holder with a long name {n}", f"{n} euros") for n in range(1, 36)),
    ]
    drawing = table(rows, 760, (40, 200, 400), by_columns=False)
    chunks = split_document(load_document(drawn(drawing), "a.pdf", LIMIT), "s")
    assert len(chunks) > 1
    assert all(chunk.text.startswith("| Berth | Holder | Fee |") for chunk in chunks)
    assert {chunk.place.page for chunk in chunks} == {1}


def test_a_table_with_lines_between_its_rows_keeps_what_is_centred_in_them() -> None:
    cells = [
        at(40, 705, "Work"),
        at(150, 705, "What it covers"),
        at(400, 705, "Fee"),
        at(40, 673, "Crane"),
        at(150, 680, "lifting a boat of up to"),
        at(150, 666, "six tonnes in or out"),
        at(400, 673, "80"),
        at(40, 633, "Wash"),
        at(150, 640, "the hull below the"),
        at(150, 626, "water line"),
        at(400, 633, "25"),
        at(40, 605, "Mast"),
        at(150, 605, "setting it up"),
        at(400, 605, "40"),
    ]
    rules = "".join(f"36 {y} m 460 {y} l S\n" for y in (720, 697, 657, 620, 598))
    lines = text_of(drawn(rules + "".join(cells))).split("\n")
    assert "| Crane | lifting a boat of up to six tonnes in or out | 80 |" in lines
    assert "| Wash | the hull below the water line | 25 |" in lines


@pytest.mark.parametrize("sign", ["\x95", "-", "a)", "3."])
def test_an_items_sign_is_no_column(sign: str) -> None:
    items = ["Gloves are worn at the crane.", "Nobody stands below it.", "The master gives the signs."]
    drawing = "".join(
        at(72, 700 - 15 * n, sign.encode("latin-1").decode("cp1252")) + at(100, 700 - 15 * n, item)
        for n, item in enumerate(items)
    )
    shown = "•" if sign == "\x95" else sign
    assert text_of(drawn(drawing)).split("\n") == [f"{shown} {item}" for item in items]


def test_a_narrow_column_beside_the_text_is_read_after_it() -> None:
    main = [
        "The harbour is open to members all year and to guests",
        "from May to September. Guests report to the harbour",
        "master before they moor, pay for the nights in advance",
        "and leave the berth before noon on the day they go.",
    ]
    side = ["Opening hours", "Mon 9-12", "Tue 9-12", "Wed closed"]
    drawing = "".join(at(420, 697 - 14 * n, line, 10) for n, line in enumerate(side)) + column(main, 40, 700)
    assert text_of(drawn(drawing)) == "\n".join([" ".join(main), "", *side])


def test_subheadings_within_columns_stay_with_their_paragraphs() -> None:
    left = ["Regatta", "The regatta starts on 4 July at", "ten. Skippers meet at eight in", "the club house."]
    right = ["Working party", "On Saturday we paint the slip", "and mend the fence. Bring", "gloves and a brush."]
    drawing = at(40, 740, "Harbour news, spring 2026", 20) + column(left, 40, 700) + column(right, 320, 700)
    assert words_of(drawn(drawing)) == " ".join(["Harbour news, spring 2026", *left, *right])


def test_a_stamp_across_the_page_interrupts_no_sentence() -> None:
    stamp = "BT /F1 60 Tf 0.7 0.7 -0.7 0.7 150 300 Tm (DRAFT) Tj ET\n"
    assert words_of(drawn(stamp + column(SUMMER, 72, 700))) == " ".join([*SUMMER, "DRAFT"])


def test_the_fields_of_a_group_are_read_with_their_common_value() -> None:
    fields = (
        b"<< /FT /Tx /T (owner) /V (Ada Teal) /Kids [5 0 R] >>",
        b"<< /Type /Annot /Subtype /Widget /Parent 4 0 R /Rect [160 695 310 713] /F 4 >>",
    )
    catalog = b"/AcroForm << /NeedAppearances true /Fields [4 0 R] >>"
    assert "Owner: Ada Teal" in text_of(drawn(at(72, 700, "Owner:"), annotations=fields, catalog=catalog))


def test_a_page_of_thousands_of_rows_takes_no_quadratic_time() -> None:
    def read(rows: int) -> None:
        drawing = "".join(
            at(40, 100000 - 14 * n, f"A{n}") + at(200 + n % 7 * 20, 100000 - 14 * n, f"B{n}") for n in range(rows)
        )
        assert list(read_pdf(drawn(drawing)))

    assert takes_no_quadratic_time(read, 3_000)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda good: b"X-Sent-By: a web form\r\n" * 200 + good, id="headers of a download before it"),
        pytest.param(lambda good: good.replace(b"/Count 2", b"/Count 9"), id="more pages announced than there are"),
        pytest.param(lambda good: good.replace(b"/Root", b"/Rxxt"), id="no catalog named"),
    ],
)
def test_a_file_that_pdfium_finds_broken_is_read_where_pypdf_can(broken: Callable[[bytes], bytes]) -> None:
    good = pdf(["The workshop opens at nine.", "Closed on Sunday."])
    assert texts_of(broken(good)) == ["The workshop opens at nine.", "Closed on Sunday."]


def test_a_file_that_neither_can_read_is_broken() -> None:
    with pytest.raises(DocumentError) as refused:
        texts_of(pdf(["The workshop opens at nine."])[:-60])
    assert refused.value.reason is Reason.CORRUPT


def test_narrow_spaces_of_a_font_with_much_room_between_lines_part_words() -> None:
    content = b"BT /F1 10 Tf 72 720 Td [(Permission) -270 (is) -270 (granted) -270 (to) -270 (copy.)] TJ ET"
    widths = " ".join(["500"] * 95)
    descriptor = b"/FontName /Tall /Flags 32 /FontBBox [0 -900 1000 1600] /ItalicAngle 0 /Ascent 1600 /Descent -900"
    data = pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>",
            b"<< /Type /Font /Subtype /TrueType /BaseFont /Tall /Encoding /WinAnsiEncoding /FirstChar 32 /LastChar 126 "
            b"/Widths [" + widths.encode() + b"] /FontDescriptor 6 0 R >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>",
            b"<< /Length " + str(len(content)).encode() + b" >>\nstream\n" + content + b"\nendstream",
            b"<< /Type /FontDescriptor " + descriptor + b" /CapHeight 700 /StemV 80 >>",
        ]
    )
    assert text_of(data) == "Permission is granted to copy."


def bitmap_font(text: str) -> bytes:
    """Return a page in a font of pictures, as TeX made them, whose letters have no names but their numbers."""
    content = b"BT /F1 10 Tf 72 720 Td (" + text.encode() + b") Tj ET"
    codes = sorted(set(text.encode()) - {32})
    names = " ".join(f"{code} /a{code}" for code in codes)
    shapes = " ".join(f"/a{code} 6 0 R" for code in codes)
    widths = " ".join(["500"] * 95)
    shape = b"500 0 0 0 500 700 d1 0 0 400 700 re f"
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>",
            f"<< /Type /Font /Subtype /Type3 /FontBBox [0 -200 600 800] /FontMatrix [0.001 0 0 0.001 0 0] "
            f"/FirstChar 32 /LastChar 126 /Widths [{widths}] /Encoding << /Type /Encoding /Differences [{names}] >> "
            f"/CharProcs << {shapes} >> >>".encode(),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>",
            b"<< /Length " + str(len(content)).encode() + b" >>\nstream\n" + content + b"\nendstream",
            b"<< /Length " + str(len(shape)).encode() + b" >>\nstream\n" + shape + b"\nendstream",
        ]
    )


def test_a_font_of_pictures_is_read_where_its_numbers_are_those_of_letters() -> None:
    sentence = "The harbour is open all the year, and the gate is locked at night."
    assert text_of(bitmap_font(sentence)) == sentence


def test_a_font_of_pictures_is_garbled_where_its_numbers_make_no_words() -> None:
    moved = "".join(chr(ord(letter) + 1) if letter.isalpha() else letter for letter in "The gate is locked at night.")
    assert refusal_of(bitmap_font(moved * 2)).reason == Reason.GARBLED


def test_an_accent_that_is_drawn_above_a_letter_belongs_to_it() -> None:
    data = drawn(
        at(72, 720, "Br") + at(84, 720, "o") + at(85.3, 720, "¨") + at(90.7, 720, "ker") + at(120, 720, "a ´ b")
    )
    assert text_of(data) == "Bröker a ´ b"
