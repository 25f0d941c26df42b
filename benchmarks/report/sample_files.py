"""Makes the files that are ingested in the screenshots, in several formats; two of them contradict each other."""

from __future__ import annotations

import io
import zipfile

_STORAGE = "A dinghy may lie in the boat shed for eight pounds a month. The boat shed is open until 18:00 on weekdays."
_SHED = """---
date: 2024-03-01
---
# Boat shed

The boat shed is open until 20:00 on weekdays. Ask the shed master for the key.
"""
_BERTHS = (("Berth", "Length (m)", "Fee a year"), ("Slipway", 6, "£210"), ("North wall", 8, "£260"))
_RULES = "Each boat carries two paddles and a bailer.\nA protest is handed in within thirty minutes of the finish."


def club_zip() -> bytes:
    """Return a zip of a Word document, a sheet, a PDF, Markdown with a date, and a broken Word document."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("storage.docx", _document())
        archive.writestr("berths.xlsx", _sheet())
        archive.writestr("regatta.pdf", _page())
        archive.writestr("shed-2024.md", _SHED)
        archive.writestr("broken.docx", b"PK\3\4 and no more")
    return held.getvalue()


def _document() -> bytes:
    from docx import Document

    document, held = Document(), io.BytesIO()
    document.add_heading("Boat storage", 1)
    document.add_paragraph(_STORAGE)
    document.save(held)
    return held.getvalue()


def _sheet() -> bytes:
    from openpyxl import Workbook

    book, held = Workbook(), io.BytesIO()
    for row in _BERTHS:
        book.active.append(row)
    book.save(held)
    return held.getvalue()


def _page() -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    held = io.BytesIO()
    with rc_context({"pdf.fonttype": 42}):  # Real text instead of drawn letters.
        figure = Figure(figsize=(5, 4))
        figure.text(0.1, 0.85, "Regatta rules", fontsize=18)
        figure.text(0.1, 0.65, _RULES, fontsize=9)
        figure.savefig(held, format="pdf")
    return held.getvalue()
