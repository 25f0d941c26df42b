"""How much of a question stands together in one sentence that was found.

The calibration reads this figure: whoever changes it fits the calibration again.
"""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.types import Evidence
from text.sentences import split_sentences
from text.words import asked_prefixes, prefixes


def share_in_one_sentence(question: str, evidence: Sequence[Evidence]) -> float:
    """The share, 0 to 1, of the question's content words that stand together in one sentence of what was found.

    A question without content words has 0.
    """
    asked = asked_prefixes(question)
    sentences = (sentence for item in evidence for sentence in split_sentences(item.chunk.text))
    most = max((len(asked & prefixes(sentence)) for sentence in sentences), default=0)
    return most / len(asked) if asked else 0.0
