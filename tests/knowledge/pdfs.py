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
