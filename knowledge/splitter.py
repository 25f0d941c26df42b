"""From a document's text to its chunks, each with its place. Knows no index and no embedding model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from knowledge.headings import cut_at_headings
from knowledge.loaders import LoadedDocument
from knowledge.pairs import QA
from knowledge.terms import CJK
from knowledge.types import Chunk, Place

if TYPE_CHECKING:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

CHUNK_WEIGHT = 900
OVERLAP_WEIGHT = 90
# A Chinese character holds about as many of e5's tokens (0.7) as 2.5 English ones, so one limit serves both:
# 900 English or 360 Chinese characters, about 250 tokens of its 512.
CJK_WEIGHT = 2.5

_SEPARATORS = [r"\n\n", r"\n", r"[。！？]", r"[.!?](?=\s)", r"[；;]", r"[，,]", r"\s", ""]
_CJK_CHAR = re.compile(f"[{CJK}]")


def split(document: LoadedDocument, source_id: str) -> list[Chunk]:
    """The document's chunks, in reading order."""
    passages = ((text, place) for text, place in _passages(document) if text)
    return [Chunk(f"{source_id}:{n}", source_id, n, text, place) for n, (text, place) in enumerate(passages)]


def weigh(text: str) -> int:
    """The length of `text` in English characters, a Chinese character counting as `CJK_WEIGHT` of them."""
    cjk = sum(1 for _ in _CJK_CHAR.finditer(text))
    return round(len(text) + (CJK_WEIGHT - 1) * cjk)


def _passages(document: LoadedDocument) -> Iterator[tuple[str, Place]]:
    splitter = _length_splitter()
    for section in document.sections:
        if document.media == QA:
            yield section.text, Place(heading=section.heading)
        elif document.media in {"md", "html"}:
            for part in cut_at_headings(section.text, by_words=document.media == "md"):
                for text, line in _pieces(splitter, part.text, part.line):
                    yield text, Place(heading=part.heading, line=line, anchor=part.anchor)
        else:
            for text, line in _pieces(splitter, section.text, 1):
                yield text, Place(line=line) if section.page is None else Place(page=section.page)


def _length_splitter() -> RecursiveCharacterTextSplitter:
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # 0.3 s

    return RecursiveCharacterTextSplitter(
        separators=_SEPARATORS,
        is_separator_regex=True,
        keep_separator="end",
        chunk_size=CHUNK_WEIGHT,
        chunk_overlap=OVERLAP_WEIGHT,
        length_function=weigh,
        add_start_index=True,
    )


def _pieces(splitter: RecursiveCharacterTextSplitter, text: str, first_line: int) -> Iterator[tuple[str, int]]:
    """Each piece of `text` with the document's line on which it begins."""
    for piece in splitter.create_documents([text]):
        start: int = piece.metadata["start_index"]
        yield piece.page_content, first_line + text.count("\n", 0, max(start, 0))
