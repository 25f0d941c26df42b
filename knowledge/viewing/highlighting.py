"""Finds the words of a passage that occur in given texts: English by stems, Chinese by pairs of characters.

The stems are SQLite's own, so what is highlighted is what keyword search finds. Edit it for what counts as the same
word.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing

from text.index_terms import question_terms
from text.normalization import without_surrogates
from text.scripts import CJK, weighted_length
from text.sentences import sentence_spans
from text.simplified import simplified
from text.stop_words import CHINESE, ENGLISH
from text.words import fold, one_line

Span = tuple[int, int]
"""Start and end in a text."""

_CJK_RUN = re.compile(f"[{CJK}]+")
_CHINESE_WORD = re.compile("|".join(sorted(word for word in CHINESE if len(word) > 1)))
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:[:.,/-]\d+)+")
_OPEN, _CLOSE = "\x02", "\x03"
_MOST_TERMS = 512
_ESCAPED = re.compile(r"\\([\\*_~`|>\[\]()#-])")
_BOLD = re.compile(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*")
_LEAST_QUOTED = 15
"""Characters, a Han character counting as 2.5, from which on a sentence that occurs elsewhere is a quotation."""

_MOST_MARKED = 1 / 3
"""The share of a passage's letters from which on marking all matches would show nothing."""
_NEARLY_MOST = 0.75


def highlight(text: str, texts: Sequence[str]) -> tuple[Span, ...]:
    """Return the sentences of `text` that `texts` quote, or else where it shares words with them, in order.

    Where it shares so many that nearly everything would be marked, only the sentences that share most count.
    Only stop words between two matches of words join them.
    """
    quoted = _quoted_sentences(text, texts)
    if quoted:
        return quoted
    folded, origins = _fold_with_origins(text)
    written = map(without_surrogates, texts)
    terms = list(dict.fromkeys(term for part in written for term in _content_terms(part)))[:_MOST_TERMS]
    found = sorted([*_whole_numbers(folded, list(_word_matches(folded, terms))), *_cjk_matches(folded, terms)])
    if _length(folded, found) > _MOST_MARKED * _length(folded, [(0, len(folded))]):
        found = _in_best_sentences(text, folded, origins, found)
    return tuple((origins[start], origins[end - 1] + 1) for start, end in _merge_adjacent(folded, found))


def _in_best_sentences(text: str, folded: str, origins: Sequence[int], found: Sequence[Span]) -> list[Span]:
    """Return the matches in the sentences that share nearly the most different words."""
    shared: list[tuple[list[Span], int]] = []
    for start, end in sentence_spans(text):
        matches = [match for match in found if start <= origins[match[0]] < end]
        shared.append((matches, len({folded[match[0] : match[1]] for match in matches})))
    most = max((count for _, count in shared), default=0)
    return [match for matches, count in shared if count > _NEARLY_MOST * most for match in matches]


def _quoted_sentences(text: str, texts: Sequence[str]) -> tuple[Span, ...]:
    """Return the sentences that stand word for word in one of the texts, those in bold alone if there are any.

    Discord's escapes make no difference.
    """
    in_bold = [words for other in texts for words in _BOLD.findall(other)]
    return _sentences_in(text, in_bold) or _sentences_in(text, texts)


def _sentences_in(text: str, texts: Sequence[str]) -> tuple[Span, ...]:
    written = [one_line(_ESCAPED.sub(r"\1", other)) for other in texts]
    return tuple(
        (start, end)
        for start, end in sentence_spans(text)
        if weighted_length(text[start:end]) >= _LEAST_QUOTED
        and any(one_line(_ESCAPED.sub(r"\1", text[start:end])) in other for other in written)
    )


def _content_terms(texts: str) -> Iterator[str]:
    """Yield the terms of a text without stop words, and without pairs that only span two Chinese words."""
    between = set(question_terms(_CHINESE_WORD.sub(" ", simplified(texts))))
    for term in question_terms(texts):
        bare = term.strip('"')
        if bare not in ENGLISH and bare not in CHINESE and (term in between or len(bare) == 1):
            yield term


def _fold_with_origins(text: str) -> tuple[str, list[int]]:
    """Return `text` in the form in which terms are compared, and the original index of each character."""
    chars: list[str] = []
    origins: list[int] = []
    for at, char in enumerate(text):
        for plain in simplified(fold(char)):
            chars.append(" " if plain in (_OPEN, _CLOSE, "\0") else plain)
            origins.append(at)
    return "".join(chars), origins


def _word_matches(folded: str, terms: Sequence[str]) -> Iterator[Span]:
    wanted = [term for term in terms if not _CJK_RUN.search(term)]
    if not wanted:
        return
    # Chinese is blanked out: SQLite would read it and adjacent Latin letters as one word.
    words = _CJK_RUN.sub(lambda run: " " * len(run[0]), folded)
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE passage USING fts5 (words, tokenize = 'porter unicode61')")
        db.execute("INSERT INTO passage VALUES (?)", (words,))
        query = "SELECT highlight(passage, 0, ?, ?) FROM passage WHERE passage MATCH ?"
        row = db.execute(query, (_OPEN, _CLOSE, " OR ".join(wanted))).fetchone()
    if row is not None:
        yield from _parse_markers(row[0])


def _whole_numbers(folded: str, words: Sequence[Span]) -> Iterator[Span]:
    """Yield the matches, but a number only as a whole: "18:00" is not half of "20:00"."""
    numbers = [number.span() for number in _NUMBER.finditer(folded)]
    for word in words:
        number = next((each for each in numbers if _within(word, each)), None)
        if number is None:
            yield word
        elif _length(folded, [each for each in words if _within(each, number)]) == _length(folded, [number]):
            yield number


def _within(span: Span, around: Span) -> bool:
    return around[0] <= span[0] and span[1] <= around[1]


def _length(folded: str, spans: Sequence[Span]) -> int:
    """Return the number of letters and digits."""
    return sum(char.isalnum() for start, end in spans for char in folded[start:end])


def _parse_markers(highlighted: str) -> Iterator[Span]:
    start = markers = 0
    for at, char in enumerate(highlighted):
        if char == _OPEN:
            start = at - markers
        elif char == _CLOSE:
            yield start, at - markers
        markers += char in (_OPEN, _CLOSE)


def _cjk_matches(folded: str, terms: Sequence[str]) -> Iterator[Span]:
    wanted = {term.strip('"') for term in terms if _CJK_RUN.search(term)}
    for run in _CJK_RUN.finditer(folded):
        for at in range(run.start(), run.end()):
            for length in (1, 2):
                if at + length <= run.end() and folded[at : at + length] in wanted:
                    yield at, at + length


def _merge_adjacent(folded: str, found: Sequence[Span]) -> Iterator[Span]:
    """Yield spans that touch, or are separated only by spaces and stop words, as one."""
    last: Span | None = None
    for start, end in found:
        if last is not None and (start <= last[1] or _holds_only_stop_words(folded[last[1] : start])):
            last = (last[0], max(end, last[1]))
            continue
        if last is not None:
            yield last
        last = (start, end)
    if last is not None:
        yield last


def _holds_only_stop_words(between: str) -> bool:
    bare = _WORD.sub("", between)
    return not bare.strip(" '’-") and all(word in ENGLISH for word in _WORD.findall(between))
