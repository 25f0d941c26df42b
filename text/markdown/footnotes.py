"""Moves a Markdown text's footnotes to their marks, so that no chunk separates them from what they explain.

Edit it for the syntax of footnotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from text.markdown.blocks import Kind, blocks, sub_outside_code

_DEFINITION = re.compile(r" {0,3}\[\^([^\]\s]{1,100})\]:[ \t]*(?=\S)")
_MARK = re.compile(r"\[\^([^\]\s]{1,100})\](?!:)")
_BAR = re.compile(r"(?<!\\)\|")
"""A bar that would end a table's cell."""
_INDENTED = re.compile(r"(?: {4}|\t)[ \t]*\S")
_LONGEST = 500
"""Characters; a longer footnote is a text of its own and stays in place."""


def inline_footnotes(markdown: str) -> str:
    """Return the text with each footnote in parentheses at its first mark, every line where it was."""
    if "[^" not in markdown:
        return markdown
    lines = markdown.split("\n")
    definitions = {name: (first, end, text) for name, first, end, text in _definitions(lines)}
    marked: set[str] = set()

    def note(mark: re.Match[str]) -> str:
        marked.add(mark[1])
        return mark[0]

    sub_outside_code(_MARK, note, markdown)
    kept = {name: text for name, (_, _, text) in definitions.items() if name in marked}
    for name in kept:
        first, end, _ = definitions[name]
        lines[first:end] = [""] * (end - first)

    def inlined_at(mark: re.Match[str]) -> str:
        text = kept.pop(mark[1], None)
        return mark[0] if text is None else f" ({text})"

    for block in blocks(lines):
        if block.kind is Kind.TABLE:
            own = "\n".join(lines[block.first : block.end])
            for name in {mark[1] for mark in _MARK.finditer(own)} & kept.keys():
                kept[name] = _BAR.sub(r"\|", kept[name])
    inlined = sub_outside_code(_MARK, inlined_at, "\n".join(lines))
    # A footnote whose only mark is in another one would be lost.
    return inlined if not kept else markdown


def _definitions(lines: list[str]) -> Iterator[tuple[str, int, int, str]]:
    """Yield name, first line, line after the last, and text of each footnote; the first of a name counts."""
    known: set[str] = set()
    for block in blocks(lines):
        at = block.first
        while block.kind is Kind.TEXT and at < block.end:
            found = _DEFINITION.match(lines[at])
            if found is None or found[1] in known:
                at += 1
                continue
            end = _footnote_end(lines, at, block.end)
            text = " ".join([lines[at][found.end() :], *lines[at + 1 : end]]).split()
            if len(" ".join(text)) <= _LONGEST:
                known.add(found[1])
                yield found[1], at, end, " ".join(text)
            at = end


def _footnote_end(lines: list[str], first: int, last: int) -> int:
    """Return the line after the footnote that begins on `first`; further paragraphs of it are indented."""
    end = at = first + 1
    while at < last:
        line = lines[at]
        is_parted = at > end
        if line.strip() and (_DEFINITION.match(line) or (is_parted and not _INDENTED.match(line))):
            break
        at += 1
        if line.strip():
            end = at
    return end
