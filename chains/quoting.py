"""Answers by quoting: the sentences of the passages that answer, word for word, behind "Yes." or "No." where asked.

Nothing is generated, so nothing can be invented. Edit this file for which sentences are quoted, and how a row of a
table is written out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chains.types import Language
from knowledge.types import Evidence, PassageReading, ReadSentence
from text.markdown.blocks import table_cells
from text.markdown.tables import named_cells
from text.scripts import weighted_length
from text.yes_no import asks_yes_or_no

BELONGS = 0.5
"""The probability from which on a sentence belongs to the answer."""
SURE_OF_YES_OR_NO = 0.8
"""The least probability of one of the two, of all three, for it to be said."""
MOST_SENTENCES = 8
"""A longer list is cut, and its passage can be opened."""
MOST_CHARS = 700
CONTEXT = 300
"""How long a quotation may become by the sentences around the answer; this and the next in `weighted_length`."""
CONTEXT_OF_TWO = 200
"""The same for each of two quotations."""
AS_LIKELY = 1.2
"""How much lower a second passage's score may be for both to be quoted: the question may mean either."""
_YES = {Language.EN: "Yes. ", Language.ZH: "是的。"}
_NO = {Language.EN: "No. ", Language.ZH: "不是。"}
_ORIGINAL = {Language.EN: "The document says, in its own language: ", Language.ZH: "文档原文："}
"""Before words in another language than the question's."""
_ABSENT = {
    Language.EN: "Not in the documents that everyone here can see: “{question}”",
    Language.ZH: "这里所有人都能看到的文档没有提到：“{question}”",
}
_ASKS_FOR_ALL = re.compile(
    r"\b(?:list|name|all|every|everything|each|steps?)\b|哪些|哪几|几件|列出|所有|全部|都有", re.IGNORECASE
)
"""Words that ask for the whole of a list."""
_RESTRICTS = re.compile(
    r"\b(?:not|no|never|nothing|nobody|none|nor|neither|only|without|closed|free|except|unless|cannot|forbidden|"
    r"prohibited|banned)\b|n['’]t\b|[不没沒無无勿禁仅僅只免除非莫]|关闭|關閉|休息",
    re.IGNORECASE,
)
"""Words that deny or restrict."""
_BULLET = re.compile(r"^(?:[-*+]|\d{1,3}[.)])\s+")
_ROW = re.compile(r"^\|.*\|$")
_RULE = re.compile(r"^\|[\s|:-]+\|$")
_MARKUP = re.compile(r"[*_`~\n]")
"""Bold would end at the first of them."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Holds an answer in the passages' own words."""

    text: str
    """With its citations."""
    verdict: bool | None = None
    """Whether it begins with yes or no; None: neither."""


def quote(question: str, evidence: Sequence[Evidence], language: Language) -> Quote | None:
    """Return the answer that the passages themselves give, or None where no passage was read.

    It is the answering sentences of the best passage, in bold among those around them, or of the two best where both
    are about as likely. `evidence` is in the order of the citation numbers, from 1.
    """
    numbered = [(number, item) for number, item in enumerate(evidence, start=1) if item.reading is not None]
    if not numbered:
        return None
    ordered = sorted(numbered, key=lambda each: each[1].read_score or 0.0, reverse=True)
    best = ordered[0][1]
    least = (best.read_score or 0.0) - AS_LIKELY
    chosen = [each for each in ordered[:2] if (each[1].read_score or 0.0) >= least]
    room = CONTEXT if len(chosen) == 1 else CONTEXT_OF_TWO
    quotations = [
        words
        for number, item in chosen
        if (words := _quotation(number, item, _answering(question, item), language, room))
    ]
    if not quotations:
        return None
    begin, verdict = _begin(question, best, language) if len(quotations) == 1 else ("", None)
    return Quote(begin + "\n".join(quotations), verdict)


def quote_parts(
    parts: Sequence[tuple[str, Sequence[Evidence]]], evidence: Sequence[Evidence], language: Language
) -> Quote | None:
    """Return the answers to several questions of one message, each on a line of its own, in their order.

    Each part has its question and the passages that answer it, as they were read for it; none where it is not in the
    documents, which is said. None is returned where no part is answered.
    """
    lines: list[int | str] = []
    answered: dict[int, list[tuple[str, Evidence]]] = {}
    for question, found in parts:
        read = {item.chunk.id: item for item in found if item.reading is not None}
        numbered = [(at, read[each.chunk.id]) for at, each in enumerate(evidence, start=1) if each.chunk.id in read]
        if not numbered:
            lines.append(_ABSENT[language].format(question=question))
            continue
        number, best = max(numbered, key=lambda each: each[1].read_score or 0.0)
        if number not in answered:
            lines.append(number)
        answered.setdefault(number, []).append((question, best))
    quoted = {number: _quoted_once(number, asked, language) for number, asked in answered.items()}
    written = (quoted[line] if isinstance(line, int) else line for line in lines)
    return Quote("\n".join(words for words in written if words)) if any(quoted.values()) else None


def _quoted_once(number: int, asked: Sequence[tuple[str, Evidence]], language: Language) -> str:
    """Return the sentences of one passage that answer any of the questions; behind "Yes." or "No." where it is one."""
    question, item = asked[0]
    starts = {each.start for words, read in asked for each in _answering(words, read)}
    sentences = item.reading.sentences if item.reading is not None else ()
    words = _quotation(number, item, [each for each in sentences if each.start in starts], language, CONTEXT)
    return _begin(question, item, language)[0] + words if words and len(asked) == 1 else words


def _begin(question: str, item: Evidence, language: Language) -> tuple[str, bool | None]:
    """Return "Yes." or "No." where the question asks for it and the passage says it, and which it is."""
    asks = item.reading is not None and asks_yes_or_no(question)
    verdict = _verdict(item, item.reading) if asks and item.reading is not None else None
    return "" if verdict is None else (_YES if verdict else _NO)[language], verdict


def _quotation(number: int, item: Evidence, answering: Sequence[ReadSentence], language: Language, room: float) -> str:
    """Return the answering sentences of one passage among those around them, with its citation; empty: it has none."""
    if item.reading is None or not answering:
        return ""
    passage = item.chunk.text
    shown = _with_context(passage, item.reading.sentences, answering, room)
    begin = "" if Language.of(passage) is language else _ORIGINAL[language]
    return f"{begin}{_written_out(passage, shown, answering)} [{number}]"


def _with_context(
    passage: str, sentences: Sequence[ReadSentence], answering: Sequence[ReadSentence], room: float
) -> list[ReadSentence]:
    """Return the answering sentences with those of their paragraph around them, the likelier first, while they fit."""
    shown = {sentences.index(each) for each in answering}
    if any(_ROW.match(passage[each.start : each.end]) for each in answering):
        return [sentences[at] for at in sorted(shown)]

    def length(at: int) -> float:
        return weighted_length(passage[sentences[at].start : sentences[at].end])

    def is_joined(at: int, to: int) -> bool:
        first, second = (sentences[each] for each in sorted((at, to)))
        # What follows a list is a paragraph of its own, even without an empty line.
        leaves_list = _BULLET.match(passage[first.start : first.end]) and not _BULLET.match(
            passage[second.start : second.end]
        )
        return not leaves_list and "\n\n" not in passage[first.end : second.start]

    total = sum(map(length, shown))
    while True:
        around = [
            at
            for to in shown
            for at in (to - 1, to + 1)
            if 0 <= at < len(sentences) and at not in shown and is_joined(at, to) and total + length(at) <= room
        ]
        if not around:
            return [sentences[at] for at in sorted(shown)]
        nearest = max(around, key=lambda at: sentences[at].evidence)
        shown.add(nearest)
        total += length(nearest)


def answering_sentences(reading: PassageReading | None) -> list[ReadSentence]:
    """Return the sentences that belong to the answer, in order: the likeliest, and all others that are likely enough.

    Of a long list, the sentences nearest to the likeliest; none where nothing was read.
    """
    if reading is None or not reading.sentences:
        return []
    best = max(range(len(reading.sentences)), key=lambda index: _strength(reading, index))
    likely = [index for index, each in enumerate(reading.sentences) if each.evidence >= BELONGS and index != best]
    chosen, room = [best], MOST_CHARS - _length(reading.sentences[best])
    for index in sorted(likely, key=lambda index: abs(index - best))[: MOST_SENTENCES - 1]:
        room -= _length(reading.sentences[index])
        if room >= 0:
            chosen.append(index)
    return [reading.sentences[index] for index in sorted(chosen)]


def _answering(question: str, item: Evidence) -> list[ReadSentence]:
    """Return the sentences that answer, with the whole of a list or table that one announces or a question asks for."""
    if item.reading is None:
        return []
    sentences, passage = item.reading.sentences, item.chunk.text
    answering = answering_sentences(item.reading)
    chosen = {sentences.index(each) for each in answering}

    def is_item(at: int) -> bool:
        words = passage[sentences[at].start : sentences[at].end]
        return bool(_BULLET.match(words) or _ROW.match(words))

    for at in sorted(chosen):
        words = passage[sentences[at].start : sentences[at].end].rstrip("*_ ")
        if words.endswith((":", "：")) or (_ASKS_FOR_ALL.search(question) and _BULLET.match(words)):
            below, above = at + 1, at - 1
            while below < len(sentences) and is_item(below):
                chosen.add(below)
                below += 1
            while above >= 0 and is_item(at) and is_item(above):
                chosen.add(above)
                above -= 1
    room = MOST_CHARS
    whole = [sentences[at] for at in sorted(chosen) if (room := room - _length(sentences[at])) >= 0]
    return whole if len(whole) == len(chosen) else answering


def _length(sentence: ReadSentence) -> int:
    return sentence.end - sentence.start


def _strength(reading: PassageReading, index: int) -> float:
    """Return how likely the sentence answers; where the span lies counts as much as what its tokens say."""
    sentence = reading.sentences[index]
    holds_span = sentence.start <= reading.span[0] < sentence.end
    return sentence.evidence + (0.5 if holds_span else 0.0)


def _verdict(item: Evidence, reading: PassageReading) -> bool | None:
    """Return whether the passage says yes; None where that is unsure, or the words quoted would speak against it."""
    support = reading.support
    if max(support.supported, support.contradicted) < SURE_OF_YES_OR_NO:
        return None
    says_yes = support.supported > support.contradicted
    words = " ".join(item.chunk.text[each.start : each.end] for each in answering_sentences(reading))
    # "Yes. Gloves are never worn" would be worse than neither.
    return says_yes if says_yes is (_RESTRICTS.search(words) is None) else None


def _written_out(passage: str, sentences: Sequence[ReadSentence], answering: Sequence[ReadSentence]) -> str:
    """Return the sentences: of a paragraph in a row, items of a list as a list, rows of a table with its names.

    Within a paragraph the answering ones are in bold if there are others.
    """
    kept = [each for each in sentences if not _RULE.match(passage[each.start : each.end])]
    # Each row is written with the table's names: the row that holds only these says nothing more.
    kept = [each for each in kept if not _is_head(passage, each)] or kept
    is_list = len(kept) > 1 and any(_BULLET.match(passage[each.start : each.end]) for each in kept)
    in_bold = set() if is_list or set(kept) <= set(answering) else set(answering)
    written = ""
    for at, sentence in enumerate(kept):
        words = passage[sentence.start : sentence.end]
        if _ROW.match(words):
            words = _row_with_names(passage, sentence, words)
        elif not is_list:
            words = _BULLET.sub("", words)
        if sentence in in_bold and not _MARKUP.search(words):
            words = f"**{words}**"
        if at:
            between = passage[kept[at - 1].end : sentence.start]
            written += "\n" if is_list or "\n" in between else " " if between[:1].isspace() else ""
        written += words
    return written


def _is_head(passage: str, sentence: ReadSentence) -> bool:
    after = passage[sentence.end :].lstrip("\n").partition("\n")[0]
    return bool(_ROW.match(passage[sentence.start : sentence.end]) and _RULE.match(after.strip()))


def _row_with_names(passage: str, sentence: ReadSentence, row: str) -> str:
    """Return a table's row as `name: cell`, with the names of the table that it stands in."""
    above = passage[: sentence.start].rstrip("\n").split("\n")
    head = row
    for line in reversed(above):
        if not _ROW.match(line.strip()):
            break
        head = line.strip()
    if head == row:
        return ", ".join(cell for cell in table_cells(row) if cell)
    return "; ".join(named_cells(table_cells(head), table_cells(row)))
