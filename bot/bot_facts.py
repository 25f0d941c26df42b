"""What is true of this bot when somebody asks about it: its documents, its models and what it keeps.

Implements chains' `BotFactsPort`. Edit this file to look up another fact; chains/bot_facts.py puts them into sentences.
"""

from __future__ import annotations

from bot.locales import load_texts
from bot.ports import DocumentsPort
from bot.render.sources import format_names
from chains.bot_facts import BotFacts, DocumentFact, ModelFacts, TunedFact, latest_first
from chains.decision_log import DecisionLog
from chains.ports import BotFactsPort, SpecialistsPort
from chains.types import Question, Route
from finetune.types import Champion
from knowledge.types import QA
from weights.catalog import CHAT_MODELS, find_entry
from weights.custom_models import PREFIX


class KnownFacts:
    """Looks up the facts at the moment of the question, with the rights of whoever will read the answer."""

    def __init__(
        self,
        *,
        documents: DocumentsPort,
        specialists: SpecialistsPort,
        log: DecisionLog,
        models: ModelFacts,
        kept_days: int,
    ) -> None:
        """`kept_days` is how long the log keeps a decision."""
        self._documents = documents
        self._specialists = specialists
        self._log = log
        self._models = models
        self._kept_days = kept_days
        self._texts = load_texts()

    async def facts(self, question: Question) -> BotFacts:
        """Return what is true now, as far as the reader of the answer may know it."""
        sources = await self._documents.sources(question.guild_id, question.reader)
        documents = [source for source in sources if source.media != QA]
        latency = await self._log.latency(question.guild_id, Route.RETRIEVAL)
        champions = await self._specialists.champions(question.guild_id, question.reader)
        return BotFacts(
            documents=latest_first([DocumentFact(source.name, source.as_of.date()) for source in documents]),
            passage_count=sum(source.chunk_count for source in documents),
            moderators_answers=len(sources) - len(documents),
            models=self._models,
            tuned=tuple(
                TunedFact(champion.skill, _base_title(champion), champion.held_out_score, champion.base_score)
                for champion in champions
            ),
            seconds_p50=None if latency is None else latency.p50,
            kept_days=self._kept_days,
            formats=format_names(question.language, self._texts),
        )


def _base_title(champion: Champion) -> str:
    """Return the name of the model that a champion was tuned from, for people."""
    base = champion.base
    return find_entry(CHAT_MODELS[base]).title if base in CHAT_MODELS else base.removeprefix(PREFIX)


_CONFORMS: type[BotFactsPort] = KnownFacts
