"""Turns a question into the text that is searched for: as people mean it, in the words of the documents.

`text/question_text.py` does what needs no documents; here are the steps that do: emoji that no document has are left
out, and typing errors are bridged. Edit it for another such step.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge.search.spelling import Speller
from knowledge.store.keyword_index import KeywordIndex
from knowledge.store.scope import ReadableScope
from knowledge.store.vocabulary import words_of
from knowledge.types import Respelling
from text.question_text import asked_text
from text.tokens import EMOJI

_SHORTCODE = re.compile(r"(?<!\w):([A-Za-z0-9_+-]{2,32}):(?!\w)")
_SPACES = re.compile(r"\s{2,}")
_BEFORE_SIGN = re.compile(r"\s+(?=[?!.,;:](?:\s|$))")


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """Holds what is searched for and measured."""

    text: str
    respelled: tuple[Respelling, ...] = ()


class QuestionReader:
    """Reads the questions to one data folder. Blocking; safe to use from several threads."""

    def __init__(self, keywords: KeywordIndex) -> None:
        self._vocabulary = keywords.vocabulary
        self._speller = Speller(keywords)

    def read(self, query: str, guild_id: str, scope: ReadableScope) -> AskedQuestion:
        """Return what to search for among the documents in `scope`."""
        text = self._without_unknown_emoji(asked_text(query), guild_id, scope)
        return AskedQuestion(*self._speller.respell(text, guild_id, scope))

    def _without_unknown_emoji(self, text: str, guild_id: str, scope: ReadableScope) -> str:
        """Return the text without emoji that no readable document has, unless nothing else is in it."""
        names = [found[1] for found in _SHORTCODE.finditer(text)]
        signs = [found[0] for found in EMOJI.finditer(text)]
        if not names and not signs:
            return text
        words = {name: words_of(name) for name in names}
        looked_up = {*signs, *(word for each in words.values() for word in each)}
        known = self._vocabulary.known(guild_id, sorted(looked_up), scope.audiences)

        def kept_name(found: re.Match[str]) -> str:
            own = words[found[1]]
            return found[1].replace("_", " ") if own and own <= known else " "

        rest = EMOJI.sub(lambda found: found[0] if found[0] in known else " ", _SHORTCODE.sub(kept_name, text))
        rest = _BEFORE_SIGN.sub("", _SPACES.sub(" ", rest)).strip()
        return rest if any(map(str.isalnum, rest)) or any(sign in known for sign in signs) else text
