"""Watches an answer that a model writes, and ends it where it turns into something other than an answer.

A small model sometimes repeats its prompt, recites the passage to its end, or says the same over and over. Edit this
file for whatever else a model writes that is no part of an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from chains.citations import CITATION
from text.markdown.blocks import touches_code, touches_code_or_table
from text.scripts import CJK, weighted_length
from text.sentences import sentence_ends

_REPEATED_PROMPT = re.compile(
    r"\n\s*(?:\[\d{1,2}\][ \t]*\S+ ›|Passages?:|Question:|Earlier question:|段落：|问题：|之前的问题：)"
)
"""The start of a line of the reading prompt (`chains.prompts`)."""

_LONGEST_QUOTE = 3
"""The most sentences that may be copied from one passage; the prompt asks for at most three."""
_MIN_QUOTE_LENGTH = 150
"""Characters, a Han character counting as 2.5; a shorter quotation is a normal answer."""

_PART_END = re.compile(r"[.!?](?=\s)|[。！？；]|\n")
"""The end of a sentence or line."""
_LIST_MARK = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)、．])\s+|\s*\d{1,3}[、．]")
_DANGLING_MARK = re.compile(r"(?:^|\n)[ \t]*(?:[-*+•]|\d{1,3}[.)、．])[ \t]*$")
"""The sign of a list item that has lost its text."""
_MIN_REPEATED_LENGTH = 12
"""Characters, a Han character counting as 2.5; a shorter sentence or line may well stand twice in an answer."""
_WORD = re.compile(rf"[{CJK}]|[^\W{CJK}]+")
_LEAST_RUNS = ((10, 2), (4, 3), (2, 4), (1, 8))
"""How many times in a row it takes for so many words, or Han characters, to be a loop: the more words, the fewer."""
_LONGEST_RUN = 60
"""The most words of one round of a loop that has no sentences."""


class OutputGuard:
    """Keeps the part of a growing text that is an answer."""

    def __init__(self, passages: Sequence[str], *, unchanged: bool = False) -> None:
        """Take the passages; with `unchanged`, all text is the answer, as for a tuned model."""
        self._passages = [_normalised(passage) for passage in passages]
        self._unchanged = unchanged
        self._text = ""
        self.is_done = False
        """Whether the answer is complete, so that what follows is no part of it."""

    @property
    def text(self) -> str:
        """Return the answer so far."""
        return self._text

    def push(self, text: str) -> str:
        """Return the part of `text` that belongs to the answer.

        A repetition is only known when it is finished, so `text` as a whole may then be shorter than what was returned.
        """
        if self.is_done:
            return ""
        before = len(self._text)
        grown = self._text + text
        kept = grown
        if not self._unchanged:
            kept = _cut_at_loop(_cut_at_repetition(self._cut_at_quote(self._cut_at_prompt(grown))))
        self.is_done = len(kept) < len(grown)
        self._text = kept
        return kept[before:]

    def finish(self) -> str:
        """Return the whole answer now that nothing follows: its last line may repeat an earlier one, too."""
        if not self._unchanged and not self.is_done:
            self._text = _cut_at_repetition(f"{self._text}\n").removesuffix("\n")
        return self._text

    def _cut_at_prompt(self, text: str) -> str:
        found = _REPEATED_PROMPT.search(text)
        return text if found is None or touches_code(text, found.start() + 1, found.end()) else text[: found.start()]

    def _cut_at_quote(self, text: str) -> str:
        """Cut after the third sentence in a row that is copied, in this order, from one passage."""
        ends = sentence_ends(text)
        for first, last in zip([0, *ends], ends[_LONGEST_QUOTE - 1 :], strict=False):
            quote = text[first:last]
            if (
                weighted_length(quote) >= _MIN_QUOTE_LENGTH
                and any(_normalised(quote) in passage for passage in self._passages)
                and not touches_code(text, first, last)
            ):
                return text[:last]
        return text


def cut_to_whole(text: str) -> str:
    """Return a text that was cut off in the middle up to its last whole sentence or line, or all of it if it has none.

    Code and tables stay as they are.
    """
    if touches_code_or_table(text, len(text), len(text)):
        return text
    end = max([*sentence_ends(f"{text} "), text.rstrip().rfind("\n")], default=-1)
    return text[:end].rstrip().rstrip(",;:，；：、") if end > 0 else text


def _cut_at_repetition(text: str) -> str:
    """Cut before the first sentence or line that was there before."""
    seen: set[str] = set()
    for start, end in pairwise([0, *(found.end() for found in _PART_END.finditer(text))]):
        bare = CITATION.sub("", _LIST_MARK.sub("", text[start:end], count=1))
        part = _normalised(bare).strip(' .,;:!?。，；：！？*_"“”')
        if weighted_length(part) < _MIN_REPEATED_LENGTH or part.startswith("|"):
            continue
        if part in seen and not touches_code_or_table(text, start, end - 1):
            return _DANGLING_MARK.sub("", text[:start])
        seen.add(part)
    return text


def _cut_at_loop(text: str) -> str:
    """Cut after the first round where the text ends in the same words again and again, with or without sentences."""
    found = list(_WORD.finditer(text))
    words = [each[0].casefold() for each in found]
    for size in range(1, min(_LONGEST_RUN, len(words) // 2) + 1):
        rounds = _rounds_at_end(words, size)
        least = next(times for words_at_least, times in _LEAST_RUNS if size >= words_at_least)
        if rounds >= least:
            start = found[len(words) - (rounds - 1) * size].start()
            return text if touches_code_or_table(text, start, len(text)) else text[:start]
    return text


def _rounds_at_end(words: Sequence[str], size: int) -> int:
    """Return how many times in a row the last `size` words stand at the end."""
    last, rounds = words[-size:], 1
    while words[-(rounds + 1) * size : -rounds * size] == last:
        rounds += 1
    return rounds


def _normalised(text: str) -> str:
    return " ".join(text.casefold().split())
