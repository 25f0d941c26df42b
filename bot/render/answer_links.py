"""Takes out of a model's answer what would deceive its readers: links that no source has, and imitated source lines.

A model repeats what a document or a question tells it to. Edit this file to change which links stay, and how.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from text.markdown.blocks import sub_outside_code

_ADDRESS = r"https?://[^\s<>]+"
_LINK = re.compile(
    r"!?\[(?P<words>[^\[\]\n]{1,300})\]\(\s{0,9}<?(?P<target>[^\s()<>]{1,2000}(?:\([^\s()<>]{0,300}\)[^\s()<>]{0,300})?)"
    r">?[^()\n]{0,200}\)"
    rf"|<?(?P<address>{_ADDRESS})>?"
    r"|(?P<invite>\b(?:discord\.(?:gg|me|io)|discord(?:app)?\.com/invite)/)",
    re.IGNORECASE,
)
_ADDRESSES = re.compile(_ADDRESS, re.IGNORECASE)
_INVITE = re.compile(r"\bdiscord(?=\.(?:gg|me|io)/)|\bdiscord(?:app)?(?=\.com/invite/)", re.IGNORECASE)
_SOURCE_LINE = re.compile(
    r"^(?P<before>[ \t>*_#-]{0,20})\[(?P<number>\d{1,2})\]:?[ \t]+(?P<rest>[^\n]+)$", re.MULTILINE
)


def with_known_links(text: str, sources: Iterable[str]) -> str:
    """Return a model's text in which only those links lead somewhere that `sources` contain, none with a preview.

    Of any other link only its words stay. A number of a source moves from the start of its line to the end: only the
    bot's own lines begin with one. Code stays as it is.
    """
    known = {_trimmed(address) for source in sources for address in _ADDRESSES.findall(source)}

    def shown(found: re.Match[str]) -> str:
        if found["words"] is not None:
            words = _unlinked(found["words"])
            return f"[{words}](<{found['target']}>)" if found["target"] in known else words
        if found["address"] is not None:
            address = _trimmed(found["address"])
            rest = found["address"][len(address) :]
            return f"<{address}>{rest}" if address in known else _unlinked(found["address"])
        return _unlinked(found["invite"])

    return sub_outside_code(_SOURCE_LINE, _number_last, sub_outside_code(_LINK, shown, text))


def _number_last(found: re.Match[str]) -> str:
    number = f"[{found['number']}]"
    return found["before"] + found["rest"] + ("" if number in found["rest"] else f" {number}")


def _unlinked(words: str) -> str:
    r"""Return words in which Discord sees no address: a backslash before a sign is not shown."""
    return _INVITE.sub(lambda host: f"{host[0]}\\", words.replace("://", "\\://"))


def _trimmed(address: str) -> str:
    """Return an address without the signs of the sentence around it."""
    trimmed = address.rstrip(".,;:!?'\"*_`|，。；：！？、）」』”’")
    while trimmed.endswith((")", "]")) and trimmed.count(trimmed[-1]) > trimmed.count(
        "(" if trimmed[-1] == ")" else "["
    ):
        trimmed = trimmed[:-1].rstrip(".,;:!?'\"*_`")
    return trimmed
