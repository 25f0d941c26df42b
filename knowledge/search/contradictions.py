"""Finds where two passages answer a question with different numbers, times or days, or one denies the other.

Precise rather than complete: a pair is reported only if hardly anybody would read it otherwise. Edit it for the
thresholds and for what counts as a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import combinations

from knowledge.types import QA, Contradiction, Evidence, TextSpan
from text.quantities import quantities_in
from text.scripts import holds_cjk, same_script
from text.sentences import Sentence, declarative_sentences
from text.words import content_words, expand_contractions, fold

LEAST_WORDS = 3
LEAST_PAIRS = 5
"""What two sentences must share to be about the same thing: words, or pairs of Chinese characters."""
ALIKE = 0.75
"""The share of words that two sentences with different quantities must have in common."""
ALIKE_DENIED = 0.85
"""The same share if one sentence denies the other: there a single additional word may be the reason."""
COVERED = 0.5
COVERED_PAIRS = 0.2
"""The share of the question's content words that both passages must contain, including headings and names; lower
for pairs of Chinese characters, of which many are no words, or only ask.
"""


def find_contradictions(question: str, evidence: Sequence[Evidence]) -> tuple[Contradiction, ...]:
    """Return one contradiction for each two passages of different documents, the newer sentence first."""
    asked, rest = quantities_in(question)
    words, values = content_words(rest), {quantity.value for quantity in asked}
    least = max(1, len(words) * (COVERED_PAIRS if any(holds_cjk(word) for word in words) else COVERED))
    documents = [item for item in evidence if item.source.media != QA]
    covering = [item for item in documents if _may_cover(item, words, least)]
    parts = [part for item in covering if len((part := _ComparedPassage(item, words)).covered) >= least]
    return tuple(
        found
        for one, other in combinations(parts, 2)
        if one.item.source.id != other.item.source.id
        and one.covered == other.covered
        and same_script(question, one.item.chunk.text)
        and (found := _difference(one, other, words, values)) is not None
    )


def _may_cover(item: Evidence, words: frozenset[str], least: float) -> bool:
    """Return whether a passage may contain enough of the words, in a tenth of the time that its words take."""
    text = expand_contractions(fold(f"{item.source.name}\n{item.chunk.place.heading or ''}\n{item.chunk.text}"))
    return sum(word in text for word in words) >= least


class _ComparedPassage:
    """Compares one passage with the question."""

    def __init__(self, item: Evidence, asked: frozenset[str]) -> None:
        self.item = item
        self.above = content_words(f"{item.source.name.rpartition('.')[0]}\n{item.chunk.place.heading or ''}")
        everything = content_words(item.chunk.text) | self.above
        self.covered = asked & everything

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Return the passage's sentences; computed only if another passage covers the same words."""
        return tuple(declarative_sentences(self.item.chunk.text))

    def span_of(self, sentence: Sentence) -> TextSpan:
        return TextSpan(self.item.chunk.id, sentence.start, sentence.end)


def _difference(
    one: _ComparedPassage, other: _ComparedPassage, asked: frozenset[str], values: set[str]
) -> Contradiction | None:
    for ours, theirs in _sentence_pairs(one, other):
        about = asked & (ours.words | one.above)
        if about and about == asked & (theirs.words | other.above) and contradict(ours, theirs, values):
            first, second = one.span_of(ours), other.span_of(theirs)
            newest = one.item.source.as_of >= other.item.source.as_of
            return Contradiction(first, second) if newest else Contradiction(second, first)
    return None


def _sentence_pairs(one: _ComparedPassage, other: _ComparedPassage) -> Iterator[tuple[Sentence, Sentence]]:
    for ours in one.sentences:
        for theirs in other.sentences:
            yield ours, theirs


def contradict(ours: Sentence, theirs: Sentence, asked: set[str]) -> bool:
    """Return whether two sentences about the same thing cannot both be true; `asked`: quantities of the question."""
    shared = ours.words & theirs.words
    chinese = any(holds_cjk(word) for word in shared)
    if len(shared) < (LEAST_PAIRS if chinese else LEAST_WORDS):
        return False
    alike = len(shared) / len(ours.words | theirs.words)
    if ours.negations != theirs.negations:
        denied = abs(ours.negations - theirs.negations) == 1
        return denied and alike >= ALIKE_DENIED and ours.quantities == theirs.quantities
    if alike < ALIKE or [each.kind for each in ours.quantities] != [each.kind for each in theirs.quantities]:
        return False
    # If several quantities differ, one may say which thing is meant: a room, a level, a year.
    differing = [pair for pair in zip(ours.quantities, theirs.quantities, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and not {each.value for each in differing[0]} & asked
