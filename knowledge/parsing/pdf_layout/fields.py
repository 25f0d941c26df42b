"""Reads what was written into a PDF's form, and the notes on its pages. Edit it for how a field's value is shown."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.parsing.pdf_layout.glyphs import Box, turned
from knowledge.parsing.pdf_layout.segments import Segment

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

MAX_ANNOTATIONS = 5000
"""On one page."""
MAX_CHARS = 20_000
"""Of one value or note."""
YES, NO = "☑ yes", "☐ no"
_HIDDEN, _NO_VIEW = 1 << 1, 1 << 5
_PASSWORD = 1 << 13
_LARGEST_SIZE = 12.0
_USUAL_WIDTH = 0.5
"""Of a character, in sizes of the font."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """Holds what stands on a page besides its own text."""

    placed: tuple[tuple[str, Box], ...] = ()
    """Values of fields and texts that were written on the page, each with its place."""
    notes: tuple[str, ...] = ()
    hidden: int = 0
    """The number of those that a viewer does not show."""


def read_annotations(document: PdfDocument, page: PdfPage) -> Annotations:
    """Return the fields and notes of a page, without hidden ones and passwords."""
    from pypdfium2 import raw

    placed: list[tuple[str, Box]] = []
    notes: list[str] = []
    hidden = 0
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            is_field = kind == raw.FPDF_ANNOT_WIDGET
            text = _field_text(document, annotation) if is_field else _string(annotation, b"Contents")
            if not text.strip() or kind in {raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_LINK}:
                continue
            if raw.FPDFAnnot_GetFlags(annotation) & (_HIDDEN | _NO_VIEW):
                hidden += 1
            elif is_field or kind == raw.FPDF_ANNOT_FREETEXT:
                placed.append((" ".join(text.split()), _box(annotation)))
            else:
                notes.append(" ".join(text.split()))
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return Annotations(tuple(placed), tuple(notes), hidden)


def as_segments(annotations: Annotations, quarters: int) -> Iterator[Segment]:
    """Yield the values at their places, in the direction of the page's text."""
    for text, box in annotations.placed:
        left, bottom, right, top = turned(box, quarters)
        size = min(max(top - bottom, 1.0), _LARGEST_SIZE)
        baseline = (top + bottom) / 2 - 0.35 * size
        yield Segment(text, left, min(right, left + _USUAL_WIDTH * size * len(text)), baseline, size)


def _field_text(document: PdfDocument, annotation: object) -> str:
    from pypdfium2 import raw

    form = document.formenv
    if form is None:
        return ""
    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in {raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON}:
        is_checked = bool(raw.FPDFAnnot_IsChecked(form, annotation))
        name = _read(lambda *buffer: raw.FPDFAnnot_GetFormFieldExportValue(form, annotation, *buffer)).strip()
        if kind == raw.FPDF_FORMFIELD_RADIOBUTTON:
            return (f"☑ {name}" if _is_word(name) else YES) if is_checked else ""
        return (f"☑ {name}" if _is_word(name) else YES) if is_checked else NO
    if kind not in {raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX}:
        return ""
    if raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD and kind == raw.FPDF_FORMFIELD_TEXTFIELD:
        return ""
    return _read(lambda *buffer: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *buffer))


def _is_word(name: str) -> bool:
    """Return whether the name of a ticked box says more than that it is ticked."""
    return any(char.isalpha() for char in name) and name.lower() not in {"on", "yes", "off", "true"}


def _string(annotation: object, key: bytes) -> str:
    from pypdfium2 import raw

    return _read(lambda *buffer: raw.FPDFAnnot_GetStringValue(annotation, key, *buffer))


def _read(call: Callable[[object, int], int]) -> str:
    """Return a text that PDFium writes in UTF-16, and whose length in bytes it returns."""
    from pypdfium2 import raw

    length = min(call(None, 0), 2 * MAX_CHARS)
    if length <= 2:
        return ""
    buffer = ctypes.create_string_buffer(length)
    call(ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    return buffer.raw.decode("utf-16-le", "replace").split("\0", 1)[0]


def _box(annotation: object) -> Box:
    from pypdfium2 import raw

    rect = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, rect)
    bottom, top = sorted((rect.bottom, rect.top))
    return min(rect.left, rect.right), bottom, max(rect.left, rect.right), top
