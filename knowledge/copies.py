"""Passages that say the same in the same words: copies of one text in several documents. Knows no index."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from knowledge.figures import figures_in
from knowledge.statements import negations_in

SHINGLE = 8
"""Characters of a shingle: about two words, in either language."""
ALIKE = 0.85
"""The share of shingles that two copies have in common, of those that either has (Jaccard's index)."""
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Saying:
    """What is compared of one passage."""

    text: str
    source_id: str
    above: str
    """Its own heading, or the question that it answers."""


def merge_copies(ids: Sequence[str], sayings: Mapping[str, Saying], limit: int) -> dict[str, list[str]]:
    """The `limit` best of `ids` that are no copies of a better one, in order, each with its copies among the next.

    A text with another figure, or with a negation more, is no copy: it may contradict. Nor is one of another document
    below another heading: the same words say something else there.
    """
    kept: dict[str, list[str]] = {}
    prints: dict[str, _Print] = {}
    for id_ in ids[: 2 * limit]:
        print_ = _Print(sayings[id_])
        original = next((other for other in kept if print_.is_copy_of(prints[other])), None)
        if original is not None:
            kept[original].append(id_)
        elif len(kept) < limit:
            kept[id_], prints[id_] = [], print_
    return kept


class _Print:
    """What is compared of one text."""

    def __init__(self, saying: Saying) -> None:
        self._saying = saying
        self._folded = unicodedata.normalize("NFKC", saying.text).casefold()
        letters = _NO_LETTER.sub("", self._folded)
        self._shingles = {letters[at : at + SHINGLE] for at in range(max(1, len(letters) - SHINGLE + 1))}

    @cached_property
    def _said(self) -> tuple[list[str], int]:
        """Figures and denials: looked for where the letters are alike, since that takes ten times as long."""
        return sorted(str(figure) for figure in figures_in(self._folded)[0]), negations_in(self._folded)

    def is_copy_of(self, other: _Print) -> bool:
        one, another = self._saying, other._saying
        if one.source_id != another.source_id and one.above.casefold() != another.above.casefold():
            return False
        ours, theirs = len(self._shingles), len(other._shingles)
        if min(ours, theirs) < ALIKE * max(ours, theirs):
            return False
        shared = len(self._shingles & other._shingles)
        return shared >= ALIKE * (ours + theirs - shared) and self._said == other._said
