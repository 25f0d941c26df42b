"""Reads a Word file as Markdown: headings, lists, tables, footnotes and image descriptions.

Edit it for how styles become headings.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from knowledge.parsing.readers.doctype import refuse_dtd
from knowledge.parsing.readers.html import markdown_of
from knowledge.parsing.readers.parts import IMAGE_MARK, ParsedPart

if TYPE_CHECKING:
    from mammoth.documents import Image

# The title of a document ranks above its headings.
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Heading 1'] => h2:fresh
p[style-name='Heading 2'] => h3:fresh
p[style-name='Heading 3'] => h4:fresh
p[style-name='Heading 4'] => h5:fresh
p[style-name='Heading 5'] => h6:fresh
p[style-name='Heading 6'] => h6:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote:fresh
p[style-name='Intense Quote'] => blockquote:fresh
"""


def read_word(data: bytes) -> Iterator[ParsedPart]:
    """Yield the document as the only part. Raises ReaderRefused and what mammoth raises."""
    import mammoth
    from bs4 import BeautifulSoup

    refuse_dtd(data)
    html = mammoth.convert_to_html(
        io.BytesIO(data), style_map=_STYLES, convert_image=mammoth.images.img_element(_no_pixels)
    )
    soup = BeautifulSoup(html.value, "html.parser")
    for back_link in soup.select('a[href^="#footnote-ref"], a[href^="#endnote-ref"]'):
        back_link.decompose()
    for image in soup.find_all("img"):
        words = " ".join(str(image.get("alt") or "").split())
        image.replace_with(f"{IMAGE_MARK} {words}" if words else "")
    yield ParsedPart(markdown_of(soup))


def _no_pixels(_: Image) -> dict[str, str]:
    return {"src": ""}
