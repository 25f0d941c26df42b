"""The table of formats: all that it lists can be read, cited and named, so that a new row is all a format needs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.locales import load_texts
from bot.render.sources import format_names
from chains.types import Language
from knowledge.chunking.splitter import split_document
from knowledge.parsing.formats import CODE, FORMATS, MEDIA_BY_SUFFIX, Format
from knowledge.parsing.loader import load_document
from tests.knowledge.office_files import budget, notebook, slide_deck, word_handbook
from tests.knowledge.parsing.hostile.files import HOSTILE_FILES
from tests.knowledge.parsing.readers.epub_files import epub_book, page
from tests.knowledge.parsing.readers.odt_files import odt_file, p
from tests.knowledge.pdfs import pdf

EXAMPLES: dict[str, Callable[[], bytes]] = {
    "md": lambda: b"# Fees\n\nA berth costs 40 pounds.\n",
    "rst": lambda: b"Fees\n====\n\nA berth costs 40 pounds.\n",
    "txt": lambda: b"A berth costs 40 pounds.\n",
    "html": lambda: b"<h1>Fees</h1><p>A berth costs 40 pounds.</p>",
    "pdf": lambda: pdf(["A berth costs 40 pounds."]),
    "docx": word_handbook,
    "pptx": slide_deck,
    "org": lambda: b"* Fees\nA berth costs 40 pounds.\n",
    "odt": lambda: odt_file(p("A berth costs 40 pounds.")),
    "rtf": lambda: rb"{\rtf1 A berth costs 40 pounds.\par}",
    "epub": lambda: epub_book({"a.xhtml": page("<h1>Fees</h1><p>A berth costs 40 pounds.</p>")}),
    "eml": lambda: b"Subject: Fees\n\nA berth costs 40 pounds.\n",
    "vtt": lambda: b"WEBVTT\n\n00:01.000 --> 00:02.000\nA berth costs 40 pounds.\n",
    "xlsx": budget,
    "csv": lambda: b"what,price\nberth,40\n",
    "tsv": lambda: b"what\tprice\nberth\t40\n",
    "json": lambda: b'{"berth": 40}',
    "jsonl": lambda: b'{"berth": 40}\n{"shed": 25}\n',
    "ipynb": notebook,
    CODE: lambda: b"def berth() -> int:\n    return 40\n",
}


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.media)
def test_each_format_is_read_with_a_place_for_each_of_its_lines(format_: Format) -> None:
    document = load_document(EXAMPLES[format_.media](), f"a{format_.suffixes[0]}", 10**7)
    assert document.media == format_.media
    assert document.sections
    for section in document.sections:
        assert section.numbers is None or len(section.numbers) == len(section.text.split("\n"))
    chunks = split_document(document, "source")
    assert chunks
    if format_.has_lines:
        assert all(chunk.place.line is not None for chunk in chunks)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.media)
def test_each_format_is_tried_with_hostile_files(format_: Format) -> None:
    assert any(file.name.endswith(format_.suffixes) for file in HOSTILE_FILES)


@pytest.mark.parametrize("language", Language)
def test_each_format_has_a_name_in_both_languages(language: Language) -> None:
    texts = load_texts()
    names = format_names(language, texts)
    for format_ in FORMATS:
        assert texts(language, f"formats.{format_.media}") in names


def test_no_extension_stands_for_two_formats() -> None:
    moderators_answers = 1
    assert len(MEDIA_BY_SUFFIX) == moderators_answers + sum(len(format_.suffixes) for format_ in FORMATS)
