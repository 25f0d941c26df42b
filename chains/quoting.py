"""Answers by quoting: the sentences of the passages that answer, word for word, behind "Yes." or "No." where asked.

Nothing is generated, so nothing can be invented. Edit this file for which sentences are quoted, and how a row of a
table is written out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chains.types import Language
from knowledge.types import Evidence, PassageReading, ReadSentence
from text.markdown_blocks import table_cells
from text.yes_no import asks_yes_or_no

BELONGS = 0.5
"""The probability from which on a sentence belongs to the answer."""
SURE_OF_YES_OR_NO = 0.6
"""The least probability of one of the two, of all three, for it to be said."""
MOST_SENTENCES = 8
"""A longer list is cut, and its passage can be opened."""
MOST_CHARS = 700
_YES = {Language.EN: "Yes. ", Language.ZH: "是的。"}
_NO = {Language.EN: "No. ", Language.ZH: "不是。"}
_ORIGINAL = {Language.EN: "The document says, in its own language: ", Language.ZH: "文档原文："}
"""Before words in another language than the question's."""
_ABSENT = {
    Language.EN: "The documents that everyone here can see don't say this: “{question}”",
    Language.ZH: "这里所有人都能看到的文档没有提到：“{question}”",
}
_BULLET = re.compile(r"^(?:[-*+]|\d{1,3}[.)])\s+")
_ROW = re.compile(r"^\|.*\|$")
_RULE = re.compile(r"^\|[\s|:-]+\|$")


@dataclass(frozen=True, slots=True)
class Quote:
    """Holds an answer in a passage's own words."""

    text: str
    """With its citation."""
    chunk_id: str
    spans: tuple[tuple[int, int], ...]
    """What is quoted, as positions in the chunk's text, in order."""
    verdict: bool | None = None
    """Whether it begins with yes or no; None: neither."""


def quote(question: str, evidence: Sequence[Evidence], language: Language) -> Quote | None:
    """Return the answer that the passages themselves give, or None where no passage was read.

    `evidence` is in the order of the citation numbers, from 1.
    """
    read = [(number, item, item.reading) for number, item in enumerate(evidence, start=1) if item.reading is not None]
    if not read:
        return None
    number, item, reading = max(read, key=lambda each: each[2].answerable)
    sentences = answering_sentences(reading)
    if not sentences:
        return None
    verdict = _verdict(reading) if asks_yes_or_no(question) else None
    begin = "" if verdict is None else (_YES if verdict else _NO)[language]
    if Language.of(item.chunk.text) is not language:
        begin += _ORIGINAL[language]
    text = f"{begin}{_written_out(item.chunk.text, sentences)}"
    spans = tuple((each.start, each.end) for each in sentences)
    return Quote(f"{text} [{number}]", item.chunk.id, spans, verdict)


def quote_parts(
    parts: Sequence[tuple[str, Sequence[Evidence]]], evidence: Sequence[Evidence], language: Language
) -> Quote | None:
    """Return the answers to several questions of one message, each on a line of its own, in their order.

    Each part has its question and the passages that answer it, as they were read for it; none where it is not in the
    documents, which is said. None is returned where no part is answered.
    """
    lines: list[str] = []
    spans: tuple[tuple[int, int], ...] = ()
    chunk_id = ""
    for question, found in parts:
        readings = {item.chunk.id: item for item in found}
        read = [readings.get(item.chunk.id, replace(item, reading=None)) for item in evidence]
        quoted = quote(question, read, language) if found else None
        lines.append(_ABSENT[language].format(question=question) if quoted is None else quoted.text)
        if quoted is not None and not chunk_id:
            chunk_id, spans = quoted.chunk_id, quoted.spans
    return Quote("\n".join(lines), chunk_id, spans) if chunk_id else None


def answering_sentences(reading: PassageReading) -> list[ReadSentence]:
    """Return the sentences that belong to the answer, in order: the likeliest, and all others that are likely enough.

    Of a long list, the sentences nearest to the likeliest.
    """
    if not reading.sentences:
        return []
    best = max(range(len(reading.sentences)), key=lambda index: _strength(reading, index))
    likely = [index for index, each in enumerate(reading.sentences) if each.evidence >= BELONGS and index != best]
    chosen, room = [best], MOST_CHARS - _length(reading.sentences[best])
    for index in sorted(likely, key=lambda index: abs(index - best))[: MOST_SENTENCES - 1]:
        room -= _length(reading.sentences[index])
        if room >= 0:
            chosen.append(index)
    return [reading.sentences[index] for index in sorted(chosen)]


def _length(sentence: ReadSentence) -> int:
    return sentence.end - sentence.start


def _strength(reading: PassageReading, index: int) -> float:
    """Return how likely the sentence answers; where the span lies counts as much as what its tokens say."""
    sentence = reading.sentences[index]
    holds_span = sentence.start <= reading.span[0] < sentence.end
    return sentence.evidence + (0.5 if holds_span else 0.0)


def _verdict(reading: PassageReading) -> bool | None:
    support = reading.support
    if max(support.supported, support.contradicted) < SURE_OF_YES_OR_NO:
        return None
    return support.supported > support.contradicted


def _written_out(passage: str, sentences: Sequence[ReadSentence]) -> str:
    """Return the sentences: of a paragraph in a row, items of a list as a list, rows of a table with its names."""
    pieces: list[str] = []
    is_list = len(sentences) > 1 and any(_BULLET.match(passage[each.start : each.end]) for each in sentences)
    for sentence in sentences:
        words = passage[sentence.start : sentence.end]
        if _RULE.match(words):
            continue
        if _ROW.match(words):
            words = _row_with_names(passage, sentence, words)
        elif not is_list:
            words = _BULLET.sub("", words)
        pieces.append(words)
    lines = is_list or any("\n" in passage[a.end : b.start] for a, b in pairwise(sentences))
    return ("\n" if lines else " ").join(pieces)


def _row_with_names(passage: str, sentence: ReadSentence, row: str) -> str:
    """Return a table's row as `name: cell`, with the names of the table that it stands in."""
    above = passage[: sentence.start].rstrip("\n").split("\n")
    head = row
    for line in reversed(above):
        if not _ROW.match(line.strip()):
            break
        head = line.strip()
    names, cells = table_cells(head), table_cells(row)
    if head == row:
        return ", ".join(cell for cell in cells if cell)
    pairs = [(names[at] if at < len(names) else "", cell) for at, cell in enumerate(cells) if cell]
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs)
