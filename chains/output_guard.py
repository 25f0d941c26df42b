"""Watches an answer that is written from passages, and ends it where it turns into something other than an answer.

A small model sometimes repeats its prompt, or recites the passage to its end. Edit this file for whatever else
a model writes that is no part of an answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from text.markdown_blocks import touches_code
from text.scripts import weighted_length
from text.sentences import sentence_ends

_REPEATED_PROMPT = re.compile(
    r"\n\s*(?:\[\d{1,2}\][ \t]*\S+ ›|Passages?:|Question:|Earlier question:|段落：|问题：|之前的问题：)"
)
"""The start of a line of the reading prompt (`chains.prompts`)."""

_LONGEST_QUOTE = 3
"""The most sentences that may be copied from one passage; the prompt asks for at most three."""
_MIN_QUOTE_LENGTH = 150
"""Characters, a Han character counting as 2.5; a shorter quotation is a normal answer."""


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
        """Return the part of `text` that belongs to the answer."""
        if self.is_done:
            return ""
        before = len(self._text)
        grown = self._text + text
        kept = grown if self._unchanged else self._cut_at_quote(self._cut_at_prompt(grown))
        self.is_done = len(kept) < len(grown)
        self._text = kept
        return kept[before:]

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


def _normalised(text: str) -> str:
    return " ".join(text.casefold().split())
