"""The use case: a question in, events out, and the decision on record.

Edit this file to change the order in which a question is decided, queued, answered and recorded.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk

from chains.agent import ASK_SPECIALIST, RECURSION_LIMIT, SEARCH, TOOLS_OF, Agent, Run, build_agent, build_tools
from chains.agent_mode import Chooser
from chains.bot_facts import SelfDescription
from chains.citations import cite
from chains.composer import READER, Composer
from chains.decision_log import DecisionLog
from chains.errors import DecisionNotFound, EmptyQuestion, GenerationFailed, QuestionTooLong
from chains.output_guard import OutputGuard, cut_to_whole
from chains.ports import BotFactsPort, SpecialistsPort, SupportPort
from chains.providers import failure_of
from chains.routing.explain import Explainer, Explanation
from chains.routing.router import Routed, Router
from chains.settings import ChainsSettings
from chains.turn_queue import TurnQueue
from chains.types import (
    Answer,
    AnswerEvent,
    AnswerForm,
    BotTopic,
    Chosen,
    Cited,
    Composition,
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
    is_from_facts,
    taken_route,
)
from finetune.types import Champion, TaskKind
from knowledge.types import Evidence

_log = logging.getLogger(__name__)

_CUT_OFF = "length"
"""The reason of a text's end, as local models and OpenAI's protocol give it, where a limit of tokens was reached."""


@dataclass(slots=True)
class _Timer:
    """Holds when the stages of one question ended, in seconds of the monotonic clock."""

    started: float
    decided: float = 0.0
    turn_started: float = 0.0
    first_word: float | None = None

    def timings(self, retrieval_s: float) -> Timings:
        now = time.monotonic()
        return Timings(
            retrieval_s=retrieval_s,
            decision_s=self.decided - self.started,
            waiting_s=self.turn_started - self.decided,
            generation_s=now - self.turn_started,
            first_word_s=None if self.first_word is None else self.first_word - self.started,
            total_s=now - self.started,
        )


@dataclass(slots=True)
class _AnswerState:
    """Holds what becomes of one question after its decision."""

    decision_id: str
    routed: Routed
    run: Run
    """The run by the decided route, until a model chooses another."""
    choice: ModelChoice | None = None
    text: str = ""
    label: LabelChoice | None = None
    composition: Composition | None = None
    is_cut_off: bool = False
    """Whether the model reached its limit of tokens."""

    @property
    def is_declined(self) -> bool:
        """Whether nothing is answered, by the route or because the tuned model was too unsure of its label."""
        return self.run.route is Route.ABSTAIN or (self.label is not None and self.label.declined)

    @property
    def is_from_facts(self) -> bool:
        """Whether the answer consists of facts about the bot."""
        return is_from_facts(self.routed.decision, self.run.route)


class Assistant:
    """Answers questions by the route that was decided, and explains decisions from their record."""

    def __init__(
        self,
        *,
        model: BaseChatModel,
        sampled_model: BaseChatModel,
        model_name: str,
        router: Router,
        specialists: SpecialistsPort,
        log: DecisionLog,
        explainer: Explainer,
        bot_facts: BotFactsPort,
        settings: ChainsSettings,
        queue: TurnQueue,
        support: SupportPort,
        quotes: bool,
    ) -> None:
        """Take the chat model twice: `sampled_model` writes small talk and creative text.

        `quotes`: a passage's own words were right more often than what this chat model writes.

        Raises:
            ToolsUnknown: the model is to choose the route, but can't call tools.
        """
        tools = build_tools(specialists)
        self._agent: Agent = build_agent(model, sampled_model, tools)
        model_chooses = settings.routing == "agent"
        self._chooser = Chooser(model, model_name, tools, explainer) if model_chooses else None
        self._model_name = model_name
        self._router = router
        self._log = log
        self._explainer = explainer
        self._bot_facts = bot_facts
        self._self_description = SelfDescription()
        self._settings = settings
        self._queue = queue
        prefers_quotes = settings.answer_style == "quote" or (settings.answer_style == "auto" and quotes)
        self._composer = Composer(support, router.passages_threshold, prefers_quotes=prefers_quotes)

    async def stream(self, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        """Decide, then answer; yield events, the last one `Finished`. Closing the iterator stops the generation.

        Raises:
            EmptyQuestion, QuestionTooLong: before anything is searched.
            GenerationFailed: the chat model raised or wrote nothing; the decision stays on record.
        """
        question = self._checked(question)
        timer = _Timer(time.monotonic())
        routed = self._with_contradictions(await self._router.route(question))
        state = _AnswerState(uuid.uuid4().hex[:12], routed, self._run(routed, routed.decision.route))
        # A member's request, a moderator's answer and facts about the bot take precedence over a model's choice.
        is_settled = question.requested_route is not None or routed.answered is not None or state.is_from_facts
        chooser = None if is_settled else self._chooser
        await self._log.record(state.decision_id, question, routed.decision, _chunk_ids(state.run))
        timer.decided = timer.turn_started = time.monotonic()
        yield Decided(state.decision_id, routed.decision, state.run.evidence if chooser is None else ())
        if routed.answered is not None:
            state.text = routed.answered.evidence.chunk.text
        elif state.is_from_facts:
            state.text = await self._about_bot(question, routed.decision.bot_topic)
        elif chooser is None and await self._give_quotation(state, timer):
            pass
        elif chooser is not None or state.run.route is not Route.ABSTAIN:
            async with aclosing(self._generate(state, chooser, timer)) as events:
                async for event in events:
                    yield event
        answer = Answer(
            decision_id=state.decision_id,
            text=self._refusal(state) if state.is_declined else state.text,
            language=question.language,
            decision=routed.decision,
            evidence=() if state.is_declined else state.run.evidence,
            tools_run=tuple(state.run.tools_run),
            model=self._writer_of(state),
            timings=timer.timings(routed.retrieval.seconds),
            choice=state.choice,
            label=state.label,
            composition=state.composition,
            respelled=routed.retrieval.respelled,
        )
        await self._log.complete(answer)
        yield Finished(answer)

    async def answer(self, question: Question) -> Answer:
        """Return the whole answer at once; raises as `stream` does."""
        async with aclosing(self.stream(question)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    return event.answer
        raise RuntimeError("the stream of events ended without an answer")

    async def explanation(self, decision_id: str, language: Language) -> Explanation:
        """Return why that decision was made, from its record.

        Raises:
            DecisionNotFound: it is not on record.
        """
        logged = await self._log.get(decision_id)
        return self._explainer.explain(logged.decision, language, logged.choice, logged.label, logged.composition)

    async def asker_of(self, decision_id: str) -> str:
        """Return the id of the member who asked.

        Raises:
            DecisionNotFound: it is not on record.
        """
        return (await self._log.get(decision_id)).asker_id

    async def last_decision(self, guild_id: str, asker_id: str) -> str | None:
        """Return the id of the latest decision on a question of this asker in this guild; None if none is on record."""
        return await self._log.last_of(guild_id, asker_id)

    async def cited(self, decision_id: str) -> Cited:
        """Return what the answer of that decision rests on.

        Raises:
            DecisionNotFound: it is not on record.
        """
        logged = await self._log.get(decision_id)
        route = taken_route(logged.decision, logged.choice, logged.label)
        # A declined label rests on nothing, whatever the tuned model had read.
        evidence_ids = () if route is Route.ABSTAIN else logged.evidence_ids
        return Cited(logged.guild_id, evidence_ids, route)

    def headline(self, answer: Answer) -> str:
        """Return the deciding reason on one line, in the answer's language, with the model's choice if it made one."""
        return self._explainer.headline(answer.decision, answer.language, answer.choice, answer.label)

    def _checked(self, question: Question) -> Question:
        text = question.text.strip()
        if not text:
            raise EmptyQuestion
        if len(text) > self._settings.max_question_chars:
            raise QuestionTooLong(len(text), self._settings.max_question_chars)
        return replace(question, text=text)

    def _run(self, routed: Routed, route: Route) -> Run:
        evidence = self._readable_evidence(routed) if SEARCH in TOOLS_OF[route] else ()
        return Run(
            routed.question,
            routed.decision,
            route,
            routed.retrieval,
            evidence,
            routed.champion,
            routed.kind,
            routed.examples,
        )

    def _with_contradictions(self, routed: Routed) -> Routed:
        """Return the question with the contradictions between the passages that the model may read."""
        readable = {item.chunk.id for item in self._readable_evidence(routed)}
        kept = [
            each for each in routed.retrieval.contradictions if {each.newer.chunk_id, each.older.chunk_id} <= readable
        ]
        return replace(routed, decision=replace(routed.decision, contradictions=tuple(kept)))

    def _readable_evidence(self, routed: Routed) -> tuple[Evidence, ...]:
        """Return the evidence that the model reads if the route reads passages."""
        if routed.answered is not None:
            return (routed.answered.evidence,)
        if routed.parts:
            return routed.retrieval.evidence[: max(self._settings.passages_read, 2 * len(routed.parts))]
        return routed.retrieval.evidence[: self._settings.passages_read]

    def _writer_of(self, state: _AnswerState) -> str | None:
        """Return the model that wrote the answer, or None if no model did."""
        if state.routed.answered is not None or state.is_declined or state.is_from_facts:
            return None
        if state.composition is not None and state.composition.form is not AnswerForm.WRITTEN:
            return READER
        run = state.run
        return run.champion.adapter_sha256 if _is_tuned(run) and run.champion else self._model_name

    async def _about_bot(self, question: Question, topic: BotTopic | None) -> str:
        """Return the answer to a question about the bot, from facts as they are now."""
        if topic is BotTopic.WHY:
            return await self._why(question)
        facts = await self._bot_facts.facts(question)
        return self._self_description.describe(topic or BotTopic.GENERAL, facts, question)

    async def _why(self, question: Question) -> str:
        """Return why the answer before was given, if it was this asker's, from its record."""
        if question.previous_decision is None:
            return self._self_description.why_unknown("none", question.language)
        try:
            logged = await self._log.get(question.previous_decision)
        except DecisionNotFound:
            return self._self_description.why_unknown("gone", question.language)
        if logged.guild_id != question.guild_id:
            return self._self_description.why_unknown("none", question.language)
        if logged.asker_id != question.asker_id:
            return self._self_description.why_unknown("not_yours", question.language)
        record = self._explainer.in_short(logged.decision, question.language, logged.choice, logged.label)
        return self._self_description.why(record, question.language)

    def _refusal(self, state: _AnswerState) -> str:
        decision, retrieval, language = state.routed.decision, state.routed.retrieval, state.routed.question.language
        if state.label is not None and state.label.declined:
            return self._explainer.unsure_of_label(language)
        if decision.route is not Route.ABSTAIN:
            return self._explainer.declined(language)
        best = retrieval.evidence[0].source.name if retrieval.evidence else None
        return self._explainer.refusal(decision, best, language)

    async def _generate(
        self, state: _AnswerState, chooser: Chooser | None, timer: _Timer
    ) -> AsyncGenerator[Waiting | Chosen | Delta, None]:
        """Wait for a turn, have the model choose the route if it is to, and write the answer."""
        async with self._queue.place() as place:
            async for ahead in place.ahead():
                if ahead:
                    yield Waiting(ahead)
            timer.turn_started = time.monotonic()
            yield Waiting(0)
            if chooser is not None:
                state.choice = await self._choice(chooser, state.routed)
                state.run = self._run(state.routed, state.choice.route)
                await self._log.choose(state.decision_id, state.choice, _chunk_ids(state.run))
                yield Chosen(state.choice, state.run.evidence)
            if state.is_from_facts:
                state.text = await self._about_bot(state.routed.question, state.routed.decision.bot_topic)
            elif state.run.route is not Route.ABSTAIN and not await self._give_quotation(state, timer):
                async with aclosing(self._write(state, timer)) as deltas:
                    async for delta in deltas:
                        yield delta

    async def _choice(self, chooser: Chooser, routed: Routed) -> ModelChoice:
        try:
            return await chooser.choose(routed)
        except Exception as error:  # the boundary to models of any kind; the cause is chained
            _log.exception("the chat model failed to choose a route")
            raise GenerationFailed(self._model_name, failure_of(error)) from error

    async def _write(self, state: _AnswerState, timer: _Timer) -> AsyncGenerator[Delta, None]:
        """Run the agent to the answer's end, and yield only the text of the model that answers.

        A label is held back until it is known how sure the model is of it, and a sentence until it is checked.
        """
        champion = state.run.champion if _is_tuned(state.run) else None
        may_be_declined = champion is not None and champion.kind is TaskKind.LABEL
        guard = OutputGuard([item.chunk.text for item in state.run.evidence], unchanged=_is_tuned(state.run))
        gate = self._composer.gate(state.routed, state.run)
        async with aclosing(self._agent_text(state)) as pieces:
            async for text in pieces:
                timer.first_word = timer.first_word or time.monotonic()
                kept = guard.push(text)
                if gate is not None:
                    kept = gate.push(guard.text)
                if kept and not may_be_declined:
                    yield Delta(kept)
                if guard.is_done or (gate is not None and gate.is_wrong):
                    break
        if timer.first_word is None:
            raise GenerationFailed(self._model_name)
        text = guard.finish().strip()
        if champion is None or champion.kind is not TaskKind.LABEL:
            is_fragment = state.is_cut_off and champion is None
            written = cite(cut_to_whole(text) if is_fragment else text, state.run.evidence)
            state.text, state.composition = await self._composer.compose(state.routed, state.run, written)
            return
        state.text = label_with_help(champion, text)
        probability = state.run.label_probabilities[-1] if state.run.label_probabilities else None
        # The threshold was measured without passages, so it says nothing about a label that was chosen with them.
        is_measured = state.run.route is Route.SPECIALIST
        state.label = label_choice(
            champion if is_measured else replace(champion, label_threshold=None),
            probability,
            requested=state.run.question.requested_route is not None,
        )

    async def _give_quotation(self, state: _AnswerState, timer: _Timer) -> bool:
        """Have the agent answer in a passage's own words, where that is preferred to having the chat model write."""
        quoted = self._composer.quote_instead(state.routed, state.run)
        if quoted is None:
            return False
        state.run = replace(state.run, quotation=quoted.text)
        ended = await self._agent.ainvoke(
            {"messages": [("user", state.run.question.text)]}, {"recursion_limit": RECURSION_LIMIT}, context=state.run
        )
        timer.first_word = time.monotonic()
        state.text, state.composition = ended["messages"][-1].text, Composition(AnswerForm.QUOTED)
        return True

    async def _agent_text(self, state: _AnswerState) -> AsyncGenerator[str, None]:
        """Yield the text of the chat model, or of the specialist's tool, and note whether it was cut off."""
        run = state.run
        answering_node = "tools" if _is_tuned(run) else "model"
        stream = self._agent.astream(
            {"messages": [("user", run.question.text)]},
            {"recursion_limit": RECURSION_LIMIT},
            context=run,
            stream_mode="messages",
        )
        try:
            async for item in stream:
                match item:
                    case AIMessageChunk() as chunk, {"langgraph_node": node} if node == answering_node:
                        state.is_cut_off |= chunk.response_metadata.get("finish_reason") == _CUT_OFF
                        if chunk.text:
                            yield chunk.text
        except Exception as error:  # the boundary to models of any kind; the cause is chained
            _log.exception("the agent failed on route %s", run.route)
            raise GenerationFailed(self._model_name, failure_of(error)) from error


def label_with_help(champion: Champion, text: str) -> str:
    """Return the tuned model's text unchanged, or a label in bold above its sentence and its channel."""
    if champion.kind is not TaskKind.LABEL:
        return text
    described = next((item for item in champion.label_help if item.label == text), None)
    lines = [f"**{text}**"]
    if described is not None:
        lines.append(" ".join(part for part in (described.sentence, described.channel) if part))
    return "\n".join(lines)


def label_choice(champion: Champion, probability: float | None, *, requested: bool) -> LabelChoice | None:
    """Return whether a label counts as an answer; None where it is unknown how sure the model was.

    If the member `requested` the tuned model, its label is given however unsure it is: a request overrules weakness.
    """
    if champion.kind is not TaskKind.LABEL or probability is None:
        return None
    threshold = champion.label_threshold
    is_unsure = threshold is not None and probability < threshold
    return LabelChoice(probability, threshold, declined=is_unsure and not requested)


def _is_tuned(run: Run) -> bool:
    """Return whether the specialist's text is the answer."""
    return ASK_SPECIALIST in TOOLS_OF[run.route]


def _chunk_ids(run: Run) -> tuple[str, ...]:
    return tuple(item.chunk.id for item in run.evidence)
