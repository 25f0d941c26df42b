"""What this package needs of the others, as protocols. The composition root hands in what fulfils them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from langchain_core.language_models import BaseChatModel

from finetune.types import Champion
from knowledge.types import Reader, Retrieval


class RetrieverPort(Protocol):
    """Finds passages in a guild's documents."""

    async def search(self, query: str, guild_id: str, reader: Reader, limit: int = 8) -> Retrieval:
        """The `limit` best passages that `reader` may read, best first."""
        ...


class SpecialistsPort(Protocol):
    """The tuned models of a guild."""

    async def champions(self, guild_id: str, reader: Reader) -> Sequence[Champion]:
        """One champion a skill, of those that `reader` may use; empty where none was promoted."""
        ...

    async def model(self, champion: Champion) -> BaseChatModel:
        """The chat model that answers as `champion`."""
        ...


class DomainClassifiersPort(Protocol):
    """What the tuned models were trained on."""

    async def likeness(self, champion: Champion, vector: Sequence[float]) -> float:
        """The probability that the question of this vector is one that `champion` was trained for."""
        ...
