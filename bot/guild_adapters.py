"""A server's adapters: which there are, and which is champion. The registry blocks briefly, so threads ask it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import SkillUnnamed
from finetune.errors import AdapterUnknownError
from finetune.registry import Registry
from finetune.types import Card, ListedAdapter, VerdictReason

SKILL_LENGTH = 40
"""Characters that a skill's name may have."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """An adapter that is champion now."""

    card: Card
    previous: Card | None
    """The champion before; the same adapter where it was champion already."""


class GuildAdapters:
    """Every method looks at one server's adapters alone."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def name_guild(self, guild_id: str, name: str) -> None:
        """Remember a server's name for the terminal."""
        await asyncio.to_thread(self._registry.name_guild, guild_id, name)

    async def listed(self, guild_id: str) -> Sequence[ListedAdapter]:
        """All of them, by skill, the latest first."""
        return await asyncio.to_thread(self._registry.adapters, guild_id)

    async def skills(self, guild_id: str) -> Sequence[str]:
        """The skills that have an adapter, sorted."""
        return sorted({listed.card.skill for listed in await self.listed(guild_id)})

    async def spelling(self, guild_id: str, skill: str) -> str:
        """The name of the skill that exists, whichever letters of it were written small; else `skill` itself."""
        return next((known for known in await self.skills(guild_id) if known.casefold() == skill.casefold()), skill)

    async def find(self, guild_id: str, sha256: str) -> Card:
        """The adapter whose hash begins so. Raises AdapterUnknownError."""
        cards = [listed.card for listed in await self.listed(guild_id)]
        found = [card for card in cards if card.adapter_sha256.startswith(sha256.strip().casefold())]
        if len(found) != 1:
            raise AdapterUnknownError(sha256, [card.adapter_sha256[:12] for card in found or cards])
        return found[0]

    async def doubt(self, card: Card) -> VerdictReason | None:
        """Why an adapter would not be promoted by itself; None where it would be."""
        return await asyncio.to_thread(_doubt, card)

    async def promote(self, card: Card) -> Promotion:
        """Make it the champion of its skill. Raises AdapterUnknownError where it was removed meanwhile."""
        return await asyncio.to_thread(self._promote, card)

    async def roll_back(self, guild_id: str, skill: str) -> tuple[Card, Card | None]:
        """The champion that was, and the one that is now. Raises NothingToRollBackError."""
        return await asyncio.to_thread(self._registry.roll_back, guild_id, skill)

    def _promote(self, card: Card) -> Promotion:
        previous = self._registry.champion_of(card.guild_id, card.skill)
        return Promotion(self._registry.promote(card.guild_id, card.adapter_sha256), previous)


def clean_skill(name: str) -> str:
    """A skill's name without Markdown, mentions and line breaks. Raises SkillUnnamed where nothing is left."""
    words = re.sub(r"[^\w\s.,&'+/-]", " ", name).replace("_", "-")
    cleaned = " ".join(words.split())[:SKILL_LENGTH].rstrip()
    if not re.search(r"\w", cleaned):
        raise SkillUnnamed
    return cleaned


def _doubt(card: Card) -> VerdictReason | None:
    from finetune.training.promotion_gate import judge

    verdict = judge(card.evaluation, card.kind)
    return None if verdict.promoted else verdict.reason
