"""Small PDF files, written by hand, so that their pages say exactly what a test wants."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence

from pypdf import PdfReader, PdfWriter


def pdf(pages: Sequence[str], password: str | None = None) -> bytes:
    """One page a text; an empty text makes a page without text, like a scan's."""
    data = _file([f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode() if text else b"" for text in pages])
    if password is None:
        return data
    writer = PdfWriter(PdfReader(io.BytesIO(data)))
    writer.encrypt(password, algorithm="AES-256")
    encrypted = io.BytesIO()
    writer.write(encrypted)
    return encrypted.getvalue()


def bomb() -> bytes:
    """A small file, one page of which unpacks to 400 MB."""
    packer = zlib.compressobj(9)
    block = b"(boom) Tj " * 100_000
    packed = b"".join(packer.compress(block) for _ in range(400)) + packer.flush()
    return _file([packed], b"/Filter /FlateDecode ")


def _file(streams: Sequence[bytes], stream_entries: bytes = b"") -> bytes:
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(streams)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(streams)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, stream in enumerate(streams):
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * n} 0 R "
        objects.append(page.encode() + b"/Resources << /Font << /F1 3 0 R >> >> >>")
        objects.append(
            b"<< " + stream_entries + f"/Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream"
        )
    return pdf_of(objects)


def pdf_of(objects: Sequence[bytes]) -> bytes:
    """A file of these objects, numbered from 1; the first is its catalog."""
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return body + end.encode() + f"startxref\n{len(body)}\n%%EOF\n".encode()


HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


def at(x: float, y: float, text: str, size: float = 12, before: str = "") -> str:
    """Operators that draw a text at its place; `before` sets the state of the text."""
    written = text.encode("cp1252").decode("latin-1").replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F1 {size} Tf {before} 1 0 0 1 {x} {y} Tm ({written}) Tj ET\n"


def drawn(
    *pages: str, font: bytes = HELVETICA, annotations: Sequence[bytes] = (), catalog: bytes = b"", page: bytes = b""
) -> bytes:
    """Pages of these operators; the annotations, of which the first has the number 4, are on the first page."""
    first = 4 + len(annotations)
    kids = b" ".join(b"%d 0 R" % (first + 2 * n) for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Count %d /Kids [%b] >>" % (len(pages), kids),
        font,
        *annotations,
    ]
    for n, operators in enumerate(pages):
        stream = operators.encode("latin-1")
        notes = b" ".join(b"%d 0 R" % (4 + each) for each in range(len(annotations))) if n == 0 else b""
        head = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R " % (first + 2 * n + 1)
        objects.append(head + b"/Resources << /Font << /F1 3 0 R >> >> /Annots [" + notes + b"] " + page + b">>")
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream))
    return pdf_of(objects)


def cid_font(encoding: bytes, ordering: bytes, more: bytes = b"") -> bytes:
    """A font of two-byte characters that is not embedded."""
    descriptor = b"<< /Type /FontDescriptor /FontName /Foo /Flags 4 /ItalicAngle 0 /Ascent 800 /Descent -200 >>"
    descendant = (
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Foo /DW 1000 /FontDescriptor "
        + descriptor
        + b" /CIDSystemInfo << /Registry (Adobe) /Ordering ("
        + ordering
        + b") /Supplement 1 >> >>"
    )
    named = b"<< /Type /Font /Subtype /Type0 /BaseFont /Foo /Encoding " + encoding
    return named + b" /DescendantFonts [" + descendant + b"] " + more + b" >>"
