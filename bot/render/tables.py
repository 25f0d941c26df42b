"""Tables as Discord can show them, which has none: aligned columns in a code block, or a list.

Edit this file when tables in messages should look different. Nothing here sends anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from text.markdown.tables import named_cells

_LONGEST_LINE = 56
"""The columns that a phone shows of a code block without wrapping it, about."""
_GAP = "  "
_MARKUP = re.compile(r"\\(?=[\\|*_~`\[\]#<>])|\*\*|__|~~|`|\*(?=\S)|(?<=\S)\*")
"""What Markdown shows as style, and a code block as it is."""


def shown_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines that show a table, whose first row has the names of its columns."""
    width = max(len(row) for row in rows)
    cells = [[row[at] if at < len(row) else "" for at in range(width)] for row in rows]
    plain = [[_MARKUP.sub("", cell) for cell in row] for row in cells]
    widths = [max(_columns(row[at]) for row in plain) for at in range(width)]
    if sum(widths) + len(_GAP) * (width - 1) > _LONGEST_LINE:
        return [_list_item(cells[0], row) for row in cells[1:]]
    rule = ["─" * size for size in widths]
    lines = [_aligned(row, widths) for row in (plain[0], rule, *plain[1:])]
    return ["```", *lines, "```"]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True))
    return _GAP.join(padded).rstrip()


def _list_item(names: Sequence[str], row: Sequence[str]) -> str:
    """Return a row as one item: its first cell in bold, then the others behind their columns' names."""
    first, *others = row
    told = "; ".join(named_cells(names[1:], others))
    bold = f"**{first}**" if first and "**" not in first else first
    return "- " + " · ".join(part for part in (bold, told) if part)


def _columns(text: str) -> int:
    """Return how many columns of a code block `text` takes; Chinese characters and emoji take two."""
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text if unicodedata.combining(char) == 0
    )
