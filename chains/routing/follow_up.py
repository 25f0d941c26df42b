"""What a question of a conversation is searched for: alone, and behind the earlier ones that it may lean on.

Knows no index; which of the two is used, the router decides by what they find.
"""

from __future__ import annotations

from collections.abc import Sequence

from chains.types import Turn


def query_of(question: str, history: Sequence[Turn], behind: int | None) -> str:
    """The question and so many of those before it; `history` is oldest first, and None is the question alone.

    The latest stands first: what is too long for an encoder or an index is cut at its end.
    """
    earlier = [] if behind is None else [turn.question for turn in history[-behind:]]
    return " ".join([question, *reversed(earlier)])
