"""Splits text into sentences, in one way for each purpose: comparing them, counting words, ending an answer.

Edit it for where sentences end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from text.markdown.blocks import without_code_blocks
from text.quantities import Quantity, quantities_in
from text.words import content_words, count_negations, fold

_SENTENCE = re.compile(r"[^\n.!?。！？；]+(?:[.!?](?!\s|$)[^\n.!?。！？；]*)*[.!?。！？；]?")
_BETWEEN = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])|\n+")
_END = re.compile(r"[.!?](?=\s)|[。！？]")
_WRAPPED = re.compile(r"(?<=[^\n])\n[ \t]*(?=[a-z])")
"""A line break within a sentence."""
_CODE = re.compile(r"[`{}=<>$\\]|\w\(|::|->|https?:")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Holds one sentence, analysed so that it can be compared with another."""

    start: int
    end: int
    """`start` and `end` are positions in the text."""
    words: frozenset[str]
    """Its content words, without quantities and negations."""
    quantities: tuple[Quantity, ...]
    negations: int


def declarative_sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences that state something, in order: no questions, code or addresses."""
    prose = _WRAPPED.sub(_blanks, without_code_blocks(text))
    for found in _SENTENCE.finditer(prose):
        sentence = found[0].strip()
        if sentence and sentence[-1] not in "?？" and not _CODE.search(sentence):
            quantities, rest = quantities_in(sentence)
            start = found.start() + len(found[0]) - len(found[0].lstrip())
            negations = count_negations(fold(rest))
            yield Sentence(start, start + len(sentence), content_words(rest), quantities, negations)


def split_sentences(text: str) -> list[str]:
    """Return the sentences and lines of any text, including questions and code."""
    return _BETWEEN.split(text)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where each sentence or line starts and ends, without the blanks around it."""
    spans, start = [], 0
    for between in [*_BETWEEN.finditer(text), None]:
        end = len(text) if between is None else between.start()
        part = text[start:end]
        if part.strip():
            spans.append((start + len(part) - len(part.lstrip()), start + len(part.rstrip())))
        start = end if between is None else between.end()
    return spans


def sentence_ends(text: str) -> list[int]:
    """Return where each finished sentence ends. In a text that still grows, a space must follow the last one."""
    return [found.end() for found in _END.finditer(text)]


def _blanks(found: re.Match[str]) -> str:
    return " " * len(found[0])
