"""Measures a question and decides its route: search, also as a follow-up question, classify, decide.

Edit this file to measure something more, or to change what a follow-up question is searched for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from langchain_core.embeddings import Embeddings

from chains.decision_log import DecisionLog, Latency
from chains.ports import DomainClassifiersPort, RetrieverPort, SpecialistsPort
from chains.routing.bot_topic import TopicClassifier
from chains.routing.confidence import Confidence
from chains.routing.counterfactual import counterfactual_of
from chains.routing.creative_subject import subject_of
from chains.routing.policy import Policy, Situation, by_moderator
from chains.routing.question_kind import KindClassifier, QuestionKind
from chains.routing.same_question import SameQuestion
from chains.routing.signals import Measured, signals_of
from chains.small_talk import SmallTalk
from chains.types import Question, Route, RouteDecision, SearchContext, Turn
from finetune.types import Champion
from knowledge.types import Evidence, FoundQAPair, Retrieval
from text.question_parts import needs_subject, question_parts, with_subject
from text.question_text import asked_text

MOST_MERGED = 8
"""Passages that are kept of the searches for the parts of one message."""


@dataclass(frozen=True, slots=True)
class Part:
    """Holds one of several questions in one message, with what was found for it alone."""

    question: str
    retrieval: Retrieval
    holds: float | None
    """The probability that the passages hold its answer; None: nothing was found."""


@dataclass(frozen=True, slots=True)
class Routed:
    """Holds a question with its decision and all that was found for it."""

    question: Question
    retrieval: Retrieval
    champion: Champion | None
    decision: RouteDecision
    kind: QuestionKind
    """What the question most likely asks for."""
    examples: tuple[Turn, ...] = ()
    """Small talk like the member's, with good replies; empty for anything else."""
    answered: FoundQAPair | None = None
    """The moderator's answer that is given; None: the question is answered otherwise."""
    parts: tuple[Part, ...] = ()
    """The questions of a message that asks several; empty where it asks one."""


class Router:
    """Decides by which route a question is answered."""

    def __init__(
        self,
        *,
        retriever: RetrieverPort,
        specialists: SpecialistsPort,
        domain_classifiers: DomainClassifiersPort,
        embeddings: Embeddings,
        kinds: KindClassifier,
        topics: TopicClassifier,
        small_talk: SmallTalk,
        confidence: Confidence,
        policy: Policy,
        same_question: SameQuestion,
        log: DecisionLog,
    ) -> None:
        self._retriever = retriever
        self._specialists = specialists
        self._domain_classifiers = domain_classifiers
        self._embeddings = embeddings
        self._kinds = kinds
        self._topics = topics
        self._small_talk = small_talk
        self._confidence = confidence
        self._policy = policy
        self._same_question = same_question
        self._log = log
        # A pool of its own, since these calls wait for the encoder.
        self._threads = ThreadPoolExecutor(8, "routing")

    @property
    def passages_threshold(self) -> float:
        """Return the probability from which on passages are good enough to answer from."""
        return self._policy.thresholds.passages_hold_answer

    async def route(self, question: Question) -> Routed:
        """Measure the question's signals and return it with the decision."""
        loop = asyncio.get_running_loop()
        plain = asked_text(question.text)
        vector = await loop.run_in_executor(self._threads, self._embeddings.embed_query, plain)
        kinds = self._kinds.probabilities(vector)
        kind = max(kinds, key=lambda each: kinds[each])
        topic = self._topics.topic(vector) if kind is QuestionKind.ABOUT_BOT else None
        # "Why did you say that?" is no question about what was asked before, however well its passages answer that.
        history = question.history if topic is None else ()
        examples: tuple[Turn, ...] = ()
        if kind is QuestionKind.SMALL_TALK:
            examples = await loop.run_in_executor(self._threads, self._small_talk.examples, vector, question.language)
        # "Write me a short poem about our boats" would find pages on writing.
        subject = subject_of(question.text, question.language) if kind is QuestionKind.CREATIVE else None
        searched_for = replace(question, text=subject or question.text, history=history)
        parts = await self._search_parts(searched_for) if kind is not QuestionKind.CREATIVE else ()
        if parts:
            retrieval, behind, asked = _merged(question.text, parts), None, plain
            holds = max((part.holds for part in parts if part.holds is not None), default=None)
        else:
            retrieval, holds, behind, asked = await self._search(searched_for)
        if subject is not None:
            asked = plain
        # The question alone, without courtesies and in the documents' spelling, whichever search was the likelier.
        vector = await loop.run_in_executor(self._threads, self._embeddings.embed_query, asked)
        champion, likeness = await self._best_champion(question, vector)
        answered = await loop.run_in_executor(
            self._threads,
            self._same_question.most_similar,
            asked,
            vector,
            retrieval.pairs,
            self._embeddings.embed_query,
        )
        measured = Measured(
            passages_hold_answer=holds,
            has_documents=retrieval.source_count > 0,
            found_passages=bool(retrieval.evidence),
            kinds=kinds,
            champion=champion,
            likeness_to_training=likeness,
            moderators_answer=None if answered is None else answered.similarity,
            retrieval_latency=await self._log.latency(question.guild_id, Route.RETRIEVAL),
            specialist_latency=await self._specialist_latency(question.guild_id, champion),
            cost_ratio=await self._cost_ratio(question.guild_id, champion),
        )
        situation = Situation(
            requested=question.requested_route,
            has_documents=measured.has_documents,
            has_champion=champion is not None,
            champion_reads_passages=champion is not None and champion.reads_passages,
            material=None if subject is None else max((item.coverage for item in retrieval.evidence[:1]), default=None),
        )
        decision = self._policy.decide(signals_of(measured), situation)
        counterfactual = counterfactual_of(self._policy, situation, decision)
        searched = SearchContext(
            behind, retrieval.reranker, respelled=len(retrieval.respelled), is_subject=subject is not None
        )
        given_answer = answered.pair if answered is not None and by_moderator(decision) else None
        if answered is not None and answered.similarity >= self._same_question.threshold:
            # A route that the member requested may read it; no other moderator's answer is evidence.
            retrieval = replace(retrieval, evidence=(answered.pair.evidence, *retrieval.evidence))
        return Routed(
            question,
            retrieval,
            champion,
            replace(decision, counterfactual=counterfactual, searched=searched, bot_topic=topic),
            kind,
            examples,
            given_answer,
            parts,
        )

    async def _best_champion(self, question: Question, vector: list[float]) -> tuple[Champion | None, float | None]:
        """Return the champion whose training questions this one is most like: only it competes with other routes."""
        champions = await self._specialists.champions(question.guild_id, question.reader)
        likenesses = [(await self._domain_classifiers.likeness(champion, vector), champion) for champion in champions]
        if not likenesses:
            return None, None
        likeness, champion = max(likenesses, key=lambda pair: pair[0])
        return champion, likeness

    async def _specialist_latency(self, guild_id: str, champion: Champion | None) -> Latency | None:
        if champion is None:
            return None
        measured = await self._log.latency(guild_id, Route.SPECIALIST)
        return measured or Latency(champion.answer_seconds_p50, champion.answer_seconds_p95)

    async def _cost_ratio(self, guild_id: str, champion: Champion | None) -> float | None:
        """Return what a question by retrieval has cost, divided by what one by the tuned model has, in seconds.

        The training is shared among the questions that tuned models have answered so far.
        """
        if champion is None:
            return None
        retrieval = await self._log.spent(guild_id, Route.RETRIEVAL)
        specialist = await self._log.spent(guild_id, Route.SPECIALIST)
        if not retrieval.answers:
            return None
        tuned_s = (champion.training_seconds + specialist.seconds) / max(1, specialist.answers)
        return retrieval.seconds / retrieval.answers / tuned_s if tuned_s else None

    async def _search_parts(self, question: Question) -> tuple[Part, ...]:
        """Search for each question of the message by itself; none where it asks one, or follows up on another."""
        asked = question_parts(asked_text(question.text))
        if len(asked) == 1 or question.history:
            return ()
        found = []
        for number, part in enumerate(asked):
            # "What does it cost?" is about what was asked before.
            before = " ".join(asked[:number]) if number and needs_subject(part) else ""
            query, read_for = f"{part} {before}".rstrip(), with_subject(part, before)
            retrieval = await self._retriever.search(query, question.guild_id, question.reader, read_for=read_for)
            found.append(Part(part, *self._confidence.in_likelier_language(retrieval)))
        return tuple(found)

    async def _search(self, question: Question) -> tuple[Retrieval, float | None, int | None, str]:
        """Search for the question alone and, in a conversation, as a follow-up question; return the likelier result.

        With it come the probability that it holds the answer, how many earlier questions were searched with it (None:
        it was searched alone), and the text that was measured of the question alone.
        """
        found: list[tuple[Retrieval, float | None, int | None]] = []
        for behind in (None, len(question.history)) if question.history else (None,):
            query = follow_up_query(question.text, question.history, behind)
            read_for = None
            if behind is not None:
                read_for = with_subject(asked_text(question.text), asked_text(question.history[-1].question))
            retrieval = await self._retriever.search(query, question.guild_id, question.reader, read_for=read_for)
            found.append((*self._confidence.in_likelier_language(retrieval), behind))
        likelier, holds, behind = max(found, key=lambda each: each[1] or 0.0)
        # A moderator's answer belongs to the question itself, whichever search is the likelier.
        return replace(likelier, pairs=found[0][0].pairs), holds, behind, found[0][0].measured


def follow_up_query(question: str, history: Sequence[Turn], behind: int | None) -> str:
    """Return what a question of a conversation is searched for: itself and `behind` of the questions before it.

    `history` is oldest first; None is the question alone. The latest question comes first, since what is too long for
    an encoder or an index is cut at its end.
    """
    earlier = [] if behind is None else [asked_text(turn.question) for turn in history[-behind:]]
    return " ".join([asked_text(question), *reversed(earlier)]) if earlier else question


def _merged(message: str, parts: Sequence[Part]) -> Retrieval:
    """Return what was found for all parts as one result: the best of each first, every passage once."""
    merged: dict[str, Evidence] = {}
    for rank in range(MOST_MERGED):
        for part in parts:
            for item in part.retrieval.evidence[rank : rank + 1]:
                merged.setdefault(item.chunk.id, item)
    evidence = tuple(merged.values())[:MOST_MERGED]
    first = parts[0].retrieval
    return replace(
        first,
        query=message,
        evidence=evidence,
        seconds=sum(part.retrieval.seconds for part in parts),
        contradictions=tuple(each for part in parts for each in part.retrieval.contradictions),
        pairs=(),
    )
