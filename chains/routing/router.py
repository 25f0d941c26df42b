"""Measures a question and decides its route: search, classify, sum up. Writes nothing and words nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from langchain_core.embeddings import Embeddings

from chains.log import DecisionLog
from chains.ports import Retriever, Specialists
from chains.routing.confidence import Confidence
from chains.routing.counterfactual import counterfactual_of
from chains.routing.policy import Policy, Situation
from chains.routing.question_kind import KindClassifier
from chains.routing.signals import Measured, signals_of
from chains.types import Question, Route, RouteDecision
from finetune.types import Champion
from knowledge.types import Retrieval


@dataclass(frozen=True, slots=True)
class Routed:
    """A question with its decision and all that was found on the way."""

    question: Question
    retrieval: Retrieval
    champion: Champion | None
    decision: RouteDecision


class Router:
    """Decides how a question is answered."""

    def __init__(
        self,
        *,
        retriever: Retriever,
        specialists: Specialists,
        embeddings: Embeddings,
        kinds: KindClassifier,
        confidence: Confidence,
        policy: Policy,
        log: DecisionLog,
    ) -> None:
        self._retriever = retriever
        self._specialists = specialists
        self._embeddings = embeddings
        self._kinds = kinds
        self._confidence = confidence
        self._policy = policy
        self._log = log

    async def route(self, question: Question) -> Routed:
        """Measure the question's signals and decide."""
        retrieval, holds = await self._search(question)
        champions = await self._specialists.champions(question.guild_id, question.reader)
        champion = champions[0] if champions else None
        vector = await asyncio.to_thread(self._embeddings.embed_query, question.text)
        measured = Measured(
            passages_hold_answer=holds,
            has_documents=retrieval.source_count > 0,
            kinds=self._kinds.probabilities(vector),
            champion=champion,
            retrieval_seconds=await self._log.median_seconds(question.guild_id, Route.RETRIEVAL),
            specialist_seconds=await self._log.median_seconds(question.guild_id, Route.SPECIALIST),
        )
        situation = Situation(
            requested=question.requested_route,
            has_documents=measured.has_documents,
            has_champion=champion is not None,
            champion_reads_passages=champion is not None and champion.reads_passages,
        )
        decision = self._policy.decide(signals_of(measured), situation)
        turned = counterfactual_of(self._policy, situation, decision)
        return Routed(question, retrieval, champion, replace(decision, counterfactual=turned))

    async def _search(self, question: Question) -> tuple[Retrieval, float | None]:
        """Search for the question, and, in a conversation, for it behind the one before: the likelier counts."""
        queries = [question.text]
        if question.history:
            queries.append(f"{question.history[-1].question} {question.text}")
        found: list[tuple[Retrieval, float | None]] = []
        for query in queries:
            retrieval = await self._retriever.search(query, question.guild_id, question.reader)
            found.append((retrieval, self._confidence.probability(retrieval)))
        return max(found, key=lambda pair: pair[1] or 0.0)
