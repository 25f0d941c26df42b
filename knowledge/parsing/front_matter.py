"""The link and the title in a Markdown file's YAML front matter. Knows nothing of the text below it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from knowledge.parsing.source_link import checked_link

MAX_CHARS = 16_000
_BLOCK = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LINK_KEYS = ("link", "url", "source")


def without_front_matter(markdown: str) -> tuple[str, str | None]:
    """The text and its link. Front matter that gives no link is part of the text, as a table of terms may be.

    Each line keeps its number: empty lines stand for the block, and its title, as a heading, for its last one.
    """
    block = _BLOCK.match(markdown, 0, MAX_CHARS)
    fields = {} if block is None else _fields(block[1])
    given = (fields.get(key) for key in _LINK_KEYS)
    link = next((link for text in given if isinstance(text, str) and (link := checked_link(text))), None)
    if block is None or link is None:
        return markdown, None
    title, body = fields.get("title"), markdown[block.end() :]
    titled = isinstance(title, str) and title.strip() and re.match(r"\s*# ", body) is None
    lines = block[0].count("\n") - (1 if titled else 0)
    return "\n" * lines + (f"# {' '.join(str(title).split())}\n" if titled else "") + body, link


def _fields(block: str) -> Mapping[object, object]:
    try:
        # All values are strings to this loader, and it neither merges nor builds anything: nothing grows.
        found = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
