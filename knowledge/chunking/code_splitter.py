"""Source code of any language cut where its definitions part, each piece with its line. Knows no document.

LangChain's lists of keywords part a function from its decorators and from the comment above it, and know few languages;
everywhere a line without indentation below an empty one begins something new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from knowledge.chunking.definitions import definitions_by_line, innermost

_SEPARATORS = [r"\n\n(?=[^\s)}\]])", r"\n\n(?=(?:\t| {2,4})[^\s)}\]])", r"\n\n", r"\n", r"(?s:.{1,100}[\s;]|.{100})"]
"""The last takes a line apart that is longer than a piece, in stretches so that a long one takes no time."""


@dataclass(frozen=True, slots=True)
class CodePiece:
    """A stretch of source code."""

    text: str
    line: int
    """On which it begins, from 1."""
    within: tuple[str, ...]
    """The definitions that hold all of it, outermost first."""


def code_pieces(code: str, weigh: Callable[[str], int], limit: int) -> Iterator[CodePiece]:
    """Pieces of at most `limit`, in order. Indentation is kept; nothing overlaps."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # 0.3 s

    splitter = RecursiveCharacterTextSplitter(
        separators=_SEPARATORS,
        is_separator_regex=True,
        keep_separator="start",
        strip_whitespace=False,
        chunk_size=limit,
        chunk_overlap=0,
        length_function=weigh,
    )
    definitions = definitions_by_line(code)
    line = 1
    for piece in splitter.split_text(code):
        text = piece.rstrip()
        before = len(text) - len(text.lstrip())
        empty_lines = text.count("\n", 0, before)
        if text:
            shown = text[text.rfind("\n", 0, before) + 1 :]
            first = line + empty_lines
            yield CodePiece(shown, first, innermost(definitions, first, shown))
        line += piece.count("\n")
