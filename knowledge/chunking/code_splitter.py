"""Splits source code of any language between its definitions, each piece with its line and enclosing definitions.

LangChain's keyword lists separate a function from its decorators and comments, and cover few languages. Edit it for
what begins a new piece, and for what counts as a definition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

_SEPARATORS = [r"\n\n(?=[^\s)}\]])", r"\n\n(?=(?:\t| {2,4})[^\s)}\]])", r"\n\n", r"\n", r"(?s:.{1,100}[\s;]|.{100})"]
"""The last one cuts a line that is longer than a piece, in stretches so that a long one takes no time."""
Path = tuple[str, ...]
"""Nested definitions, outermost first, each as its line is written."""

_LONGEST_LINE = 300
"""A longer line is data, on which a hostile file could keep an expression busy."""
_LONGEST_NAME = 80
_DEEPEST = 4
_MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|async|abstract|final|pub|local|override) )*"
)
_KEYWORDS = "class|def|defp|defmodule|func|function|fn|fun|interface|struct|enum|trait|impl|module|namespace|object|sub"
# A keyword in a sentence has more words behind it.
_NAMED = (
    rf"(?:{_KEYWORDS}) +(?:\([^()]*\) *)?[\w.$:?!]+ *"
    r"(?:$|[({<:=\[].*|(?:do|extends|implements|for|is)\b.*)|impl\b.*\{"
)
_ARROW = r"(?:const|let|var) \w+ = (?:async )?(?:function\b|\(.*=>|\w+ =>).*"
_TYPED = r"(?:[\w<>\[\]*&:,.]+ )+[*&\w:~]+\([^;]*\{"
_DEFINITION = re.compile(rf"{_MODIFIERS}(?:{_NAMED}|{_ARROW}|{_TYPED})")
_NO_DEFINITION = re.compile(r"(?:else|if|for|while|switch|catch|return|new|throw|await)\b|\} ")
_ABOVE = re.compile(r"\s*(?:#|//|/\*|\*|--|@|$)")
"""Comments and decorators, which belong to the definition below them."""
_CLOSING = re.compile(r"[)}\]>;,\s]*(?:end)?[;.\s]*")


@dataclass(frozen=True, slots=True)
class CodePiece:
    """Holds a stretch of source code."""

    text: str
    line: int
    """The line on which it begins, from 1."""
    within: tuple[str, ...]
    """The definitions that contain all of it, outermost first."""


def code_pieces(code: str, weigh: Callable[[str], int], limit: int) -> Iterator[CodePiece]:
    """Yield pieces of at most `limit`, in order, with indentation and without overlap."""
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


def definitions_by_line(code: str) -> list[Path]:
    """Return for each line, in order, the definitions that contain it, including one that begins there."""
    found: list[Path] = []
    open_: list[tuple[int, str]] = []
    path: Path = ()
    for line in code.split("\n"):
        words = line.strip()
        if len(words) > _LONGEST_LINE or not _CLOSING.fullmatch(words):
            indentation = len(line) - len(line.lstrip())
            depth = len(open_)
            while open_ and open_[-1][0] >= indentation:
                open_.pop()
            is_new = len(open_) < _DEEPEST and _is_definition(words)
            if is_new:
                open_.append((indentation, words.rstrip("{: ")[:_LONGEST_NAME]))
            if is_new or len(open_) < depth:
                path = tuple(name for _, name in open_)
        found.append(path)
    return found


def _is_definition(words: str) -> bool:
    return len(words) <= _LONGEST_LINE and bool(_DEFINITION.match(words)) and not _NO_DEFINITION.match(words)


def innermost(definitions: Sequence[Path], first: int, text: str) -> Path:
    """Return the definitions that contain all of `text`, which begins on the line `first`, from 1.

    Comments and decorators above a definition belong to it.
    """
    lines = text.split("\n")
    above = next((number for number, line in enumerate(lines) if not _ABOVE.match(line)), 0)
    held = definitions[first - 1 + above : first - 1 + len(lines)]
    return tuple(names[0] for names in takewhile(lambda names: len(set(names)) == 1, zip(*held, strict=False)))
