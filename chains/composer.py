"""How an answer from documents comes by its words: quoted, written and checked, or quoted in place of what was written.

Edit this file for when a passage is quoted rather than read by the chat model, and for what is held back until checked.
"""

from __future__ import annotations

from collections.abc import Sequence

from chains.agent import Run
from chains.answer_check import check, check_words
from chains.ports import SupportPort
from chains.quoting import Quote, quote, quote_parts
from chains.routing.question_kind import QuestionKind
from chains.routing.router import Routed
from chains.types import AnswerForm, Composition, Route
from knowledge.types import Evidence
from text.sentences import sentence_ends

READER = "extractive reader"
"""Who answers, by name, where the words are a passage's own."""


class Composer:
    """Chooses between a passage's own words and what the chat model writes."""

    def __init__(self, support: SupportPort, threshold: float, *, prefers_quotes: bool) -> None:
        """Take the probability from which on a part's passages are good enough, and whether quotes are preferred."""
        self._support = support
        self._threshold = threshold
        self._prefers_quotes = prefers_quotes

    def quote_instead(self, routed: Routed, run: Run) -> Quote | None:
        """Return the answer in a passage's own words, where that is preferred to having it written.

        Several questions in one message are always quoted, each for itself.
        """
        return self._quote(routed, run) if self._prefers_quotes or routed.parts else None

    def gate(self, routed: Routed, run: Run) -> SentenceGate | None:
        """Return what holds sentences back until they are checked; None where there is nothing to check them by."""
        return None if self._quote(routed, run) is None else SentenceGate(run.question.text, run.evidence)

    async def compose(self, routed: Routed, run: Run, written: str) -> tuple[str, Composition | None]:
        """Return what was written, or the quoted sentence where something speaks against it, and which it is.

        There is no composition where no passage was read closely: then nothing is checked.
        """
        quoted = self._quote(routed, run)
        if quoted is None:
            return written, None
        supports = await self._support.support(written, run.evidence)
        checked = check(written, run.question.text, run.evidence, supports)
        if checked.fault is None:
            return written, Composition(AnswerForm.WRITTEN)
        return quoted.text, Composition(AnswerForm.REPLACED, checked.fault)

    def _quote(self, routed: Routed, run: Run) -> Quote | None:
        """Return what the passages themselves answer; None where no passage is to be read, or none was."""
        if run.route is not Route.RETRIEVAL or routed.kind is QuestionKind.CREATIVE:
            return None
        if not routed.parts:
            return quote(run.question.text, run.evidence, run.question.language)
        parts = [
            (part.question, part.retrieval.evidence if (part.holds or 0.0) >= self._threshold else ())
            for part in routed.parts
        ]
        return quote_parts(parts, run.evidence, run.question.language)


class SentenceGate:
    """Lets whole sentences of a growing answer through, once nothing speaks against them."""

    def __init__(self, question: str, evidence: Sequence[Evidence]) -> None:
        self._question = question
        self._evidence = evidence
        self._shown = 0
        self.is_wrong = False
        """Whether a sentence was found wrong: the rest need not be written."""

    def push(self, text: str) -> str:
        """Return what may be shown now of `text`, the answer so far; nothing of a sentence that is wrong."""
        end = max(sentence_ends(text), default=0)
        new = text[self._shown : end]
        if not new or self.is_wrong:
            return ""
        self.is_wrong = check_words(text[:end], self._question, self._evidence).fault is not None
        if self.is_wrong:
            return ""
        self._shown = end
        return new
