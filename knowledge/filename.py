"""A safe display name from whatever name a file was sent with. Knows no file system."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME_CHARS = 100

# Markdown, mentions, and what Windows and Discord treat specially. An underscore inside a name is harmless.
_UNSAFE = re.compile(r"[*`~|<>\[\]()\\:\"?@#$^{}!;&%=+']+")


def safe_name(raw: str) -> str:
    """The last part of `raw`, without control, invisible and Markdown characters; never empty, never a path."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", raw))[-1]
    name = "".join(" " if char.isspace() else char for char in name)
    name = "".join(char for char in name if not unicodedata.category(char).startswith("C"))
    name = re.sub(r"[\s]+", " ", _UNSAFE.sub("-", name)).strip(" .-_")
    if len(name) > MAX_NAME_CHARS:
        stem, dot, suffix = name.rpartition(".")
        suffix = dot + suffix if dot and len(suffix) < 10 else ""
        name = (stem if suffix else name)[: MAX_NAME_CHARS - len(suffix)].rstrip(" .-_") + suffix
    return name or "document"
