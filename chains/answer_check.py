"""Checks what a chat model wrote against the passages that it read, before it is sent.

A figure or a name that no passage holds, a denial of what a passage says, and the found fact left out: each ends in the
quoted sentence instead. Edit this file for what counts as supported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chains.citations import CITATION
from chains.quoting import answering_sentences
from chains.types import Fault
from knowledge.types import Evidence, Support
from text.quantities import quantities_in
from text.sentences import declarative_sentences
from text.words import content_words, fold, words_and_pairs

CONTRADICTED = 0.85
"""The probability of a contradiction from which on an answer is not sent."""
SAME_SUBJECT = 0.6
"""The share of a sentence's content words from which on it says something of the same as a passage's sentence."""
FOUND_SURELY = 2.0
"""The least logit of a passage holding the answer, and of its place, for a missing fact to count."""
UNKNOWN_SHARE = 0.5
"""The share of an answer's words that no passage holds from which on it is not based on them."""
_NAME = re.compile(r"(?<=[a-z0-9,;:] )[A-Z][\w'’-]+")


@dataclass(frozen=True, slots=True)
class Checked:
    """Holds what the check found in a written answer."""

    fault: Fault | None
    """None: nothing speaks against it."""
    words: str = ""
    """What the fault is about, in the answer's or the passage's words."""


def check(answer: str, question: str, evidence: Sequence[Evidence], supports: Sequence[Support]) -> Checked:
    """Return the first fault of a whole answer; `supports` says how each passage relates to it."""
    checked = check_words(answer, question, evidence)
    if checked.fault is not None:
        return checked
    if supports and min(each.contradicted for each in supports) >= CONTRADICTED:
        return Checked(Fault.DENIED)
    said = CITATION.sub("", answer)
    words = words_and_pairs(said)
    if words and len(words - words_and_pairs(_held(question, evidence))) / len(words) > UNKNOWN_SHARE:
        return Checked(Fault.UNSUPPORTED)
    missing = _left_out(said, evidence)
    return Checked(None) if missing is None else Checked(Fault.LEFT_OUT, missing)


def check_words(part: str, question: str, evidence: Sequence[Evidence]) -> Checked:
    """Return the first fault that shows in whole sentences of an answer that is still being written."""
    said, held = CITATION.sub("", part), _held(question, evidence)
    known = {each.value for each in quantities_in(held)[0]}
    added = next((each.value for each in quantities_in(said)[0] if each.value not in known), None)
    if added is not None:
        return Checked(Fault.ADDED_FIGURE, added)
    folded = fold(held)
    name = next((found[0] for found in _NAME.finditer(said) if fold(found[0]) not in folded), None)
    if name is not None:
        return Checked(Fault.ADDED_NAME, name)
    denied = _denied(said, evidence)
    return Checked(None) if denied is None else Checked(Fault.DENIED, denied)


def _held(question: str, evidence: Sequence[Evidence]) -> str:
    return "\n".join([question, *(f"{item.chunk.place.heading or ''}\n{item.chunk.text}" for item in evidence)])


def _denied(said: str, evidence: Sequence[Evidence]) -> str | None:
    """Return a sentence of the passages whose opposite the answer says: the same words, with or without a "not"."""
    stated = [each for item in evidence for each in _sentences(item.chunk.text)]
    for words, negations, _ in _sentences(said):
        if not words:
            continue
        shared = [(len(words & other) / len(words), other_negations, text) for other, other_negations, text in stated]
        nearest = [each for each in shared if each[0] >= SAME_SUBJECT]
        if nearest and all(each[1] % 2 != negations % 2 for each in nearest):
            return max(nearest)[2]
    return None


def _sentences(text: str) -> list[tuple[frozenset[str], int, str]]:
    return [(each.words, each.negations, text[each.start : each.end]) for each in declarative_sentences(text)]


def _left_out(said: str, evidence: Sequence[Evidence]) -> str | None:
    """Return the fact that was surely found and isn't in the answer."""
    readings = [(item, item.reading) for item in evidence if item.reading is not None]
    if not readings:
        return None
    item, reading = max(readings, key=lambda each: each[1].answerable)
    if reading.answerable < FOUND_SURELY or reading.span_margin < FOUND_SURELY:
        return None
    start, end = reading.span
    fact = item.chunk.text[start:end]
    figures = {each.value for each in quantities_in(fact)[0]}
    if figures:
        return None if figures & {each.value for each in quantities_in(said)[0]} else fact
    words = content_words(fact)
    sentences = " ".join(item.chunk.text[each.start : each.end] for each in answering_sentences(reading))
    told = content_words(said)
    return None if not words or words & told or content_words(sentences) <= told else fact
