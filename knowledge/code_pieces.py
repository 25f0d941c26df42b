"""Source code cut where its language has boundaries, each piece with its line. Knows no document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

_BLANK_LINES = [r"\n\n", r"\n", " ", ""]
# LangChain's own would leave a class's decorators behind.
_DECORATED = r"\n(?:@[^\n]*\n){0,5}"
_PYTHON = [_DECORATED + "class ", _DECORATED + "(?:async )?def ", r"\n\tdef ", *_BLANK_LINES]


def code_pieces(code: str, language: str | None, weigh: Callable[[str], int], limit: int) -> Iterator[tuple[str, int]]:
    """Pieces of at most `limit`, and the line, from 1, on which each begins. Indentation is kept; nothing overlaps."""
    counted, line = 0, 1
    for document in _splitter(language, weigh, limit).create_documents([code]):
        piece, start = document.page_content, int(document.metadata["start_index"])
        # What a boundary leaves before a piece: ends of lines, and lines of spaces.
        start += len(piece) - len(piece.lstrip())
        start = code.rfind("\n", 0, start) + 1 if code[:start].rpartition("\n")[2].isspace() else start
        text = code[start : document.metadata["start_index"] + len(piece)].rstrip()
        if text:
            line += code.count("\n", counted, start)
            counted = start
            yield text, line


def _splitter(language: str | None, weigh: Callable[[str], int], limit: int) -> RecursiveCharacterTextSplitter:
    from langchain_text_splitters import Language, RecursiveCharacterTextSplitter

    match language:
        case None:
            separators = _BLANK_LINES
        case "python":
            separators = _PYTHON
        case _:
            separators = RecursiveCharacterTextSplitter.get_separators_for_language(Language(language))
    return RecursiveCharacterTextSplitter(
        separators=separators,
        is_separator_regex=True,
        keep_separator="start",
        strip_whitespace=False,
        chunk_size=limit,
        chunk_overlap=0,
        length_function=weigh,
        add_start_index=True,
    )
