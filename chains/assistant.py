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
from chains.agent_mode import Chooser
from chains.citations import cite
from chains.decision_log import DecisionLog
from chains.errors import EmptyQuestion, GenerationFailed, QuestionTooLong
from chains.label_answers import judged, with_help
from chains.output_guard import OutputGuard
from chains.ports import SpecialistsPort
from chains.providers import failure_of
from chains.routing.explain import Explainer, Explanation
from chains.routing.router import Routed, Router
from chains.settings import ChainsSettings
from chains.tools import ASK_SPECIALIST, SEARCH, TOOLS_OF, Run, build_tools
from chains.turn_queue import TurnQueue
from chains.types import (
    Answer,
    AnswerEvent,
    Chosen,
    Cited,
    Decided,
    Delta,
    Finished,
    LabelChoice,
    Language,
    ModelChoice,
    Question,
    Route,
    Timings,
    Waiting,
    taken_route,
)
from finetune.types import TaskKind
from knowledge.types import Evidence

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


@dataclass(slots=True)
class _AnswerState:
    """What becomes of one question after its decision."""

    decision_id: str
    routed: Routed
    run: Run
    """By the decided route, until a model chooses another."""
    choice: ModelChoice | None = None
    text: str = ""
    label: LabelChoice | None = None

    @property
    def is_declined(self) -> bool:
        """Whether nothing is answered: by the route, or since the tuned model was too unsure of its label."""
        return self.run.route is Route.ABSTAIN or (self.label is not None and self.label.declined)


class Assistant:
    """Answers questions by the route that was decided, and explains decisions from their record."""

    def __init__(
        self,
        *,
        model: BaseChatModel,
        model_name: str,
        router: Router,
        specialists: SpecialistsPort,
        log: DecisionLog,
        explainer: Explainer,
        settings: ChainsSettings,
        queue: TurnQueue,
    ) -> None:
        """Raises ToolsUnknown: the model is to choose the route, and cannot."""
        tools = build_tools(specialists)
        self._agent: Agent = build_agent(model, tools)
        by_model = settings.routing == "agent"
        self._chooser = Chooser(model, model_name, tools, explainer) if by_model else None
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
        routed = self._with_differences(await self._router.route(question))
        # A member's request, and a moderator's answer, go before anybody's choice.
        chooser = self._chooser if question.requested_route is None and routed.answered is None else None
        way = _AnswerState(uuid.uuid4().hex[:12], routed, self._run(routed, routed.decision.route))
        await self._log.record(way.decision_id, question, routed.decision, _ids(way.run))
        clock.decided = clock.turn_came = time.monotonic()
        yield Decided(way.decision_id, routed.decision, way.run.evidence if chooser is None else ())
        if routed.answered is not None:
            way.text = routed.answered.evidence.chunk.text
        elif chooser is not None or way.run.route is not Route.ABSTAIN:
            async with aclosing(self._generate(way, chooser, clock)) as events:
                async for event in events:
                    yield event
        answer = Answer(
            decision_id=way.decision_id,
            text=self._refusal(way) if way.is_declined else way.text,
            language=question.language,
            decision=routed.decision,
            evidence=() if way.is_declined else way.run.evidence,
            tools_run=tuple(way.run.tools_run),
            model=None if routed.answered is not None or way.is_declined else self._author(way.run),
            timings=clock.timings(routed.retrieval.seconds),
            choice=way.choice,
            label=way.label,
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
        logged = await self._log.get(decision_id)
        return self._explainer.explain(logged.decision, language, logged.choice, logged.label)

    async def asker_of(self, decision_id: str) -> str:
        """The id of the member who asked.

        Raises:
            DecisionNotFound: it is not on record.
        """
        return (await self._log.get(decision_id)).asker_id

    async def cited(self, decision_id: str) -> Cited:
        """What the answer of that decision rests on.

        Raises:
            DecisionNotFound: it is not on record.
        """
        logged = await self._log.get(decision_id)
        route = taken_route(logged.decision, logged.choice, logged.label)
        return Cited(logged.guild_id, logged.evidence_ids, route)

    def headline(self, answer: Answer) -> str:
        """The deciding reason, on one line, in the answer's language; with a model's choice, where one was asked."""
        return self._explainer.headline(answer.decision, answer.language, answer.choice, answer.label)

    def _checked(self, question: Question) -> Question:
        text = question.text.strip()
        if not text:
            raise EmptyQuestion
        if len(text) > self._settings.max_question_chars:
            raise QuestionTooLong(len(text), self._settings.max_question_chars)
        return replace(question, text=text)

    def _run(self, routed: Routed, route: Route) -> Run:
        evidence = self._found(routed) if SEARCH in TOOLS_OF[route] else ()
        return Run(routed.question, routed.decision, route, routed.retrieval, evidence, routed.champion)

    def _with_differences(self, routed: Routed) -> Routed:
        """With what the passages that may be read say differently on record, where they are read at all."""
        read = {item.chunk.id for item in self._found(routed)}
        kept = [each for each in routed.retrieval.contradictions if {each.newer.chunk_id, each.older.chunk_id} <= read]
        return replace(routed, decision=replace(routed.decision, contradictions=tuple(kept)))

    def _found(self, routed: Routed) -> tuple[Evidence, ...]:
        """What is read where the route reads passages."""
        if routed.answered is not None:
            return (routed.answered.evidence,)
        return routed.retrieval.evidence[: self._settings.passages_read]

    def _author(self, run: Run) -> str:
        return run.champion.adapter_sha256 if _is_tuned(run) and run.champion else self._model_name

    def _refusal(self, way: _AnswerState) -> str:
        decision, retrieval, language = way.routed.decision, way.routed.retrieval, way.routed.question.language
        if way.label is not None and way.label.declined:
            return self._explainer.unsure_of_label(language)
        if decision.route is not Route.ABSTAIN:
            return self._explainer.declined(language)
        best = retrieval.evidence[0].source.name if retrieval.evidence else None
        return self._explainer.refusal(decision, best, language)

    async def _generate(
        self, way: _AnswerState, chooser: Chooser | None, clock: _Clock
    ) -> AsyncGenerator[Waiting | Chosen | Delta, None]:
        """Wait for a turn; in it, have a model choose the route where one is asked, and write the answer."""
        async with self._queue.place() as place:
            async for ahead in place.ahead():
                if ahead:
                    yield Waiting(ahead)
            clock.turn_came = time.monotonic()
            yield Waiting(0)
            if chooser is not None:
                way.choice = await self._choice(chooser, way.routed)
                way.run = self._run(way.routed, way.choice.route)
                await self._log.choose(way.decision_id, way.choice, _ids(way.run))
                yield Chosen(way.choice, way.run.evidence)
            if way.run.route is not Route.ABSTAIN:
                async with aclosing(self._write(way, clock)) as deltas:
                    async for delta in deltas:
                        yield delta

    async def _choice(self, chooser: Chooser, routed: Routed) -> ModelChoice:
        try:
            return await chooser.choose(routed)
        except Exception as error:  # the boundary to models of any kind; the cause is chained
            _log.exception("the chat model failed to choose a route")
            raise GenerationFailed(self._model_name, failure_of(error)) from error

    async def _write(self, way: _AnswerState, clock: _Clock) -> AsyncGenerator[Delta, None]:
        """Run the agent, passing on only what the answering model says, to the answer's end.

        A label is held back until it is known how sure the model is of it.
        """
        champion = way.run.champion if _is_tuned(way.run) else None
        may_be_declined = champion is not None and champion.kind is TaskKind.LABEL
        reading = OutputGuard([item.chunk.text for item in way.run.evidence], unchanged=_is_tuned(way.run))
        async with aclosing(self._words(way.run)) as words:
            async for text in words:
                clock.first_word = clock.first_word or time.monotonic()
                own = reading.push(text)
                if own and not may_be_declined:
                    yield Delta(own)
                if reading.is_done:
                    break
        if clock.first_word is None:
            raise GenerationFailed(self._model_name)
        text = cite(reading.text.strip(), way.run.evidence)
        if champion is None:
            way.text = text
            return
        way.text = with_help(champion, text)
        probability = way.run.label_probabilities[-1] if way.run.label_probabilities else None
        way.label = judged(champion, probability, requested=way.run.question.requested_route is not None)

    async def _words(self, run: Run) -> AsyncGenerator[str, None]:
        """What the answering model, or the specialist's tool, says."""
        speaker = "tools" if _is_tuned(run) else "model"
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
            _log.exception("the agent failed on route %s", run.route)
            raise GenerationFailed(self._model_name, failure_of(error)) from error


def _is_tuned(run: Run) -> bool:
    """Whether the specialist's words are the answer."""
    return ASK_SPECIALIST in TOOLS_OF[run.route]


def _ids(run: Run) -> tuple[str, ...]:
    return tuple(item.chunk.id for item in run.evidence)
