"""Measures a question and decides its route: search, classify, sum up. Writes nothing and words nothing."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from langchain_core.embeddings import Embeddings

from chains.decision_log import DecisionLog, Latency
from chains.ports import DomainClassifiersPort, RetrieverPort, SpecialistsPort
from chains.routing.confidence import Confidence
from chains.routing.counterfactual import counterfactual_of
from chains.routing.follow_up import query_of
from chains.routing.policy import Policy, Situation, by_moderator
from chains.routing.question_kind import KindClassifier
from chains.routing.same_question import SameQuestion
from chains.routing.signals import Measured, signals_of
from chains.types import Question, Route, RouteDecision, SearchContext
from finetune.types import Champion
from knowledge.types import FoundQAPair, Retrieval


@dataclass(frozen=True, slots=True)
class Routed:
    """A question with its decision and all that was found on the way."""

    question: Question
    retrieval: Retrieval
    champion: Champion | None
    decision: RouteDecision
    answered: FoundQAPair | None = None
    """The moderator's answer that is given; None: it is answered otherwise."""


class Router:
    """Decides how a question is answered."""

    def __init__(
        self,
        *,
        retriever: RetrieverPort,
        specialists: SpecialistsPort,
        profiles: DomainClassifiersPort,
        embeddings: Embeddings,
        kinds: KindClassifier,
        confidence: Confidence,
        policy: Policy,
        same_question: SameQuestion,
        log: DecisionLog,
    ) -> None:
        self._retriever = retriever
        self._specialists = specialists
        self._profiles = profiles
        self._embeddings = embeddings
        self._kinds = kinds
        self._confidence = confidence
        self._policy = policy
        self._same_question = same_question
        self._log = log
        # Of their own, since they wait for the encoder.
        self._threads = ThreadPoolExecutor(8, "routing")

    async def route(self, question: Question) -> Routed:
        """Measure the question's signals and decide."""
        retrieval, holds, behind = await self._search(question)
        loop = asyncio.get_running_loop()
        vector = await loop.run_in_executor(self._threads, self._embeddings.embed_query, question.text)
        champion, likeness = await self._likeliest(question, vector)
        answered = await loop.run_in_executor(
            self._threads,
            self._same_question.likeliest,
            question.text,
            vector,
            retrieval.pairs,
            self._embeddings.embed_query,
        )
        measured = Measured(
            passages_hold_answer=holds,
            has_documents=retrieval.source_count > 0,
            kinds=self._kinds.probabilities(vector),
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
        )
        decision = self._policy.decide(signals_of(measured), situation)
        turned = counterfactual_of(self._policy, situation, decision)
        searched = SearchContext(behind, retrieval.reranker)
        given = answered.pair if answered is not None and by_moderator(decision) else None
        if answered is not None and answered.similarity >= self._same_question.threshold:
            # By a route that the member named it may be read: no other moderator's answer is evidence.
            retrieval = replace(retrieval, evidence=(answered.pair.evidence, *retrieval.evidence))
        return Routed(question, retrieval, champion, replace(decision, counterfactual=turned, searched=searched), given)

    async def _likeliest(self, question: Question, vector: list[float]) -> tuple[Champion | None, float | None]:
        """The champion whose training questions this one is likest to: it alone competes with the other routes."""
        champions = await self._specialists.champions(question.guild_id, question.reader)
        likenesses = [(await self._profiles.likeness(champion, vector), champion) for champion in champions]
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
        """What a question by retrieval has cost over what one by the tuned model has, in seconds of this machine.

        The training is shared out among the questions that tuned models have answered so far.
        """
        if champion is None:
            return None
        retrieval = await self._log.spent(guild_id, Route.RETRIEVAL)
        specialist = await self._log.spent(guild_id, Route.SPECIALIST)
        if not retrieval.answers:
            return None
        tuned_s = (champion.training_seconds + specialist.seconds) / max(1, specialist.answers)
        return retrieval.seconds / retrieval.answers / tuned_s if tuned_s else None

    async def _search(self, question: Question) -> tuple[Retrieval, float | None, int | None]:
        """Search for the question, and, in a conversation, for it behind those before it: the likelier counts.

        The last is how many stood before it in the search that counts; None: it was searched alone.
        """
        found: list[tuple[Retrieval, float | None, int | None]] = []
        for behind in (None, len(question.history)) if question.history else (None,):
            query = query_of(question.text, question.history, behind)
            retrieval = await self._retriever.search(query, question.guild_id, question.reader)
            found.append((retrieval, self._confidence.probability(retrieval), behind))
        likelier, holds, behind = max(found, key=lambda each: each[1] or 0.0)
        # A moderator's answer is to the question itself, whichever search is the likelier.
        return replace(likelier, pairs=found[0][0].pairs), holds, behind
