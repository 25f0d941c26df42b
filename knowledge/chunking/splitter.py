"""From a document's text to its chunks, each with its place. Knows no index and no embedding model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge.chunking.code_splitter import code_pieces
from knowledge.chunking.headings import PATH_SEPARATOR, cut_at_headings
from knowledge.errors import DocumentError, Reason
from knowledge.parsing.formats import CODE
from knowledge.parsing.loader import LoadedDocument, Section
from knowledge.parsing.qa_pairs import QA
from knowledge.types import Chunk, Place
from text.markdown_blocks import CodeBlock, Kind, blocks, code_block
from text.markdown_tables import cut_table
from text.scripts import count_cjk

if TYPE_CHECKING:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

CHUNK_WEIGHT = 900
OVERLAP_WEIGHT = 90
LEAD_WEIGHT = 200
"""Of a paragraph that stays with the code below it."""
MAX_CHARS = 40_000_000
# A Chinese character holds about as many of e5's tokens (0.7) as 2.5 English ones, so one limit serves both:
# 900 English or 360 Chinese characters, about 250 tokens of its 512.
CJK_WEIGHT = 2.5

# The last takes a sentence apart that is longer than a chunk: word by word, or character by character, takes a second
# for each 100 kB.
_SEPARATORS = [r"\n\n", r"\n", r"[。！？]", r"[.!?](?=\s)", r"[；;]", r"[，,]", r"(?s:.{1,60}\s|.{36})"]
_MARKDOWN = frozenset({"md", "rst", "html", "docx", "pptx", "xlsx", "csv", "ipynb"})
_WITH_LINES = frozenset({"md", "rst", "txt", "csv", "xlsx", "jsonl"})


def split_document(document: LoadedDocument, source_id: str) -> list[Chunk]:
    """The document's chunks, in reading order. Raises DocumentError where a table repeats its head too often."""
    chunks: list[Chunk] = []
    left = MAX_CHARS
    for text, place in _passages(document):
        left -= len(text)
        if left < 0:
            sentence = f"its passages, with their tables' heads, have over {MAX_CHARS:,} characters: split the file"
            raise DocumentError(Reason.TOO_LARGE, sentence)
        if text:
            chunks.append(Chunk(f"{source_id}:{len(chunks)}", source_id, len(chunks), text, place))
    return chunks


def weigh(text: str) -> int:
    """The length of `text` in English characters, a Chinese character counting as `CJK_WEIGHT` of them."""
    if text.isascii():
        return len(text)
    return round(len(text) + (CJK_WEIGHT - 1) * count_cjk(text))


def _passages(document: LoadedDocument) -> Iterator[tuple[str, Place]]:
    splitter = _length_splitter()
    for section in document.sections:
        if document.media == QA:
            yield section.text, Place(heading=section.heading)
        elif document.media == CODE:
            for piece in code_pieces(section.text, weigh, CHUNK_WEIGHT):
                yield piece.text, Place(heading=PATH_SEPARATOR.join(piece.within) or None, line=piece.line)
        elif document.media in _MARKDOWN:
            for part in cut_at_headings(section.text, by_words=document.media == "md"):
                for text, line in _markdown_pieces(splitter, part.text, part.line):
                    place = _place(document.media, section, line)
                    yield text, replace(place, heading=part.heading, anchor=part.anchor)
        else:
            for text, line in _pieces(splitter, section.text, 1):
                yield text, _place(document.media, section, line)


def _place(media: str, section: Section, line: int) -> Place:
    """Where the file has what stands on this line of its text: a page of its own counts, else what the lines' numbers
    are. What was made from another form has no lines.
    """
    if section.page is not None:
        return Place(page=section.page)
    number = line if section.numbers is None else section.numbers[line - 1]
    if media == "ipynb":
        return Place(page=number)
    return Place(line=number if media in _WITH_LINES else None)


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


def _markdown_pieces(splitter: RecursiveCharacterTextSplitter, text: str, first_line: int) -> Iterator[tuple[str, int]]:
    """As `_pieces`, but tables and code blocks that are longer than a chunk are cut into tables and code blocks."""
    lines = text.split("\n")
    start = 0
    for block in blocks(lines):
        own = lines[block.first : block.end]
        if block.kind not in {Kind.TABLE, Kind.CODE} or weigh("\n".join(own)) <= CHUNK_WEIGHT:
            continue
        code = code_block(own) if block.kind is Kind.CODE else None
        lead = block.first if code is None else _lead(lines, start, block.first)
        yield from _pieces(splitter, "\n".join(lines[start:lead]), first_line + start)
        if code is None:
            pieces = _table_pieces(splitter, own)
            yield from ((piece, first_line + block.first + at) for piece, at in pieces)
        else:
            above = "\n".join(lines[lead : block.first])
            pieces = _code_block_pieces(code, above)
            yield from ((piece, first_line + (block.first if at else lead) + at) for piece, at in pieces)
        start = block.end
    yield from _pieces(splitter, "\n".join(lines[start:]), first_line + start)


def _table_pieces(splitter: RecursiveCharacterTextSplitter, lines: list[str]) -> Iterator[tuple[str, int]]:
    for part, at in cut_table(lines, weigh, CHUNK_WEIGHT):
        if weigh(part) <= CHUNK_WEIGHT:
            yield part, at
        else:
            yield from ((piece, at) for piece, _ in _pieces(splitter, part, 0))


def _code_block_pieces(code: CodeBlock, above: str) -> Iterator[tuple[str, int]]:
    """Code blocks, the first below what introduces it; with the index of the line, 0 for the first."""
    frame = weigh(f"{code.opening}\n\n{code.closing}") + 2
    for number, piece in enumerate(code_pieces(code.text, weigh, CHUNK_WEIGHT - frame - weigh(above))):
        opening = code.opening if number == 0 else code.reopening
        block = f"{opening}\n{piece.text}\n{code.closing}"
        yield (f"{above}\n{block}".strip("\n"), 0) if number == 0 else (block, piece.line)


def _lead(lines: list[str], start: int, end: int) -> int:
    """Where the paragraph begins that introduces a block; `end` where it is too long for that, or there is none."""
    last = end
    while last > start and not lines[last - 1].strip():
        last -= 1
    first = last
    while first > start and lines[first - 1].strip():
        first -= 1
    return first if first < last and weigh("\n".join(lines[first:end])) <= LEAD_WEIGHT else end


def _pieces(splitter: RecursiveCharacterTextSplitter, text: str, first_line: int) -> Iterator[tuple[str, int]]:
    """Each piece of `text` with the document's line on which it begins."""
    counted, line = 0, first_line
    for piece in splitter.create_documents([text]):
        start: int = max(piece.metadata["start_index"], 0)
        line += text.count("\n", counted, start) - text.count("\n", start, counted)
        counted = start
        yield piece.page_content, line
