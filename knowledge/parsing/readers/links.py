"""Writes a link so that its address is in the text. Edit it for which addresses are shown, and how."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_LONGEST_ADDRESS = 500
_SAFE = "%!#$&'*+,/:;=?@[]~"
"""Characters that may stand in the address of a Markdown link; brackets and bars would end it or its cell."""


def linked(text: str, address: str) -> str:
    """Return a link as Markdown, or its words with the mail address or number that they do not show; else the text.

    Below paragraphs or a heading that are a link as a whole, the address stands alone.
    """
    words = " ".join(text.split())
    if not any(char.isalnum() for char in words) or len(address) > _LONGEST_ADDRESS:
        return text
    scheme, _, rest = address.partition(":")
    scheme, bare, place = scheme.lower(), words.replace("\\", ""), unquote(rest.partition("?")[0])
    if scheme in {"http", "https"} and len(rest) > len("//"):
        is_shown = bare in {address, address.removesuffix("/"), rest.strip("/")}
        shown = words if is_shown else _markdown_link(words, address)
    elif scheme in {"mailto", "tel"}:
        is_shown = place.lower() in bare.lower() if scheme == "mailto" else _digits(place) in _digits(bare)
        shown = words if is_shown or not place else f"{words} ({place})"
    else:
        return text
    if shown == words:
        return text
    if "\n\n" in text:
        return f"{text.rstrip()}\n\n{place if scheme in {'mailto', 'tel'} else address}\n\n"
    return f"{text[: len(text) - len(text.lstrip())]}{shown}{text[len(text.rstrip()) :]}"


def _markdown_link(words: str, address: str) -> str:
    escaped = re.sub(r"(?<!\\)([\[\]])", r"\\\1", words)
    return f"[{escaped}]({quote(address, safe=_SAFE)})"


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())
