"""Words that deny what a sentence says, in English and Chinese. Works on folded text (`text.words.fold`)."""

from __future__ import annotations

import re

from text.scripts import CJK

_CONTRACTED = re.compile(r"n['’]t\b|(?<=can)not\b")
_NEGATION = re.compile(
    r"\b(?:not|no(?!\s+(?:later|earlier|more|less|fewer)\b)|never|neither|nor|without|forbidden|prohibited)\b"
    rf"|不(?!过|過|仅|僅|但|同|少)|没有?|沒有?|未(?=[{CJK}])|勿|禁止"
)


def expand_contractions(folded_text: str) -> str:
    """The text with "n't" and "cannot" written out, so that every negation is a word of its own."""
    return _CONTRACTED.sub(" not", folded_text)


def count_negations(folded_text: str) -> int:
    """How many words deny something."""
    return len(_NEGATION.findall(expand_contractions(folded_text)))


def without_negations(expanded_text: str) -> str:
    """The text with a space in place of each negation."""
    return _NEGATION.sub(" ", expanded_text)
