"""Hostile and broken files of every kind, made here, for the tests and the benchmark."""

from __future__ import annotations

from tests.knowledge.parsing.hostile.archives import archives
from tests.knowledge.parsing.hostile.office import excel_files, powerpoint_files, word_files
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
)
HOSTILE_FILES = tuple(file for kind in KINDS for file in kind())
