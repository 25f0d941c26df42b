"""Which class and function each line of source code stands in, told by keywords and indentation, in any language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

Path = tuple[str, ...]
"""Definitions within each other, outermost first, each as its line says it."""

_LONGEST_LINE = 300
"""A longer one is data, and what a hostile file would keep an expression busy with."""
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
"""Comments and decorators: they belong to what follows."""
_CLOSING = re.compile(r"[)}\]>;,\s]*(?:end)?[;.\s]*")


def definitions_by_line(code: str) -> list[Path]:
    """For each line, in order, the definitions that it stands in, itself among them."""
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
    """The definitions that hold all of `text`, which begins on the line `first`, from 1; what leads to one is its."""
    lines = text.split("\n")
    above = next((number for number, line in enumerate(lines) if not _ABOVE.match(line)), 0)
    held = definitions[first - 1 + above : first - 1 + len(lines)]
    return tuple(names[0] for names in takewhile(lambda names: len(set(names)) == 1, zip(*held, strict=False)))
