"""Reads a PDF page by page with PDFium, in the order in which a person reads it, with its form's values and notes.

What PDFium finds broken is read by LangChain's parser over pypdf, which minds less about a file's structure. Edit it
for what of a page is read.
"""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from knowledge.parsing.pdf_layout.blocks import Block, Line, blocks_of
from knowledge.parsing.pdf_layout.fields import Annotations, as_segments, read_annotations
from knowledge.parsing.pdf_layout.glyphs import UNREADABLE, Glyph, TooManyGlyphs, drawn_boxes, read_glyphs, turned
from knowledge.parsing.pdf_layout.paragraphs import HyphenatedWords, page_text
from knowledge.parsing.pdf_layout.running_heads import without_running_heads
from knowledge.parsing.pdf_layout.segments import Segment, rows_of
from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from knowledge.types import LeftOut, LeftOutKind

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

_PATIENCE_S = 8.0
_SAME_ROW = 0.6
"""How far a field's middle may be from its label's, in sizes of the font."""


def read_pdf(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield a part for each page, even an empty one. Raises ReaderRefused, and PdfiumError for a broken file."""
    from pypdfium2 import PdfiumError, raw

    try:
        read: list[ParsedPart | LeftOut] = list(_read_with_pdfium(data))
    except PdfiumError as error:
        if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
            raise ReaderRefused("encrypted") from error
        pages = _read_with_pypdf(data)
        if not any(page.text.strip() for page in pages):
            raise
        read = [*pages]
    yield from read


def _read_with_pypdf(data: bytes) -> list[ParsedPart]:
    """Return the text of each page in the order of the file; empty where pypdf can't read it either."""
    from langchain_community.document_loaders.parsers import PyPDFParser
    from langchain_core.documents.base import Blob

    try:
        with _at_most(_PATIENCE_S):
            pages = list(PyPDFParser().lazy_parse(Blob.from_data(data, mime_type="application/pdf")))
    except Exception:  # noqa: BLE001  # pypdf raises almost anything on a broken file; PDFium's error is the one told
        return []
    return [ParsedPart(page.page_content, number) for number, page in enumerate(pages, 1)]


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise TimeoutError within the block after so many seconds: a hostile file can keep pypdf busy for minutes.

    The reader's process has one thread, and no other use of the timer.
    """

    def give_up(_number: int, _frame: object) -> None:
        raise TimeoutError(f"pypdf took more than {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _read_with_pdfium(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    from pypdfium2 import PdfDocument, raw

    document = PdfDocument(data)
    if document.get_formtype() != raw.FORMTYPE_NONE:
        document.init_forms()
    try:
        pages, notes = _read_pages(document)
    except TooManyGlyphs as error:
        raise ReaderRefused("too_large") from error
    pages = without_running_heads(pages)
    words = HyphenatedWords(pages)
    for number, (blocks, added) in enumerate(zip(pages, notes, strict=True), 1):
        readable, unreadable = _without_few_unreadable(blocks)
        lines = [page_text(readable, words), *(f"\n> {note}" for note in added.notes)]
        text = "\n".join(lines).strip("\n")
        yield ParsedPart(text, number)
        yield LeftOut(LeftOutKind.HIDDEN_TEXT, added.hidden)
        yield LeftOut(LeftOutKind.GARBLED_TEXT, unreadable)
        if not text:
            yield LeftOut(LeftOutKind.PAGE)
    yield LeftOut(LeftOutKind.EMBEDDED_FILE, raw.FPDFDoc_GetAttachmentCount(document))


def _read_pages(document: PdfDocument) -> tuple[list[list[Block]], list[Annotations]]:
    pages: list[list[Block]] = []
    notes: list[Annotations] = []
    for number in range(len(document)):
        page = document[number]
        added = read_annotations(document, page)
        pages.append(list(_page_blocks(page, added)))
        notes.append(added)
        page.close()
    return pages, notes


def _without_few_unreadable(blocks: Sequence[Block]) -> tuple[Sequence[Block], int]:
    """Return the blocks without lines in a font that doesn't say which letters it draws, and the number of these.

    If they are many, all stay, so that the page is seen to be garbled.
    """
    lines = [block for block in blocks if isinstance(block, Line)]
    unreadable = [line for line in lines if 2 * line.text.count(UNREADABLE) > len(line.text.replace(" ", ""))]
    if 4 * sum(len(line.text) for line in unreadable) > sum(len(line.text) for line in lines):
        return blocks, 0
    left_out = set(map(id, unreadable))
    return [block for block in blocks if id(block) not in left_out], len(unreadable)


def _page_blocks(page: PdfPage, added: Annotations) -> Iterator[Block]:
    """Yield the blocks of a page: its text in its usual direction, then what is turned otherwise."""
    text = page.get_textpage()
    directions = read_glyphs(text)
    text.close()
    usual = next((each.quarters for each in directions if each.quarters is not None), 0)
    own = next((each.glyphs for each in directions if each.quarters == usual), ())
    rows = _with_segments(rows_of(own), list(as_segments(added, usual)))
    yield from blocks_of(rows, lambda: [turned(box, usual) for box in drawn_boxes(page)])
    for other in directions:
        if other.quarters is None:
            yield _stamp(other.glyphs)
        elif other.quarters != usual:
            yield from blocks_of(rows_of(other.glyphs), list)


def _stamp(glyphs: Sequence[Glyph]) -> Line:
    """Return text that runs at an angle as one line, in the order in which it is drawn."""
    first, last = glyphs[0], glyphs[-1]
    text = " ".join("".join(glyph.text for glyph in glyphs).split())
    left, right = sorted((first.left, last.right))
    return Line(text, left, right, -math.inf, first.size, (left, right))


def _with_segments(rows: list[list[Segment]], added: list[Segment]) -> list[list[Segment]]:
    """Return the rows with these segments in them, or in rows of their own."""
    for segment in added:
        near = [row for row in rows if abs(row[0].baseline - segment.baseline) <= _SAME_ROW * segment.size]
        if near:
            row = min(near, key=lambda row: abs(row[0].baseline - segment.baseline))
            row.append(segment)
            row.sort(key=lambda each: each.left)
        else:
            rows.append([segment])
    return sorted(rows, key=lambda row: -row[0].baseline)
