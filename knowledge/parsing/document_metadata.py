"""What a document says of itself: a Markdown file's link, title and date, a PDF's last change, an e-mail's date.

Edit it for the names of front matter's fields, for dates that are believed, and for links that are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import yaml

MAX_LINK_CHARS = 400
MAX_FRONT_MATTER_CHARS = 16_000

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LINK_KEYS = ("link", "url", "source")
_DATE_KEYS = ("updated", "last_updated", "lastmod", "modified", "date")
"""The date of the latest change first."""
_DATE_FIELD = r"^{key}[ \t]*:[ \t]*[\"']?(\d{{4}})-(\d{{2}})-(\d{{2}})(?!\d)"
_PDF_DATES = (
    re.compile(rb"/ModDate\s{0,9}\(D:(\d{4})(\d{2})(\d{2})"),
    re.compile(rb"<xmp:ModifyDate>(\d{4})-(\d{2})-(\d{2})"),
    re.compile(rb"/CreationDate\s{0,9}\(D:(\d{4})(\d{2})(\d{2})"),
)
MAX_HEAD_BYTES = 100_000
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_SENT = re.compile(rb"^Date[ \t]{0,9}:[ \t]*([^\r\n]{1,100})", re.IGNORECASE | re.MULTILINE)
_EARLIEST_YEAR = 1990
"""An earlier year in a file comes from a clock that was not set."""
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_MARKDOWN_SIGNS = str.maketrans({char: f"%{ord(char):02X}" for char in "()[]<>*|~`\\"})


@dataclass(frozen=True, slots=True)
class MarkdownDocument:
    """Holds a Markdown file's text and what its front matter says of it."""

    text: str
    link: str | None = None
    """A checked link to the document."""
    dated: date | None = None


def read_front_matter(markdown: str) -> MarkdownDocument:
    """Return the document without its front matter, with the link and the date that this gives.

    Front matter without a link stays in the text, as it may be a table of terms. Each line keeps its number: empty
    lines replace the block, and the title becomes a heading on its last line.
    """
    block = _FRONT_MATTER.match(markdown, 0, MAX_FRONT_MATTER_CHARS)
    if block is None:
        return MarkdownDocument(markdown)
    dated, fields = _front_matter_date(block[1]), _front_matter_fields(block[1])
    given = (fields.get(key) for key in _LINK_KEYS)
    link = next((link for text in given if isinstance(text, str) and (link := checked_link(text))), None)
    if link is None:
        return MarkdownDocument(markdown, dated=dated)
    title, body = fields.get("title"), markdown[block.end() :]
    heading = ""
    if isinstance(title, str) and title.strip() and re.match(r"\s*# ", body) is None:
        heading = f"# {' '.join(title.split())}\n"
    empty_lines = "\n" * (block[0].count("\n") - (1 if heading else 0))
    return MarkdownDocument(empty_lines + heading + body, link, dated)


def pdf_date(data: bytes) -> date | None:
    """Return the date of a PDF's last change, else that of its creation, or None where it states neither.

    Of several records the last one counts, because a changed PDF has its new record appended.
    """
    for pattern in _PDF_DATES:
        days = [day for parts in pattern.findall(data) if (day := _believable_date(*(part.decode() for part in parts)))]
        if days:
            return days[-1]
    return None


def email_date(data: bytes) -> date | None:
    """Return the day on which a message was sent, where its sender was; None where it states none."""
    head = _END_OF_HEAD.split(data[:MAX_HEAD_BYTES], maxsplit=1)[0]
    found = _SENT.search(head)
    if found is None:
        return None
    try:
        sent = parsedate_to_datetime(found[1].decode("ascii", "replace"))
    except (ValueError, OverflowError):
        return None
    return _believable_date(f"{sent.year}", f"{sent.month}", f"{sent.day}")


def checked_link(raw: str) -> str | None:
    """Return `raw` in ASCII, percent-encoded so that it can't break out of a message's Markdown.

    None: it is not an http(s) address, holds credentials or is too long. No connection is opened.
    """
    try:
        url = httpx.URL(raw.strip())
    except (httpx.InvalidURL, UnicodeError):  # The latter for a lone surrogate.
        return None
    host = url.raw_host.decode("ascii")
    if url.scheme not in {"http", "https"} or url.userinfo or not _HOST.fullmatch(host):
        return None
    if url.port is not None and url.port >= 2**16:
        return None
    link = str(url).translate(_MARKDOWN_SIGNS)
    return link if len(link) <= MAX_LINK_CHARS else None


def _front_matter_fields(block: str) -> Mapping[object, object]:
    try:
        # All values are strings to this loader, and it neither merges nor builds anything, so nothing grows.
        found = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _front_matter_date(block: str) -> date | None:
    """Return the date that the lines of front matter state, even where they are not valid YAML as a whole."""
    patterns = (_DATE_FIELD.format(key=key) for key in _DATE_KEYS)
    found = (re.search(pattern, block, re.MULTILINE | re.IGNORECASE) for pattern in patterns)
    return next((day for each in found if each and (day := _believable_date(*each.groups()))), None)


def _believable_date(year: str, month: str, day: str) -> date | None:
    """Return the date; None if it does not exist, is too early or is in the future."""
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    today = datetime.now(UTC).date()
    if found.year < _EARLIEST_YEAR or found > today + timedelta(days=1):
        return None
    return min(found, today)  # East of UTC it may be tomorrow already.
