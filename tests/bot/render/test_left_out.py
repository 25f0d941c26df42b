"""What moderators read about content that is not used: hidden or unreadable parts of a file."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.locales import load_texts
from bot.render.ingestion import batch_report, file_report
from bot.render.message_text import MESSAGE_LIMIT
from chains.types import Language
from knowledge.types import EVERY_MEMBER, BatchReport, IngestOutcome, IngestReport, LeftOut, LeftOutKind, Source

TEXTS = load_texts()
SOURCE = Source("s", "1", "boats.xlsx", "xlsx", "0", EVERY_MEMBER, 9, 2, datetime(2026, 5, 2, tzinfo=UTC), "7")
LEFT_OUT = (
    LeftOut(LeftOutKind.HIDDEN_ROW, 2),
    LeftOut(LeftOutKind.HIDDEN_SHEET, 1),
    LeftOut(LeftOutKind.DRAWING, 2),
    LeftOut(LeftOutKind.FORMULA, 1),
)


def report(name: str = "boats.xlsx", left_out: tuple[LeftOut, ...] = LEFT_OUT) -> IngestReport:
    return IngestReport(name, IngestOutcome.NEW, SOURCE, 2, None, 0.1, 2, left_out=left_out)


def test_the_report_on_one_file_tells_hidden_parts_from_those_that_could_not_be_read() -> None:
    _, *lines = file_report(report(), Language.EN, TEXTS, 10).split("\n")
    assert lines == [
        "-# Hidden in the file, so it isn't used: 2 hidden rows, 1 hidden sheet.",
        "-# Couldn't be read: 2 drawings that have no text, 1 formula without a stored value.",
    ]
    _, *lines = file_report(report(), Language.ZH, TEXTS, 10).split("\n")
    assert lines == [
        "-# 文件中隐藏的内容没有收录：2 个隐藏行、1 个隐藏的工作表。",
        "-# 无法读取：2 个没有文字的图形、1 个没有存储结果的单元格公式。",
    ]


def test_a_file_that_is_read_in_full_says_nothing_of_it() -> None:
    assert "\n" not in file_report(report(left_out=()), Language.EN, TEXTS, 10)


def test_a_file_whose_whole_content_is_hidden_says_so() -> None:
    failed = IngestReport(
        "deck.pptx",
        IngestOutcome.FAILED,
        None,
        0,
        None,
        0.1,
        reason="no_text",
        left_out=(LeftOut(LeftOutKind.HIDDEN_SLIDE, 3),),
    )
    assert file_report(failed, Language.EN, TEXTS, 10).endswith(
        "\n-# Hidden in the file, so it isn't used: 3 hidden slides."
    )


def test_the_report_on_many_files_names_those_that_are_not_used_in_full() -> None:
    many = BatchReport((report(), report("rules.md", ()), report("a_b.docx", LEFT_OUT[:1])), 1.0)
    text = batch_report(many, EVERY_MEMBER, Language.EN, TEXTS, 10)
    assert text.split("\n")[-3:] == [
        "**Not used in full:**",
        "- **boats.xlsx**, without 2 hidden rows, 1 hidden sheet, 2 drawings that have no text, "
        "1 formula without a stored value",
        "- **a\\_b.docx**, without 2 hidden rows",
    ]


@pytest.mark.parametrize("failures", [0, 20, 1000])
def test_however_many_files_there_are_the_report_fits_into_one_message(failures: int) -> None:
    failed = [
        IngestReport(f"{'long ' * 30}{n}.pdf", IngestOutcome.FAILED, None, 0, None, 0.1, 0, "corrupt", "", n)
        for n in range(failures)
    ]
    partial = [report(f"{'long ' * 30}{n}.xlsx") for n in range(1000)]
    text = batch_report(BatchReport((*failed, *partial), 1.0), EVERY_MEMBER, Language.EN, TEXTS, 10)
    assert len(text) <= MESSAGE_LIMIT
    assert text.splitlines()[-1].startswith("- and ")
