"""How much of a question stands together in one sentence that was found.

Words are compared by their beginnings, Chinese by pairs of characters. Knows no index, no rarity and no route.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from knowledge.types import Evidence

_BEGINNING = 6
"""Letters that two forms of one English word have in common, nearly always."""
_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(f"([{_HAN}]+)|[^\\W_{_HAN}]+")
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])|\n+")
_ENGLISH = """
a about an and any are as at be been being but by can could did do does for from had has have he her his how i if in
into is it its kind many may me might most much must my name no not of on or other our s she should so some such t than
that the their them there these they this those through to type was we were what when where which while who whom whose
why will with would you your
"""
_ASKING_EN = frozenset(_ENGLISH.split())
_ASKING_ZH = re.compile(
    "请问|請問|什么|甚麼|什麼|[哪那][一些裡里個个]+|哪|是谁|是誰|谁|誰|多少|几|幾|"
    "为何|為何|为什么|為什麼|如何|怎么|怎麼|怎样|怎樣|何[时時地处處]|吗|嗎|呢|[是的在了]"
)
"""Words that ask, or join others, and stand in no answer for what they mean."""


def share_in_one_sentence(question: str, evidence: Sequence[Evidence]) -> float:
    """The share, 0 to 1, of the question's telling words that stand together in one sentence of what was found.

    A question without telling words has 0.
    """
    asked = _asked(question)
    sentences = (sentence for item in evidence for sentence in _END_OF_SENTENCE.split(item.chunk.text))
    most = max((len(asked & _words(sentence)) for sentence in sentences), default=0)
    return most / len(asked) if asked else 0.0


def _asked(question: str) -> set[str]:
    plain = unicodedata.normalize("NFKC", question).casefold()
    told = " ".join(word for word in re.split(r"[^\w]+", _ASKING_ZH.sub(" ", plain)) if word not in _ASKING_EN)
    return {
        pair for found in _RUN.finditer(told) for pair in (_pairs(found[0]) if found[1] else {found[0][:_BEGINNING]})
    }


def _words(text: str) -> set[str]:
    words: set[str] = set()
    for found in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        words.update({*_pairs(found[0]), *found[0]} if found[1] else (found[0][:_BEGINNING],))
    return words


def _pairs(run: str) -> set[str]:
    """The run itself, where it is one character."""
    return {run[at : at + 2] for at in range(max(1, len(run) - 1))}
