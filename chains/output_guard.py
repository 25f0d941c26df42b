"""Watches an answer that is read from passages, and ends it where it turns into something else than an answer.

A small model sometimes goes on with its prompt, or recites the passage to its end. Knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from text.markdown_blocks import touches_code
from text.scripts import count_han
from text.sentences import sentence_ends

_PROMPT_AGAIN = re.compile(
    r"\n\s*(?:\[\d{1,2}\][ \t]*\S+ ›|Passages?:|Question:|Earlier question:|段落：|问题：|之前的问题：)"
)
"""How a line of the reading prompt begins (`chains.prompts`)."""

_LONGEST_QUOTE = 3
"""Sentences word for word from one passage; the prompt asks for at most three."""
_WORTH_CUTTING = 150
"""Characters, a Han character counting as 2.5, below which three sentences are no more than an answer."""


class OutputGuard:
    """One answer while it grows."""

    def __init__(self, passages: Sequence[str], *, unchanged: bool = False) -> None:
        """`unchanged`: whatever is said is the answer, as that of a tuned model is."""
        self._passages = [_flat(passage) for passage in passages]
        self._unchanged = unchanged
        self._text = ""
        self.is_done = False
        """Whether what follows is no part of the answer."""

    @property
    def text(self) -> str:
        """The answer so far."""
        return self._text

    def push(self, words: str) -> str:
        """The part of `words` that belongs to the answer."""
        if self.is_done:
            return ""
        before = len(self._text)
        grown = self._text + words
        kept = grown if self._unchanged else self._cut_at_quote(self._cut_at_prompt(grown))
        self.is_done = len(kept) < len(grown)
        self._text = kept
        return kept[before:]

    def _cut_at_prompt(self, text: str) -> str:
        found = _PROMPT_AGAIN.search(text)
        return text if found is None or touches_code(text, found.start() + 1, found.end()) else text[: found.start()]

    def _cut_at_quote(self, text: str) -> str:
        """Up to the end of the third sentence in a row that stands, in this order, in one passage."""
        ends = sentence_ends(text)
        for first, last in zip([0, *ends], ends[_LONGEST_QUOTE - 1 :], strict=False):
            quote = text[first:last]
            if (
                _weight(quote) >= _WORTH_CUTTING
                and any(_flat(quote) in passage for passage in self._passages)
                and not touches_code(text, first, last)
            ):
                return text[:last]
        return text


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())


def _weight(text: str) -> float:
    return len(text) + 1.5 * count_han(text)
