"""What a file contains that is not in its text: it is counted, kept with the document and reported again."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from knowledge.library import Library
from knowledge.terminal import report_line
from knowledge.types import EVERY_MEMBER, IngestOutcome, IngestReport, LeftOut, LeftOutKind
from tests.knowledge.conftest import GUILD
from tests.knowledge.office_files import budget, saved

HIDDEN_SHEET = (LeftOut(LeftOutKind.HIDDEN_SHEET),)


async def put(library: Library, data: bytes, name: str) -> IngestReport:
    return await library.ingest_bytes(data, name=name, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")


async def test_the_report_says_what_was_left_out_and_says_it_again_of_the_unchanged_file(library: Library) -> None:
    data = budget()
    first = await put(library, data, "budget.xlsx")
    assert (first.outcome, first.left_out) == (IngestOutcome.NEW, HIDDEN_SHEET)
    assert report_line(first).endswith("s); without 1 hidden sheet")
    again = await put(library, data, "budget.xlsx")
    assert (again.outcome, again.left_out) == (IngestOutcome.UNCHANGED, HIDDEN_SHEET)
    text = await put(library, b"Be kind.", "rules.md")
    assert text.left_out == ()
    assert report_line(text).endswith("s)")


async def test_a_file_that_hides_all_it_has_says_so(library: Library) -> None:
    book = Workbook()
    book.create_sheet("Secrets").append(["4711"])
    book["Secrets"].sheet_state = "veryHidden"
    report = await put(library, saved(book), "codes.xlsx")
    assert (report.outcome, report.reason, report.left_out) == (IngestOutcome.FAILED, "no_text", HIDDEN_SHEET)
    assert report_line(report) == "failed: codes.xlsx: the file has no text; without 1 hidden sheet"


@pytest.mark.parametrize("kind", LeftOutKind)
def test_every_kind_is_worded_in_the_terminal(kind: LeftOutKind) -> None:
    report = IngestReport("a", IngestOutcome.NEW, None, 1, None, 0.0, left_out=(LeftOut(kind, 2),))
    assert report_line(report).partition("without ")[2].startswith("2 ")
