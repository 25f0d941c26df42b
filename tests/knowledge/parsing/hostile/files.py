"""Hostile and broken files of every kind, made here, for the tests and the benchmark."""

from __future__ import annotations

from tests.knowledge.parsing.hostile.archives import archives
from tests.knowledge.parsing.hostile.office import excel_files, powerpoint_files, word_files
from tests.knowledge.parsing.hostile.other_documents import (
    emails,
    epub_files,
    macro_workbooks,
    odt_files,
    org_files,
    rtf_files,
    subtitle_files,
    tsv_files,
)
from tests.knowledge.parsing.hostile.pdfs import pdf_files
from tests.knowledge.parsing.hostile.texts import csv_files, json_files, notebooks, rst_files, texts, web_pages

KINDS = (
    pdf_files,
    word_files,
    powerpoint_files,
    excel_files,
    csv_files,
    json_files,
    notebooks,
    web_pages,
    rst_files,
    texts,
    archives,
    odt_files,
    rtf_files,
    epub_files,
    emails,
    subtitle_files,
    org_files,
    tsv_files,
    macro_workbooks,
)
HOSTILE_FILES = tuple(file for kind in KINDS for file in kind())
