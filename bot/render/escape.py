"""Text that others wrote, in a form in which Discord shows its every sign and does nothing with it."""

from __future__ import annotations

import re
import unicodedata

# A backslash before any sign makes it a letter, for Discord as for CommonMark. A colon only matters in an address.
_SIGNS = re.compile(r"[\\*_~|`<>\[\]#@]|:(?=//)")
_STEERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of the text around it."""


def escape_text(text: str) -> str:
    """`text` with all Markdown, mentions and addresses taken as letters."""
    return _SIGNS.sub(lambda sign: "\\" + sign[0], strip_control_characters(text))


def strip_control_characters(text: str) -> str:
    """`text` without control characters, line breaks apart."""
    return "".join(
        char for char in _STEERING.sub("", text) if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"}
    )


def link_to(name: str, link: str | None) -> str:
    """`name`, which is plain already, as a link without a preview where there is one. `link` is checked already."""
    return name if link is None else f"[{name}](<{link}>)"
