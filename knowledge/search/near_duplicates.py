"""Finds near duplicates: passages of several documents with the same content in nearly the same words.

Edit it for how alike near duplicates must be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from text.quantities import quantities_in
from text.words import count_negations, fold

SHINGLE = 8
"""Characters of a shingle: about two words in either language."""
ALIKE = 0.85
"""The Jaccard index of the shingles of two near duplicates."""
PROBES = 10
"""Shingles that are checked before all are; in a near duplicate at least nine in ten match."""
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class ComparedPassage:
    """Holds what is compared of one passage."""

    text: str
    source_id: str
    above: str
    """Its own heading, or the question that it answers."""


def merge_near_duplicates(passages: Mapping[str, ComparedPassage], limit: int) -> dict[str, list[str]]:
    """Return the ids of the first `limit` distinct passages in order, each with the ids of its near duplicates.

    A text with another quantity or one more negation is no duplicate, as it may contradict. Nor is one in another
    document below another heading, where the same words mean something else.
    """
    kept: dict[str, list[str]] = {}
    fingerprints: dict[str, _Fingerprint] = {}
    for id_, passage in passages.items():
        fingerprint = _Fingerprint(passage)
        original = next((other for other in kept if fingerprint.is_duplicate_of(fingerprints[other])), None)
        if original is not None:
            kept[original].append(id_)
        elif len(kept) < limit:
            kept[id_], fingerprints[id_] = [], fingerprint
    return kept


class _Fingerprint:
    """Computes what is compared of one text, as far as it is needed."""

    def __init__(self, passage: ComparedPassage) -> None:
        self._passage = passage
        self._folded = fold(passage.text)
        self._letters = _NO_LETTER.sub("", self._folded)

    @cached_property
    def _shingles(self) -> set[str]:
        letters = self._letters
        return {letters[at : at + SHINGLE] for at in range(max(1, len(letters) - SHINGLE + 1))}

    @cached_property
    def _quantities_and_negations(self) -> tuple[list[str], int]:
        """Return quantities and negations, compared last because they take ten times as long as the letters."""
        return sorted(str(quantity) for quantity in quantities_in(self._folded)[0]), count_negations(self._folded)

    def is_duplicate_of(self, other: _Fingerprint) -> bool:
        one, another = self._passage, other._passage
        if one.source_id != another.source_id and one.above.casefold() != another.above.casefold():
            return False
        if not self._may_be_duplicate_of(other):
            return False
        ours, theirs = len(self._shingles), len(other._shingles)
        if min(ours, theirs) < ALIKE * max(ours, theirs):
            return False
        shared = len(self._shingles & other._shingles)
        return (
            shared >= ALIKE * (ours + theirs - shared)
            and self._quantities_and_negations == other._quantities_and_negations
        )

    def _may_be_duplicate_of(self, other: _Fingerprint) -> bool:
        """Return whether half of a few shingles match, which already rules out nearly all texts."""
        letters = self._letters
        step = max(1, len(letters) // PROBES)
        probes = [letters[at : at + SHINGLE] for at in range(0, max(1, len(letters) - SHINGLE + 1), step)]
        return 2 * sum(probe in other._letters for probe in probes) >= len(probes)
