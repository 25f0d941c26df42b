"""The use case: a question in, events out, and the decision on record. Knows no Discord, Chroma or model file."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk

from chains.agent import RECURSION_LIMIT, Agent, build_agent
from chains.citations import cite
from chains.errors import EmptyQuestion, GenerationFailed, QuestionTooLong
from chains.log import DecisionLog
from chains.ports import Specialists
from chains.providers import failure_of
from chains.queue import TurnQueue
from chains.reading import Reading
from chains.routing.explain import Explainer, Explanation
from chains.routing.router import Routed, Router
from chains.settings import ChainsSettings
from chains.tools import ASK_SPECIALIST, SEARCH, TOOLS_OF, Run
from chains.types import (
    Answer,
    AnswerEvent,
    Decided,
    Delta,
    Finished,
    Language,
    Question,
    Route,
    Timings,
    Waiting,
)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Clock:
    """When the stages of one question ended; seconds of the monotonic clock."""

    started: float
    decided: float = 0.0
    turn_came: float = 0.0
    first_word: float | None = None

    def timings(self, retrieval_s: float) -> Timings:
        now = time.monotonic()
        return Timings(
            retrieval_s=retrieval_s,
            decision_s=self.decided - self.started,
            waiting_s=self.turn_came - self.decided,
            generation_s=now - self.turn_came,
            first_word_s=None if self.first_word is None else self.first_word - self.started,
            total_s=now - self.started,
        )


class Assistant:
    """Answers questions by the route that was decided, and explains decisions from their record."""

    def __init__(
        self,
        *,
        model: BaseChatModel,
        model_name: str,
        router: Router,
        specialists: Specialists,
        log: DecisionLog,
        explainer: Explainer,
        settings: ChainsSettings,
        queue: TurnQueue,
    ) -> None:
        self._agent: Agent = build_agent(model, specialists)
        self._model_name = model_name
        self._router = router
        self._log = log
        self._explainer = explainer
        self._settings = settings
        self._queue = queue

    async def stream(self, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        """Decide, then answer; ends with `Finished`. Closing the iterator stops the generation.

        Raises:
            EmptyQuestion, QuestionTooLong: before anything is searched.
            GenerationFailed: the chat model raised or wrote nothing; the decision stays on record.
        """
        question = self._checked(question)
        clock = _Clock(time.monotonic())
        routed = await self._router.route(question)
        run = self._run(routed)
        decision_id = uuid.uuid4().hex[:12]
        evidence_ids = tuple(item.chunk.id for item in run.evidence)
        await self._log.record(decision_id, question, routed.decision, evidence_ids)
        clock.decided = clock.turn_came = time.monotonic()
        yield Decided(decision_id, routed.decision, run.evidence)
        if routed.decision.route is Route.ABSTAIN:
            text = self._refusal(routed, question.language)
        else:
            is_tuned = ASK_SPECIALIST in TOOLS_OF[routed.decision.route]
            reading = Reading([item.chunk.text for item in run.evidence], unchanged=is_tuned)
            async with aclosing(self._write(run, clock, reading)) as events:
                async for event in events:
                    yield event
            text = cite(reading.text.strip(), run.evidence)
        answer = Answer(
            decision_id=decision_id,
            text=text,
            language=question.language,
            decision=routed.decision,
            evidence=run.evidence,
            tools_run=tuple(run.tools_run),
            model=self._author(run),
            timings=clock.timings(routed.retrieval.seconds),
        )
        await self._log.complete(answer)
        yield Finished(answer)

    async def answer(self, question: Question) -> Answer:
        """The whole answer at once; raises as `stream` does."""
        async with aclosing(self.stream(question)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    return event.answer
        raise RuntimeError("the stream of events ended without an answer")

    async def explanation(self, decision_id: str, language: Language) -> Explanation:
        """Why that decision was made, from its record.

        Raises:
            DecisionNotFound: it is not on record.
        """
        return self._explainer.explain((await self._log.get(decision_id)).decision, language)

    async def asker_of(self, decision_id: str) -> str:
        """The id of the member who asked.

        Raises:
            DecisionNotFound: it is not on record.
        """
        return (await self._log.get(decision_id)).asker_id

    def headline(self, answer: Answer) -> str:
        """The deciding reason, on one line, in the answer's language."""
        return self._explainer.headline(answer.decision, answer.language)

    def _checked(self, question: Question) -> Question:
        text = question.text.strip()
        if not text:
            raise EmptyQuestion
        if len(text) > self._settings.max_question_chars:
            raise QuestionTooLong(len(text), self._settings.max_question_chars)
        return replace(question, text=text)

    def _run(self, routed: Routed) -> Run:
        reads = SEARCH in TOOLS_OF[routed.decision.route]
        evidence = routed.retrieval.evidence[: self._settings.passages_read] if reads else ()
        return Run(routed.question, routed.decision, routed.retrieval, evidence, routed.champion)

    def _author(self, run: Run) -> str | None:
        if run.decision.route is Route.ABSTAIN:
            return None
        tuned = run.decision.route in {Route.SPECIALIST, Route.COMBINED}
        return run.champion.adapter_sha256 if tuned and run.champion else self._model_name

    def _refusal(self, routed: Routed, language: Language) -> str:
        best = routed.retrieval.evidence[0].source.name if routed.retrieval.evidence else None
        return self._explainer.refusal(routed.decision, best, language)

    async def _write(self, run: Run, clock: _Clock, reading: Reading) -> AsyncGenerator[Waiting | Delta, None]:
        """Wait for a turn, then run the agent, passing on only what the answering model says, to the answer's end."""
        async with self._queue.place() as place:
            async for ahead in place.ahead():
                if ahead:
                    yield Waiting(ahead)
            clock.turn_came = time.monotonic()
            yield Waiting(0)
            async with aclosing(self._words(run)) as words:
                async for text in words:
                    clock.first_word = clock.first_word or time.monotonic()
                    if own := reading.push(text):
                        yield Delta(own)
                    if reading.is_done:
                        break
        if clock.first_word is None:
            raise GenerationFailed(self._model_name)

    async def _words(self, run: Run) -> AsyncGenerator[str, None]:
        """What the answering model, or the specialist's tool, says."""
        tools = TOOLS_OF[run.decision.route]
        speaker = "tools" if tools and tools[-1] != SEARCH else "model"
        stream = self._agent.astream(
            {"messages": [("user", run.question.text)]},
            {"recursion_limit": RECURSION_LIMIT},
            context=run,
            stream_mode="messages",
        )
        try:
            async for item in stream:
                match item:
                    case AIMessageChunk() as chunk, {"langgraph_node": node} if node == speaker and chunk.text:
                        yield chunk.text
        except Exception as error:  # the boundary to models of any kind; the cause is chained
            _log.exception("the agent failed on route %s", run.decision.route)
            raise GenerationFailed(self._model_name, failure_of(error)) from error
