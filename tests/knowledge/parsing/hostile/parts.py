"""What hostile files are made of: parts of Office files, and zips that are not as they should be."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping

from openpyxl import Workbook
from pptx import Presentation

Change = bytes | None | Callable[[bytes], bytes]
"""A part's new content, made of the old one or not; None: the part goes."""

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDE = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def with_parts(office: bytes, changes: Mapping[str, Change]) -> bytes:
    """An Office file with some parts changed, added or taken out."""
    with zipfile.ZipFile(io.BytesIO(office)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name, change in changes.items():
        old = parts.pop(name, b"")
        if change is not None:
            parts[name] = change if isinstance(change, bytes) else change(old)
    return packed(parts)


def laughs(root: str) -> bytes:
    """Ten entities, each ten times the one before."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "ha">{entities}]><{root}>&e9;</{root}>'.encode()


def behind_a_comment(xml: bytes) -> bytes:
    """The same with 100 kB ahead of what it declares, which hide it from whoever looks at the beginning alone."""
    return xml.replace(b"<!DOCTYPE", b"<!-- " + b"x" * 100_000 + b" --><!DOCTYPE", 1)


def one_long_entity(root: str) -> bytes:
    """No entity within another, but a billion characters all the same."""
    head = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "{"a" * 200_000}">]>'
    return f"{head}<{root}>{'&a;' * 5000}</{root}>".encode()


def swollen(part: bytes) -> bytes:
    """A part with 300 MB of blanks before its last tag: as right as it was."""
    at = part.rindex(b"</")
    return part[:at] + b" " * (300 * 1024**2) + part[at:]


def sparse(megabytes: int) -> bytes:
    """A Word text of empty runs, which packs less well than any limit on that asks for."""
    run = b"".join(b'<w:r w:rsidR="%08X"/>' % (n * 2_654_435_761 % 2**32) for n in range(40_000))
    return word_xml("<w:p/>").replace(b"<w:p/>", b"<w:p>" + run * (megabytes * 1024**2 // len(run)) + b"</w:p>")


def damaged(office: bytes, part: str) -> bytes:
    """An Office file with one part overwritten, packed as it is."""
    with zipfile.ZipFile(io.BytesIO(office)) as archive:
        at = archive.getinfo(part).header_offset + 30 + len(part)
    return office[: at + 20] + bytes(20) + office[at + 40 :]


def ole(stream: str) -> bytes:
    """The beginning of a file of the older programs, with the name of one stream."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + stream.encode("utf-16-le") + bytes(1000)


def word_xml(body: str) -> bytes:
    """The main part of a Word file."""
    return f'<?xml version="1.0"?><w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'.encode()


def deep_word(depth: int) -> bytes:
    """A word below so many elements."""
    return word_xml(f"{'<w:ins>' * depth}<w:r><w:t>boats</w:t></w:r>{'</w:ins>' * depth}")


def nested_tables(depth: int) -> bytes:
    """A word in so many tables within each other."""
    word = "<w:p><w:r><w:t>boats</w:t></w:r></w:p>"
    return word_xml("<w:tbl><w:tr><w:tc>" * depth + word + f"</w:tc></w:tr></w:tbl>{word}" * depth)


def sheet_xml(rows: str, after: str = "") -> bytes:
    """A sheet of an Excel file."""
    xml = f'<?xml version="1.0"?><worksheet xmlns="{_SHEET}"><sheetData>{rows}</sheetData>{after}</worksheet>'
    return xml.encode()


def deep_groups(depth: int) -> bytes:
    """A slide with so many groups within each other."""
    properties = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    tree = f"<p:grpSp>{properties}" * depth + "</p:grpSp>" * depth
    head = f'<p:sld xmlns:p="{_SLIDE}" xmlns:a="{_DRAWING}"><p:cSld><p:spTree>{properties}'
    return f"{head}{tree}</p:spTree></p:cSld></p:sld>".encode()


def empty_deck() -> bytes:
    """Two slides without a word."""
    deck = Presentation()
    for _ in range(2):
        deck.slides.add_slide(deck.slide_layouts[6])
    held = io.BytesIO()
    deck.save(held)
    return held.getvalue()


def empty_book() -> bytes:
    """A sheet without a cell."""
    held = io.BytesIO()
    Workbook().save(held)
    return held.getvalue()


def loud_notebook() -> bytes:
    """A cell that printed 3 MB."""
    printed = {"output_type": "stream", "text": "tick " * 600_000}
    return json.dumps({"cells": [{"cell_type": "code", "source": "wait()", "outputs": [printed]}]}).encode()


def alias_bomb() -> bytes:
    """Front matter of which each line names the one before nine times."""
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return ("---\nurl: https://club.example\n" + "\n".join(lines) + "\n---\n# Boats\nThey float.\n").encode()


def locked(data: bytes) -> bytes:
    """A zip whose members all say that they have a password."""
    return _in_heads(data, 0, b"\x01\x00")


def lying_zip() -> bytes:
    """A member of 100,000 bytes that says it has ten."""
    data = packed({"a.txt": b"boats " * 20_000})
    return data.replace(struct.pack("<I", 120_000), struct.pack("<I", 10))


def unknown_method() -> bytes:
    """A member that is packed by method 99."""
    return _in_heads(packed({"a.md": b"hi"}), 2, b"\x63\x00")


def damaged_zip() -> bytes:
    """A member of which a byte is wrong, and one that is whole."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.md", b"The quay is closed in winter.")
        archive.writestr("b.md", b"B.")
    return held.getvalue().replace(b"closed", b"clOsed")


def linked_zip() -> bytes:
    """A symbolic link."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        link = zipfile.ZipInfo("a.md")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return held.getvalue()


def nested_zips() -> bytes:
    """Fifty, each within the next."""
    data = packed({"a.md": b"Boats."})
    for n in range(50):
        data = packed({f"{n}.zip": data})
    return data


def overlapping_zip() -> bytes:
    """Forty entries that all mean the one file which is there, of noise in letters that hardly packs."""
    letters = bytes(ord("a") + (n * n // 7 + n) % 26 for n in range(9_000_000 // 9)) * 9
    data = packed({"00.txt": letters})
    start = data.rindex(b"PK\x01\x02")
    end = data.rindex(b"PK\x05\x06")
    entries = b"".join(data[start:end].replace(b"00.txt", b"%02d.txt" % n) for n in range(40))
    closing = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 40, 40, len(entries), start, 0)
    return data[:start] + entries + closing


def chinese_zip() -> bytes:
    """A name in GBK, without the mark of UTF-8."""
    name = "规定.md".encode("gb18030")
    return packed({"x" * (len(name) - 3) + ".md": "会员可以借书。".encode()}).replace(
        b"x" * (len(name) - 3) + b".md", name
    )


def twins() -> bytes:
    """Two files of one name."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("a.md", "One.")
        archive.writestr("a.md", "Two.")
    return held.getvalue()


def _in_heads(data: bytes, after_flags: int, value: bytes) -> bytes:
    """Both heads of each member with `value` so many bytes after where its flags are."""
    for mark, flags in ((b"PK\x03\x04", 2), (b"PK\x01\x02", 4)):
        at = flags + after_flags
        before, *heads = data.split(mark)
        data = mark.join([before, *(head[:at] + value + head[at + len(value) :] for head in heads)])
    return data
