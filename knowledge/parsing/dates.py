"""The date that a document gives itself: a Markdown file in its front matter, a PDF in its record of changes.

Knows nothing of the text below. What is no date, or lies in the future, counts for nothing.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

_KEYS = ("updated", "last_updated", "lastmod", "modified", "date")
"""Of front matter, the latest first."""
_FRONT_MATTER = re.compile(
    rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n(.{0,16000}?)^(?:---|\.\.\.)[ \t]*\r?$", re.DOTALL | re.MULTILINE
)
_FIELD = r"^{key}[ \t]*:[ \t]*[\"']?(\d{{4}})-(\d{{2}})-(\d{{2}})(?!\d)"
_PDF = (
    re.compile(rb"/ModDate\s{0,9}\(D:(\d{4})(\d{2})(\d{2})"),
    re.compile(rb"<xmp:ModifyDate>(\d{4})-(\d{2})-(\d{2})"),
    re.compile(rb"/CreationDate\s{0,9}\(D:(\d{4})(\d{2})(\d{2})"),
)
_EARLIEST = 1990
"""An earlier year in a file is a clock that was not set."""


def date_of(data: bytes, media: str) -> date | None:
    """The latest date in the file's own record of itself; None where there is none."""
    return {"md": _of_markdown, "pdf": _of_pdf}.get(media, _unknown)(data)


def _of_markdown(data: bytes) -> date | None:
    block = _FRONT_MATTER.match(data)
    if block is None:
        return None
    text = block[1].decode("utf-8", "replace")
    fields = (re.search(_FIELD.format(key=key), text, re.MULTILINE | re.IGNORECASE) for key in _KEYS)
    return next((day for found in fields if found and (day := _day(*found.groups()))), None)


def _of_pdf(data: bytes) -> date | None:
    """Of several records the last in the file: a changed PDF has its new one appended."""
    for pattern in _PDF:
        days = [day for groups in pattern.findall(data) if (day := _day(*(part.decode() for part in groups)))]
        if days:
            return days[-1]
    return None


def _unknown(_: bytes) -> date | None:
    return None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    today = datetime.now(UTC).date()
    if found.year < _EARLIEST or found > today + timedelta(days=1):
        return None
    return min(found, today)  # East of UTC it may be tomorrow already.
