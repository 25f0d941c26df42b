"""OpenDocument texts written as raw XML."""

from __future__ import annotations

from collections.abc import Mapping

from tests.knowledge.parsing.hostile.parts import packed

_URN = "urn:oasis:names:tc:opendocument:xmlns"
_NAMES = {
    **{name: f"{_URN}:{name}:1.0" for name in ("office", "text", "table", "style", "drawing")},
    "draw": f"{_URN}:drawing:1.0",
    "svg": f"{_URN}:svg-compatible:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "dc": "http://purl.org/dc/elements/1.1/",
}
NAMESPACES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMES.items() if prefix != "drawing")
MANIFEST = "META-INF/manifest.xml"


def odt_file(body: str, *, styles: str = "", common: str = "", parts: Mapping[str, bytes] | None = None) -> bytes:
    """A document of this text; `styles`: its own; `common`: what `styles.xml` holds; `parts`: further ones."""
    return packed(
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "content.xml": content_xml(body, styles),
            "styles.xml": f"<office:document-styles {NAMESPACES}>{common}</office:document-styles>".encode(),
            MANIFEST: b"<manifest/>",
            **(parts or {}),
        }
    )


def content_xml(body: str, styles: str = "") -> bytes:
    """The main part of a document."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {NAMESPACES}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    ).encode()


def p(words: str, style: str = "Standard") -> str:
    return f'<text:p text:style-name="{style}">{words}</text:p>'


def h(words: str, level: int = 1, attributes: str = "") -> str:
    return f'<text:h text:outline-level="{level}" {attributes}>{words}</text:h>'


def style(name: str, family: str, properties: str, parent: str = "") -> str:
    above = f' style:parent-style-name="{parent}"' if parent else ""
    return f'<style:style style:name="{name}" style:family="{family}"{above}>{properties}</style:style>'


def numbered(name: str, *levels: str) -> str:
    """A list style, whose levels are given by their attributes; an empty one has bullets."""
    kinds = (("number" if attributes else "bullet", attributes) for attributes in levels)
    written = (
        f'<text:list-level-style-{kind} text:level="{level}" {attributes}/>'
        for level, (kind, attributes) in enumerate(kinds, 1)
    )
    return f'<text:list-style style:name="{name}">{"".join(written)}</text:list-style>'


def listed(*items: str, attributes: str = 'text:style-name="L1"') -> str:
    return (
        f"<text:list {attributes}>{''.join(f'<text:list-item>{item}</text:list-item>' for item in items)}</text:list>"
    )


def row(*cells: str, attributes: str = "") -> str:
    written = "".join(f"<table:table-cell>{p(cell)}</table:table-cell>" for cell in cells)
    return f"<table:table-row {attributes}>{written}</table:table-row>"
