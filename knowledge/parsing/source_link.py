"""An address that a document or a moderator gives, checked and put into a form that breaks out of no message.

Opens no connection.
"""

from __future__ import annotations

import re

import httpx

MAX_LINK_CHARS = 400

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_MARKDOWN = str.maketrans({char: f"%{ord(char):02X}" for char in "()[]<>*|~`\\"})


def checked_link(raw: str) -> str | None:
    """`raw` in ASCII, percent-encoded; None where it is no http(s) address, holds credentials or is too long."""
    try:
        url = httpx.URL(raw.strip())
    except httpx.InvalidURL:
        return None
    host = url.raw_host.decode("ascii")
    if url.scheme not in {"http", "https"} or url.userinfo or not _HOST.fullmatch(host):
        return None
    if url.port is not None and url.port >= 2**16:
        return None
    link = str(url).translate(_MARKDOWN)
    return link if len(link) <= MAX_LINK_CHARS else None
