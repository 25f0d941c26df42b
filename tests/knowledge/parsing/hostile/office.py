"""Hostile and broken files of Word, PowerPoint and Excel."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.errors import Reason
from tests.knowledge.office_files import budget, slide_deck, word_handbook
from tests.knowledge.parsing.hostile.file import READ, HostileFile, Make, hostile
from tests.knowledge.parsing.hostile.parts import (
    behind_a_comment,
    damaged,
    deep_groups,
    deep_word,
    empty_book,
    empty_deck,
    laughs,
    locked,
    nested_tables,
    ole,
    one_long_entity,
    packed,
    sheet_xml,
    sparse,
    swollen,
    with_parts,
    word_xml,
)
from tests.knowledge.pdfs import pdf


def word_files() -> Iterator[HostileFile]:
    main, relations = "word/document.xml", "word/_rels/document.xml.rels"
    whole = word_handbook()
    yield hostile("words that are no Word file", "a.docx", lambda: b"Dear members", Reason.CORRUPT)
    yield hostile("a Word file cut off in the middle", "a.docx", lambda: whole[: len(whole) // 2], Reason.CORRUPT)
    yield hostile("a zip that is called a Word file", "a.docx", lambda: packed({"a.txt": b"hello"}), Reason.CORRUPT)
    yield hostile("an Excel file that is called a Word file", "a.docx", budget, Reason.MISNAMED)
    yield hostile("a PDF that is called a Word file", "a.docx", lambda: pdf(["one"]), Reason.MISNAMED)
    yield hostile("a Word file behind a password", "a.docx", lambda: ole("EncryptedPackage"), Reason.ENCRYPTED)
    yield hostile("an older Word file, renamed", "a.docx", lambda: ole("WordDocument"), Reason.MISNAMED)
    yield hostile("a Word file as the older programs save it", "a.doc", lambda: ole("WordDocument"), Reason.UNSUPPORTED)
    yield hostile("a billion laughs", "a.docx", lambda: with_parts(whole, {main: laughs("w:document")}), Reason.CORRUPT)
    wide = laughs("w:document").decode().replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")
    yield hostile("a billion laughs in UTF-16", "a.docx", lambda: with_parts(whole, {main: wide}), Reason.CORRUPT)
    outside = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:document>&x;</w:document>'
    yield hostile(
        "an entity that is a file of this machine", "a.docx", lambda: with_parts(whole, {main: outside}), Reason.CORRUPT
    )
    yield hostile(
        "text that unpacks to 300 MB of blanks", "a.docx", lambda: with_parts(whole, {main: swollen}), Reason.TOO_LARGE
    )
    yield hostile(
        "text of 70 MB of next to nothing",
        "a.docx",
        lambda: with_parts(whole, {main: sparse(70)}),
        Reason.TOO_LARGE,
    )
    yield hostile(
        "a billion laughs behind a long comment",
        "a.docx",
        lambda: with_parts(whole, {main: behind_a_comment(laughs("w:document"))}),
        Reason.CORRUPT,
    )
    yield hostile(
        "one long entity, five thousand times",
        "a.docx",
        lambda: with_parts(whole, {main: behind_a_comment(one_long_entity("w:document"))}),
        Reason.CORRUPT,
    )
    yield hostile(
        "an entity that is a file of this machine, behind a long comment",
        "a.docx",
        lambda: with_parts(whole, {main: behind_a_comment(outside)}),
        Reason.CORRUPT,
    )
    yield hostile("a Word file of no byte", "a.docx", lambda: b"", Reason.EMPTY)
    yield hostile(
        "XML that is broken", "a.docx", lambda: with_parts(whole, {main: b"<w:document><w:body>"}), Reason.CORRUPT
    )
    yield hostile("runs 20,000 deep", "a.docx", lambda: with_parts(whole, {main: deep_word(20_000)}), Reason.TOO_DEEP)
    yield hostile("tables 300 deep", "a.docx", lambda: with_parts(whole, {main: nested_tables(300)}), Reason.TOO_DEEP)
    yield hostile("a document without words", "a.docx", lambda: with_parts(whole, {main: word_xml("")}), Reason.NO_TEXT)
    yield hostile(
        "a part missing that is referred to", "a.docx", lambda: with_parts(whole, {"word/styles.xml": None}), READ
    )
    link = b'Target="file:///etc/passwd" TargetMode="External"'
    linked = lambda: with_parts(whole, {relations: lambda old: old.replace(b'Target="media/image1.png"', link)})  # noqa: E731
    yield hostile("a picture that is a file of this machine", "a.docx", linked, READ)
    yield hostile(
        "a member that leaves the folder", "a.docx", lambda: with_parts(whole, {"../../evil.xml": b"<x/>"}), READ
    )
    yield hostile("a member with a password", "a.docx", lambda: locked(whole), Reason.ENCRYPTED)


def powerpoint_files() -> Iterator[HostileFile]:
    whole = slide_deck()
    first = "ppt/slides/slide1.xml"
    yield hostile("words that are no PowerPoint file", "a.pptx", lambda: b"slides", Reason.CORRUPT)
    yield hostile("a Word file that is called a PowerPoint file", "a.pptx", word_handbook, Reason.MISNAMED)
    yield hostile("a slide that is missing", "a.pptx", lambda: with_parts(whole, {first: None}), Reason.CORRUPT)
    yield hostile(
        "a billion laughs on a slide", "a.pptx", lambda: with_parts(whole, {first: laughs("p:sld")}), Reason.CORRUPT
    )
    yield hostile("slides without words", "a.pptx", empty_deck, Reason.NO_TEXT)
    yield hostile(
        "groups 3,000 deep",
        "a.pptx",
        lambda: with_parts(whole, {first: deep_groups(3000)}),
        Reason.CORRUPT,
    )
    yield hostile("a slide of 300 MB", "a.pptx", lambda: with_parts(whole, {first: swollen}), Reason.TOO_LARGE)
    yield hostile(
        "a billion laughs on a slide, behind a long comment",
        "a.pptx",
        lambda: with_parts(whole, {first: behind_a_comment(laughs("p:sld"))}),
        Reason.CORRUPT,
    )


def excel_files() -> Iterator[HostileFile]:
    whole = budget()
    sheet = "xl/worksheets/sheet1.xml"

    def cells(xml: str, after: str = "") -> Make:
        return lambda: with_parts(whole, {sheet: sheet_xml(xml, after)})

    corner = '<row r="1"><c r="A1" t="inlineStr"><is><t>Kayaks</t></is></c></row>'
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>Far</t></is></c></row>'
    yield hostile("words that are no Excel file", "a.xlsx", lambda: b"a,b\n1,2", Reason.CORRUPT)
    yield hostile(
        "a web page that is called an Excel file", "a.xlsx", lambda: b"<html><table><tr><td>1", Reason.MISNAMED
    )
    yield hostile("a cell in the first and one in the last corner", "a.xlsx", cells(corner + far), READ)
    dimensions = b'<dimension ref="A1:XFD1048576"/><sheetData>'
    yield hostile(
        "a sheet that says it is as large as can be",
        "a.xlsx",
        lambda: with_parts(whole, {sheet: sheet_xml(corner).replace(b"<sheetData>", dimensions)}),
        READ,
    )
    wide = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 1001))
    yield hostile("a thousand rows that reach to the last column", "a.xlsx", cells(wide), Reason.TOO_LARGE)
    long = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{"boat " * 90}</t></is></c></row>' for n in range(1, 9001)
    )
    yield hostile("9,000 rows of 90 words", "a.xlsx", cells(long), READ)
    merged = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    yield hostile("all cells there can be, merged into one", "a.xlsx", cells(corner, merged), READ)
    many = "<mergeCells>" + "".join(f'<mergeCell ref="A{n}:Z{n + 99}"/>' for n in range(1, 30_000)) + "</mergeCells>"
    yield hostile("30,000 merged ranges that lie over each other", "a.xlsx", cells(corner, many), READ)
    nowhere = '<row r="1"><c r="A1" t="s"><v>99999999</v></c></row>'
    yield hostile("a cell whose text is nowhere", "a.xlsx", cells(nowhere), Reason.CORRUPT)
    yield hostile(
        "a billion laughs in a sheet",
        "a.xlsx",
        lambda: with_parts(whole, {sheet: laughs("worksheet")}),
        Reason.CORRUPT,
    )
    yield hostile("a sheet of 300 MB", "a.xlsx", lambda: with_parts(whole, {sheet: swollen}), Reason.TOO_LARGE)
    yield hostile(
        "a billion laughs in a sheet, behind a long comment",
        "a.xlsx",
        lambda: with_parts(whole, {sheet: behind_a_comment(laughs("worksheet"))}),
        Reason.CORRUPT,
    )
    yield hostile("a row beyond every sheet", "a.xlsx", cells(corner.replace("1", "4000000000")), Reason.TOO_LARGE)
    yield hostile("a part whose checksum is wrong", "a.xlsx", lambda: damaged(whole, sheet), Reason.CORRUPT)
    command = '<row r="1"><c r="A1" t="str"><f>cmd|\'/c calc\'!A1</f><v>=cmd|/c calc!A1</v></c></row>'
    yield hostile("a formula that starts a program", "a.xlsx", cells(command), READ)
    yield hostile("sheets without a cell", "a.xlsx", empty_book, Reason.NO_TEXT)
