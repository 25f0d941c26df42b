"""Word, PowerPoint and Excel files as people make them, and notebooks."""

from __future__ import annotations

import io
import json
import struct
import zlib
from datetime import date, datetime

from docx import Document
from openpyxl import Workbook
from openpyxl.comments import Comment
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches


def picture() -> bytes:
    """A PNG of one pixel."""

    def block(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00\xff\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + block(b"IHDR", head) + block(b"IDAT", pixels) + block(b"IEND", b"")


def word_handbook() -> bytes:
    """Headings, lists, a table with a merged cell, a picture with a description, a header and a footer."""
    document = Document()
    document.sections[0].header.paragraphs[0].text = "Harbour club, confidential"
    document.add_heading("Harbour handbook", 0)
    document.add_paragraph("Read this before you take a boat out.")
    document.add_heading("Fees", 1)
    document.add_paragraph("Fees are due on the first of March.")
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("Boat", "Season", "Fee"), strict=True):
        cell.text = text
    for boat, season, fee in (
        ("Dinghy", "summer", "£40"),
        ("Dinghy", "winter", "£15"),
        ("Yacht | large", "all", "£300"),
    ):
        for cell, text in zip(table.add_row().cells, (boat, season, fee), strict=True):
            cell.text = text
    table.cell(2, 0).text = ""
    table.cell(1, 0).merge(table.cell(2, 0))
    document.add_heading("Refunds", 2)
    for text in ("Within 14 days: all of it", "Later: half of it"):
        document.add_paragraph(text, style="List Bullet")
    document.add_heading("Map", 1)
    run = document.add_paragraph().add_run()
    run.add_picture(io.BytesIO(picture()))
    run._element.xpath(".//wp:docPr")[0].set("descr", "A map of the quay with the crane in the north")
    return saved(document)


def slide_deck() -> bytes:
    """Bullets, a table, a chart, a group, a picture with a description, notes, and a slide without words."""
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Regatta 2026"
    frame = slide.placeholders[1].text_frame
    frame.text = "Starts on 4 July"
    second = frame.add_paragraph()
    second.text, second.level = "Skippers meet at eight", 1
    slide.notes_slide.notes_text_frame.text = "Remind everyone of the tide table."
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Classes"
    table = slide.shapes.add_table(3, 2, Inches(1), Inches(2), Inches(6), Inches(2)).table
    for row, cells in enumerate((("Class", "Crew"), ("Optimist", "1"), ("470", "2"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    shown = slide.shapes.add_picture(io.BytesIO(picture()), Inches(1), Inches(5))
    shown._element.nvPicPr.cNvPr.set("descr", "Two boats at the buoy")
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Members"
    data = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["2024", "2025"]
    data.add_series("Juniors", (31, 44))  # type: ignore[no-untyped-call]
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(2), Inches(5), Inches(3), data)
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(6), Inches(3), Inches(1)).text_frame.text = "Thirteen more juniors"
    deck.slides.add_slide(deck.slide_layouts[6])
    return saved(deck)


def budget() -> bytes:
    """Two sheets that are shown and one that is not, titles, merged heads, percentages, currencies, dates."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Budget 2026"
    sheet["A1"] = "Income and expenses"
    sheet.merge_cells("A1:E1")
    sheet["A3"], sheet["B3"], sheet["D3"] = "Item", "Spring", "Autumn"
    sheet.merge_cells("B3:C3")
    sheet.merge_cells("D3:E3")
    for column, text in zip("BCDE", ("Planned", "Spent", "Planned", "Spent"), strict=True):
        sheet[f"{column}4"] = text
    for row, cells in enumerate((("Crane", 1200, 1150.5, 0, 0), ("Paint", 80, 95, 60, None)), 5):
        for place, value in enumerate(cells, 1):
            sheet.cell(row, place, value)
    for row in sheet["B5:E6"]:
        for cell in row:
            cell.number_format = "[$£-809]#,##0.00"
    sheet["B5"].comment = Comment("approved", "chair")
    sheet["A9"], sheet["B9"], sheet["C9"] = "Share", "Value", "Since"
    sheet["A10"], sheet["B10"], sheet["C10"] = "Juniors", 0.375, date(2026, 3, 1)
    sheet["B10"].number_format = "0.0%"
    rota = book.create_sheet("Rota")
    rota.append(["Day", "Time", "Who"])
    for day, time, who in (("Saturday", datetime(2026, 5, 2, 9, 30), "Ada"), (None, datetime(2026, 5, 2, 14), "Grace")):
        rota.append([day, time, who])
    rota.merge_cells("A2:A3")
    book.create_sheet("Secrets").append(["the crane's code is 4711"])
    book["Secrets"].sheet_state = "hidden"
    return saved(book)


def notebook() -> bytes:
    """Text, code with its output, an error, and a picture's output."""
    cells = [
        {"cell_type": "markdown", "source": ["# Tides\n", "Measured at the quay."]},
        {
            "cell_type": "code",
            "source": ["import statistics\n", "statistics.mean([1, 2, 4])"],
            "outputs": [{"output_type": "execute_result", "data": {"text/plain": ["2.3333333333333335"]}}],
        },
        {"cell_type": "markdown", "source": "## Spring tide\nIt is the highest after the new moon."},
        {
            "cell_type": "code",
            "source": "height('spring')",
            "outputs": [
                {"output_type": "error", "ename": "NameError", "evalue": "name 'height' is not defined"},
                {
                    "output_type": "display_data",
                    "data": {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure size 1x1>"},
                },
            ],
        },
    ]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}).encode()


def long_price_list(rows: int) -> bytes:
    """A sheet of two columns, whose parts are numbered as its rows are."""
    book = Workbook()
    book.active.append(["Part", "Price"])
    for number in range(2, rows + 2):
        book.active.append([f"Part {number}", number * 3])
    return saved(book)


def saved(document: object) -> bytes:
    held = io.BytesIO()
    document.save(held)  # type: ignore[attr-defined]
    return held.getvalue()
