"""An assistant that says what a test tells it to, as slowly as the test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.ports import AssistantPort
from chains.errors import DecisionNotFound, EmptyQuestion, QuestionTooLong
from chains.routing.explain import Explanation
from chains.types import (
    Answer,
    AnswerEvent,
    Cited,
    Decided,
    Delta,
    Finished,
    Language,
    Question,
    Route,
    RouteDecision,
    Timings,
    Waiting,
)
from knowledge.types import EVERY_MEMBER, Chunk, Evidence, Place, Source

_LIMIT = 2000

TAKEN_IN = datetime(2099, 1, 1, tzinfo=UTC)
"""Never long ago, whenever a test runs."""


def passage(
    name: str, heading: str | None = None, page: int | None = None, link: str | None = None, anchor: str | None = None
) -> Evidence:
    media = "md" if page is None else "pdf"
    source = Source("s1", "g", name, media, "0" * 64, EVERY_MEMBER, 1, 1, TAKEN_IN, "m", link)
    chunk = Chunk("s1:0", source.id, 0, "Seven days.", Place(page=page, heading=heading, anchor=anchor))
    return Evidence(chunk, source, 0.9, 1, 5.0, 1, 0.9, 0.03)


@dataclass
class ScriptedAssistant:
    """Fulfils `bot.ports.Assistant`. Clear `may_go_on` to hold an answer back after its first word."""

    text: str = "Seven days."
    route: Route = Route.RETRIEVAL
    evidence: tuple[Evidence, ...] = (passage("tools.md", "Borrowing › In short"),)
    ahead: int = 0
    fails: Exception | None = None
    reason: str = "chance that the text found answers this: 93 %"
    questions: list[Question] = field(default_factory=list)
    stopped: int = 0

    def __post_init__(self) -> None:
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.has_begun = asyncio.Event()
        self._askers: dict[str, str] = {}
        self.behind: int | None = None
        """How many questions stood before this one in the search."""
        self._cited: dict[str, Cited] = {}

    async def stream(self, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        if not question.text.strip():
            raise EmptyQuestion
        if len(question.text) > _LIMIT:
            raise QuestionTooLong(len(question.text), _LIMIT)
        self.questions.append(question)
        decision_id = f"decision{len(self.questions)}"
        self._askers[decision_id] = question.asker_id
        ids = tuple(item.chunk.id for item in self.evidence)
        self._cited[decision_id] = Cited(question.guild_id, ids, self.route)
        decision = RouteDecision(self.route, (), (), (), (), None, "test")
        yield Decided(decision_id, decision, self.evidence)
        if self.ahead:
            yield Waiting(self.ahead)
        first, _, rest = self.text.partition(" ")
        try:
            yield Delta(first)
            self.has_begun.set()
            await self.may_go_on.wait()
            if self.fails is not None:
                raise self.fails
            yield Delta(" " + rest)
        except (GeneratorExit, asyncio.CancelledError):
            self.stopped += 1
            raise
        timings = Timings(0.1, 0.1, 0.0, 1.0, 0.5, 4.2)
        yield Finished(
            Answer(
                decision_id,
                self.text,
                question.language,
                decision,
                self.evidence,
                (),
                "scripted",
                timings,
            )
        )

    def headline(self, answer: Answer) -> str:
        return self.reason

    async def explanation(self, decision_id: str, language: Language) -> Explanation:
        await self.may_go_on.wait()
        whole = "**回答方式：查文档**" if language is Language.ZH else "**Route: documents**"
        return Explanation(
            self.reason, "\n".join([whole, *(f"> line {number}" * 20 for number in range(20))]), self.behind
        )

    async def asker_of(self, decision_id: str) -> str:
        if decision_id not in self._askers:
            raise DecisionNotFound(decision_id, 365)
        return self._askers[decision_id]

    async def cited(self, decision_id: str) -> Cited:
        if decision_id not in self._cited:
            raise DecisionNotFound(decision_id, 365)
        return self._cited[decision_id]


_CONFORMS: type[AssistantPort] = ScriptedAssistant
