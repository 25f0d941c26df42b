"""What this package needs of the others, as protocols; the composition root passes in what fulfils them.

Edit this file when an answer needs something more of the documents or of the tuned models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from langchain_core.language_models import BaseChatModel

from chains.bot_facts import BotFacts
from chains.types import Question
from finetune.types import Champion
from knowledge.types import Evidence, Reader, Retrieval, Support


class RetrieverPort(Protocol):
    """Finds passages in a guild's documents."""

    async def search(
        self, query: str, guild_id: str, reader: Reader, limit: int = 8, *, read_for: str | None = None
    ) -> Retrieval:
        """Return the `limit` best passages that `reader` may read, best first.

        The best are read closely for the question `read_for`; None: for the query.
        """
        ...


class SupportPort(Protocol):
    """Judges statements by passages."""

    async def support(self, statement: str, evidence: Sequence[Evidence]) -> Sequence[Support]:
        """Return how each passage relates to the statement, in their order; empty where no model can judge it."""
        ...


class SpecialistsPort(Protocol):
    """Provides the tuned models of a guild."""

    async def champions(self, guild_id: str, reader: Reader) -> Sequence[Champion]:
        """Return one champion a skill, of those that `reader` may use; empty where none was promoted."""
        ...

    async def model(self, champion: Champion) -> BaseChatModel:
        """Return the chat model that answers as `champion`."""
        ...


class DomainClassifiersPort(Protocol):
    """Knows what the tuned models were trained on."""

    async def likeness(self, champion: Champion, vector: Sequence[float]) -> float:
        """Return the probability that the question with this vector is of the kind that `champion` was trained on."""
        ...


class BotFactsPort(Protocol):
    """Knows the bot itself."""

    async def facts(self, question: Question) -> BotFacts:
        """Return what is true of the bot now, as far as whoever reads the answer to `question` may know it."""
        ...
