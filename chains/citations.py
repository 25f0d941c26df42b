"""Which passage an answer rests on, computed from the words they share.

A small model cites at random or not at all, so a number that it wrote is kept only where that passage exists, and
where it wrote none, the passage that covers most of the answer is cited. Code is left as it is: `names[0]` cites
nothing. So is whatever was written without passages. Edit this file to change when a citation is kept or added.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.types import Evidence
from text.markdown.blocks import Kind, blocks, code_block, sub_outside_code
from text.words import words_and_pairs

CITATION = re.compile(r"\s*\[(\d{1,2})\](?!\()")
"""A number in brackets that is not a link, with the space before it."""

# An answer that shares less than this with every passage is based on none of them.
_LEAST_SHARE = 0.3


def cite(text: str, evidence: Sequence[Evidence]) -> str:
    """Return `text` with citations of passages that exist, numbered from 1; unchanged where there is no evidence."""
    if not evidence:
        return text
    cited: list[int] = []

    def keep_if_valid(found: re.Match[str]) -> str:
        number = int(found[1])
        if 1 <= number <= len(evidence):
            cited.append(number)
            return found[0]
        # An index such as names[0] that was not marked as code.
        return found[0] if number == 0 and not found[0][0].isspace() else ""

    cleaned = sub_outside_code(CITATION, keep_if_valid, text).rstrip()
    if cited:
        return cleaned
    shares = [_shared_words(cleaned, item.chunk.text) for item in evidence]
    best = max(range(len(shares)), key=shares.__getitem__)
    return _with_citation(cleaned, best + 1) if shares[best] >= _LEAST_SHARE else cleaned


def _with_citation(text: str, number: int) -> str:
    """Append a citation, below a code block or a table, which it would break; none within code that never ends."""
    lines = text.split("\n")
    last = list(blocks(lines))[-1]
    if last.kind is Kind.CODE:
        code = code_block(lines[last.first :])
        return f"{text}\n[{number}]" if code is not None and code.is_closed else text
    return f"{text}\n\n[{number}]" if last.kind is Kind.TABLE else f"{text} [{number}]"


def _shared_words(answer: str, passage: str) -> float:
    """Return the share of the answer's distinct words (in Chinese: pairs of characters) that the passage has."""
    words = words_and_pairs(answer)
    return len(words & words_and_pairs(passage)) / len(words) if words else 0.0
