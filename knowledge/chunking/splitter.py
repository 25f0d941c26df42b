"""Cuts a document's text into chunks, each with its place, by format. Edit it for the size and overlap of chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge.chunking.code_splitter import code_pieces
from knowledge.chunking.headings import PATH_SEPARATOR, cut_at_headings
from knowledge.errors import DocumentError, Reason
from knowledge.parsing.formats import CODE, FORMAT_OF_MEDIA
from knowledge.parsing.loader import LoadedDocument, Section
from knowledge.types import QA, Chunk, Place
from text.markdown.blocks import CodeBlock, Kind, blocks, code_block
from text.markdown.tables import cut_table
from text.scripts import count_cjk

if TYPE_CHECKING:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

CHUNK_WEIGHT = 900
OVERLAP_WEIGHT = 90
INTRODUCTION_WEIGHT = 200
"""The longest paragraph that stays with the code that it introduces."""
MAX_CHARS = 40_000_000
MAX_CHUNKS = 20_000
"""Chunks of one document: 10 MB of text make about 11,000, but 200 kB of headings would make as many."""
# A Chinese character takes about as many of e5's tokens (0.7) as 2.5 English ones, so one limit fits both:
# 900 English or 360 Chinese characters, about 250 tokens of its 512.
CJK_WEIGHT = 2.5

# The last one cuts a sentence that is longer than a chunk: word by word or character by character would take a second
# per 100 kB.
_SEPARATORS = [r"\n\n", r"\n", r"[。！？]", r"[.!?](?=\s)", r"[；;]", r"[，,]", r"(?s:.{1,60}\s|.{36})"]


def split_document(document: LoadedDocument, source_id: str) -> list[Chunk]:
    """Return the document's chunks in reading order. Raises DocumentError if a table repeats its header too often."""
    chunks: list[Chunk] = []
    left = MAX_CHARS
    for text, place in _split_sections(document):
        left -= len(text) + len(place.heading or "")
        if len(chunks) == MAX_CHUNKS:
            sentence = f"it has over {MAX_CHUNKS:,} passages, which are too short: join them, or split the file"
            raise DocumentError(Reason.TOO_LARGE, sentence)
        if left < 0:
            sentence = f"its passages, with their tables' heads, have over {MAX_CHARS:,} characters: split the file"
            raise DocumentError(Reason.TOO_LARGE, sentence)
        if text:
            chunks.append(Chunk(f"{source_id}:{len(chunks)}", source_id, len(chunks), text, place))
    return chunks


def weigh(text: str) -> int:
    """Return the length of `text` in English characters, with `CJK_WEIGHT` for each Chinese character."""
    if text.isascii():
        return len(text)
    return round(len(text) + (CJK_WEIGHT - 1) * count_cjk(text))


def _split_sections(document: LoadedDocument) -> Iterator[tuple[str, Place]]:
    splitter = _length_splitter()
    for section in document.sections:
        if document.media == QA:
            yield section.text, Place(heading=section.heading)
        elif document.media == CODE:
            for piece in code_pieces(section.text, weigh, CHUNK_WEIGHT):
                yield piece.text, Place(heading=PATH_SEPARATOR.join(piece.within) or None, line=piece.line)
        elif FORMAT_OF_MEDIA[document.media].is_markdown:
            for part in cut_at_headings(section.text, by_words=document.media == "md"):
                for text, line in _split_markdown(splitter, part.text, part.line):
                    place = _place(document.media, section, line)
                    yield text, replace(place, heading=part.heading, anchor=part.anchor)
        else:
            split = _split_markdown if FORMAT_OF_MEDIA[document.media].has_tables else _split_text
            for text, line in split(splitter, section.text, 1):
                yield text, _place(document.media, section, line)


def _place(media: str, section: Section, line: int) -> Place:
    """Return where the file has this line of its text: its page if it has one, or else the number of the line.

    Text converted from another format has no lines.
    """
    if section.page is not None:
        return Place(page=section.page)
    number = line if section.numbers is None else section.numbers[line - 1]
    if media == "ipynb":
        return Place(page=number)
    return Place(line=number if FORMAT_OF_MEDIA[media].has_lines else None)


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


def _split_markdown(splitter: RecursiveCharacterTextSplitter, text: str, first_line: int) -> Iterator[tuple[str, int]]:
    """Split text as `_split_text` does, but cut long tables and code blocks into tables and code blocks."""
    lines = text.split("\n")
    start = 0
    for block in blocks(lines):
        own = lines[block.first : block.end]
        if block.kind not in {Kind.TABLE, Kind.CODE} or weigh("\n".join(own)) <= CHUNK_WEIGHT:
            continue
        code = code_block(own) if block.kind is Kind.CODE else None
        introduction = block.first if code is None else _introduction_start(lines, start, block.first)
        yield from _split_text(splitter, "\n".join(lines[start:introduction]), first_line + start)
        if code is None:
            pieces = _split_table(splitter, own)
            yield from ((piece, first_line + block.first + at) for piece, at in pieces)
        else:
            above = "\n".join(lines[introduction : block.first])
            pieces = _split_code_block(code, above)
            yield from ((piece, first_line + (block.first if at else introduction) + at) for piece, at in pieces)
        start = block.end
    yield from _split_text(splitter, "\n".join(lines[start:]), first_line + start)


def _split_table(splitter: RecursiveCharacterTextSplitter, lines: list[str]) -> Iterator[tuple[str, int]]:
    for part, at in cut_table(lines, weigh, CHUNK_WEIGHT):
        if weigh(part) <= CHUNK_WEIGHT:
            yield part, at
        else:
            yield from ((piece, at) for piece, _ in _split_text(splitter, part, 0))


def _split_code_block(code: CodeBlock, above: str) -> Iterator[tuple[str, int]]:
    """Yield code blocks, the first below its introduction, each with the index of its line, 0 for the first."""
    frame = weigh(f"{code.opening}\n\n{code.closing}") + 2
    for number, piece in enumerate(code_pieces(code.text, weigh, CHUNK_WEIGHT - frame - weigh(above))):
        opening = code.opening if number == 0 else code.reopening
        block = f"{opening}\n{piece.text}\n{code.closing}"
        yield (f"{above}\n{block}".strip("\n"), 0) if number == 0 else (block, piece.line)


def _introduction_start(lines: list[str], start: int, end: int) -> int:
    """Return where the paragraph that introduces a block begins; `end` if it is too long or there is none."""
    last = end
    while last > start and not lines[last - 1].strip():
        last -= 1
    first = last
    while first > start and lines[first - 1].strip():
        first -= 1
    return first if first < last and weigh("\n".join(lines[first:end])) <= INTRODUCTION_WEIGHT else end


def _split_text(splitter: RecursiveCharacterTextSplitter, text: str, first_line: int) -> Iterator[tuple[str, int]]:
    """Yield each piece of `text` with the line of the document on which it begins."""
    counted, line = 0, first_line
    for piece in splitter.create_documents([text]):
        start: int = max(piece.metadata["start_index"], 0)
        line += text.count("\n", counted, start) - text.count("\n", start, counted)
        counted = start
        yield piece.page_content, line
