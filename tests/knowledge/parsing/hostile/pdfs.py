"""Hostile and broken PDFs."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from knowledge.errors import Reason
from tests.knowledge.office_files import word_handbook
from tests.knowledge.parsing.hostile.file import READ, HostileFile, hostile
from tests.knowledge.parsing.hostile.parts import packed
from tests.knowledge.pdfs import bomb, pdf, pdf_of


def pdf_files() -> Iterator[HostileFile]:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"
    catalog, pages = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"

    def filtered(filters: bytes, content: bytes) -> bytes:
        stream = b"<< /Filter [%s] /Length %d >>\nstream\n%s\nendstream" % (filters, len(content), content)
        return pdf_of([catalog, pages, page, stream])

    yield hostile("words that are no PDF", "a.pdf", lambda: b"not a pdf", Reason.CORRUPT)
    yield hostile("a PDF cut off in the middle", "a.pdf", lambda: pdf(["a page"])[:200], Reason.CORRUPT)
    yield hostile("the head and the end of a PDF, nothing between", "a.pdf", lambda: b"%PDF-1.7\n%%EOF", Reason.CORRUPT)
    yield hostile("a PDF behind a password", "a.pdf", lambda: pdf(["secret"], password="p"), Reason.ENCRYPTED)
    yield hostile("a page that unpacks to 400 MB", "a.pdf", bomb, Reason.TOO_LARGE)
    yield hostile(
        "a stream packed twice, 300 MB",
        "a.pdf",
        lambda: filtered(b"/FlateDecode /FlateDecode", zlib.compress(zlib.compress(b" " * 300_000_000, 9), 9)),
        Reason.NO_TEXT,
    )
    yield hostile("pages without text, as of a scan", "a.pdf", lambda: pdf(["", ""]), Reason.NO_TEXT)
    cyclic = b"<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] >>"
    yield hostile("a tree of pages that holds itself", "a.pdf", lambda: pdf_of([catalog, cyclic]), Reason.CORRUPT)
    deep = b"<< /Type /Catalog /Pages 2 0 R /X " + b"[" * 60_000 + b"]" * 60_000 + b" >>"
    yield hostile("60,000 lists within each other", "a.pdf", lambda: pdf_of([deep, pages, page]), Reason.NO_TEXT)
    yield hostile(
        "a PDF that says it has two billion pages",
        "a.pdf",
        lambda: pdf(["one"]).replace(b"/Count 1", b"/Count 2147483647"),
        READ,
    )
    yield hostile("a table of places that points to itself", "a.pdf", lambda: _looped(pdf(["one"])), READ)
    yield hostile("a photo that is called a PDF", "a.pdf", lambda: b"\xff\xd8\xff\xe0" + bytes(300), Reason.CORRUPT)
    yield hostile("a Word file that is called a PDF", "a.pdf", word_handbook, Reason.MISNAMED)
    yield hostile("a web page that is called a PDF", "a.pdf", lambda: b"<!DOCTYPE html><p>Not found", Reason.MISNAMED)
    ten = b"(boom) Tj " * 2_000_000
    for _ in range(10):
        ten = zlib.compress(ten, 9)
    yield hostile("a stream packed ten times", "a.pdf", lambda: filtered(b"/FlateDecode " * 10, ten), Reason.NO_TEXT)
    yield hostile(
        "a page of a million words, each at a place of its own",
        "a.pdf",
        lambda: pdf(["a) Tj 1 0 Td (" * 600_000]),
        READ,
    )
    yield hostile(
        "a stream that lies about its length",
        "a.pdf",
        lambda: pdf(["Kayaks"]).replace(b"/Length ", b"/Length 99999999"),
        READ,
    )
    yield hostile(
        "a PDF whose objects are elsewhere", "a.pdf", lambda: pdf(["one"]).replace(b"00000000", b"99999999"), READ
    )
    yield hostile("a PDF and a zip in one", "a.pdf", lambda: pdf(["one"]) + packed({"a.md": b"hi"}), READ)
    yield hostile("a PDF that begins as a GIF", "a.pdf", lambda: b"GIF89a\n" + pdf(["Kayaks"]), READ)


def _looped(data: bytes) -> bytes:
    place = data.rpartition(b"startxref\n")[2].partition(b"\n")[0]
    return data.replace(b"trailer\n<< ", b"trailer\n<< /Prev " + place + b" ")
