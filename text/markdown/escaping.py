"""Keeps a line of plain text from being read as Markdown. Edit it for how lines begin that mean something there."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"\s{0,3}(?=#{1,6}(?:\s|$)|[=|:\- ]+$|`{3}|~{3}|<[A-Za-z!/?])")
"""How a line begins that Markdown would take for a heading, a table's rule, code or HTML."""


def escaped_line(line: str) -> str:
    """Return a line of plain text, with a backslash before what Markdown would take for a sign of its own."""
    found = _SPECIAL.match(line)
    return line if found is None or not line.strip() else f"{line[: found.end()]}\\{line[found.end() :]}"
