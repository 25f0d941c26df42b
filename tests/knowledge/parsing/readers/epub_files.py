"""EPUBs, as small as they can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.knowledge.parsing.hostile.parts import packed

CONTAINER = (
    b'<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    b'<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)

_NAV = ' properties="nav"'


def page(body: str, title: str = "ch001.xhtml") -> bytes:
    """A chapter."""
    head = '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'
    return f"{head}<head><title>{title}</title></head><body>{body}</body></html>".encode()


def package_xml(names: Sequence[str], *, metadata: str = "", order: Sequence[str] = (), toc: str = "") -> bytes:
    """The file that describes the book; `order`: the names of its chapters, if not all as they come."""
    kinds = {"ncx": "application/x-dtbncx+xml", "svg": "image/svg+xml"}
    items = "".join(
        f'<item id="{name}" href="{name}" media-type="{kinds.get(name[-3:], "application/xhtml+xml")}"'
        f"{_NAV if name == 'nav.xhtml' else ''}/>"
        for name in names
    )
    spine = "".join(f'<itemref idref="{name}"/>' for name in order or names)
    named = f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
    tocs = f' toc="{toc}"' if toc else ""
    written = f"{named}<manifest>{items}</manifest><spine{tocs}>{spine}</spine>"
    return f'<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf">{written}</package>'.encode()


def epub_book(
    chapters: Mapping[str, bytes],
    *,
    metadata: str = "",
    order: Sequence[str] = (),
    toc: str = "",
    parts: Mapping[str, bytes] | None = None,
) -> bytes:
    """A book of these chapters, by the names of their files; `parts`: further files, by their names in the zip."""
    return packed(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OEBPS/book.opf": package_xml(list(chapters), metadata=metadata, order=order, toc=toc),
            **{f"OEBPS/{name}": content for name, content in chapters.items()},
            **(parts or {}),
        }
    )
