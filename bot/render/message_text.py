"""Building blocks of every message's text: limits, splitting, small print, escaping and code blocks.

Edit this file when the text of messages in general has to change. Nothing here sends anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from discord.utils import escape_markdown

from bot.locales import Texts
from bot.readiness import Loading
from bot.render.tables import shown_table
from chains.types import Language
from knowledge.types import Audience
from storage.sizes import MEGABYTE
from text.markdown.blocks import Kind, blocks, code_block, table_cells
from text.markdown.tables import HEAD_LINES

MESSAGE_LIMIT = 2000
"""The characters that Discord accepts from a bot in one message."""

SMALL_PRINT = "-# "
"""The start of a line that Discord shows in small letters."""

_LIMIT_STEP = 50
_FENCE = "```"
_SHOWN_FENCE = r"\`\`\`"
_FENCE_IN_CODE = re.compile("`(?=``)")
_SWALLOWS_NEXT_LINES = re.compile(r"\s*(?:-# |>>> )")
_QUOTE_LIMIT = 300

# A backslash before any sign makes it a letter, for Discord as for CommonMark. A colon only matters in an address.
_MARKDOWN_SIGNS = re.compile(r"[\\*_~|`<>\[\]#@]|:(?=//)")
_DIRECTION_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that change the direction of the text around them."""


def split_message(text: str, limit: int = MESSAGE_LIMIT) -> tuple[str, ...]:
    """Return `text` in pieces of at most `limit` characters, cut between lines if possible.

    A code block that is cut is closed before the cut and opened again after it.
    """
    pieces: list[str] = []
    piece: list[str] = []
    opening = ""
    room = limit - len(_FENCE) - 1  # A closing fence must always fit.
    for line in _short_lines(text, limit // 2):
        closes = bool(opening) and line.strip() == _FENCE
        if piece and not closes and len("\n".join([*piece, line])) > room:
            pieces.append("\n".join([*piece, _FENCE] if opening else piece))
            piece = [opening] if opening else []
        piece.append(line)
        if line.count(_FENCE) % 2:
            opening = "" if opening else _opening_fence(line)
    if piece:
        pieces.append("\n".join([*piece, _FENCE] if opening else piece))
    return tuple(kept for kept in (piece.strip("\n") for piece in pieces) if kept.strip())


def split_evenly(text: str) -> tuple[str, ...]:
    """Return `text` in as many pieces as `split_message`, but of similar lengths, so that no last line is alone."""
    pieces = split_message(text)
    longest_line = max((len(line) for line in text.splitlines()), default=0)
    for limit in range(max(len(text) // max(1, len(pieces)), 2 * longest_line), MESSAGE_LIMIT, _LIMIT_STEP):
        even = split_message(text, limit)
        if len(even) == len(pieces):
            return even
    return pieces


def close_open_blocks(text: str) -> str:
    """Return `text` as Discord can show it: code in its only fence, and closed, and tables as columns or lists.

    Markdown that swallows or imitates the lines below is escaped.
    """
    lines: list[str] = []
    is_code = False
    for line in _with_discord_blocks(text).split("\n"):
        lines.append(f"\\{line.lstrip()}" if not is_code and _SWALLOWS_NEXT_LINES.match(line) else line)
        is_code ^= bool(line.count(_FENCE) % 2)
    return "\n".join([*lines, _FENCE] if is_code else lines)


def with_footer(text: str, footer: str) -> tuple[str, ...]:
    """Return `text` in messages, with `footer` in one piece below it."""
    pages = split_message(text)
    if pages and len(pages[-1]) + len(footer) < MESSAGE_LIMIT:
        return (*pages[:-1], join_parts(pages[-1], footer))
    return (*pages, *split_message(footer))


def join_parts(*parts: str) -> str:
    """Return the parts that are not empty, one below the other."""
    return "\n".join(part for part in parts if part)


def subtext(*parts: str) -> str:
    """Return the parts that are not empty as one line in small print."""
    return SMALL_PRINT + shorten(" · ".join(part for part in parts if part), MESSAGE_LIMIT // 4)


def quote_question(question: str, language: Language, texts: Texts) -> str:
    """Return the question on one quoted line, for those who did not see the command."""
    return texts(language, "answer.asked", question=escape_markdown(shorten(question, _QUOTE_LIMIT)))


def shorten(text: str, limit: int) -> str:
    """Return `text` on one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def loading_line(part: str, loading: Loading, language: Language, texts: Texts) -> str:
    """Return a line with the progress of the loading of a service."""
    total = loading.total_bytes
    return texts(
        language,
        f"loading.{loading.stage}",
        part=texts(language, f"loading.{part}"),
        percent=100 * loading.done_bytes // total if total else 0,
        done=loading.done_bytes // MEGABYTE,
        total=total // MEGABYTE,
    )


def audience_phrase(key: str, audience: Audience, language: Language, texts: Texts) -> str:
    """Return the sentence `key` about who can read something: `key`_guild, or `key`_channel with the channel."""
    if audience.channel_id is None:
        return texts(language, f"{key}_guild")
    return texts(language, f"{key}_channel", channel=audience.channel_id)


def escape_text(text: str) -> str:
    """Return `text` with all Markdown, mentions and addresses escaped."""
    return _MARKDOWN_SIGNS.sub(lambda sign: "\\" + sign[0], strip_control_characters(text))


def strip_control_characters(text: str) -> str:
    """Return `text` without control characters other than line breaks and tabs."""
    return "".join(
        char
        for char in _DIRECTION_MARKS.sub("", text)
        if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs"}
    )


def link_to(name: str, link: str | None) -> str:
    """Return `name` as a link without a preview if there is one. Escape `name` and check `link` before."""
    return name if link is None else f"[{name}](<{link}>)"


def _with_discord_blocks(text: str) -> str:
    """Return `text` with its code in the only fence that Discord knows, which ends at its next occurrence.

    Discord shows no tables: a narrow one becomes columns, a wide one a list.
    """
    lines = text.split("\n")
    shown: list[str] = []
    for block in blocks(lines):
        own = lines[block.first : block.end]
        code = code_block(own) if block.kind is Kind.CODE else None
        if block.kind is Kind.TABLE:
            shown += shown_table([table_cells(own[0]), *map(table_cells, own[HEAD_LINES:])])
        elif block.kind is not Kind.CODE:
            shown += _without_stray_fence(own)
        elif code is None or (code.fence == _FENCE and _FENCE not in code.text):
            shown += own
        else:
            # A zero-width space between the signs is invisible, and they are no fence.
            shown += [_fence_of(code.language), _FENCE_IN_CODE.sub("`\u200b", code.text), _FENCE]
    return "\n".join(shown)


def _without_stray_fence(lines: Sequence[str]) -> list[str]:
    """Return lines of prose without a fence that none closes, which would make code of all that follows."""
    text = "\n".join(lines)
    if text.count(_FENCE) % 2:
        before, _, after = text.rpartition(_FENCE)
        text = f"{before}{_SHOWN_FENCE}{after}"
    return text.split("\n")


def _opening_fence(line: str) -> str:
    """Return the fence, with its language, that opens a block again as `line` did."""
    return _fence_of(line.rsplit(_FENCE, 1)[1].strip())


def _fence_of(language: str) -> str:
    return _FENCE + (language if re.fullmatch(r"[\w+-]{1,20}", language) else "")


def _short_lines(text: str, limit: int) -> list[str]:
    """Return the lines of `text`, those over `limit` characters cut, at a space if there is one."""
    lines: list[str] = []
    for line in text.splitlines():
        rest = line
        while len(rest) > limit:
            space = rest.rfind(" ", limit // 2, limit)
            at = limit if space < 0 else space
            lines.append(rest[:at])
            rest = rest[at:].lstrip(" ")
        lines.append(rest)
    return lines
