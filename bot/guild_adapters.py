"""The adapters of a server: lists, promotes and rolls back. The registry blocks, so threads call it.

Edit this file when members should be able to do more with adapters."""

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
"""The most characters that a skill's name may have."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """Keeps what a promotion changed."""

    card: Card
    previous: Card | None
    """The champion before it; the same adapter if it was champion already."""


class GuildAdapters:
    """Lists, promotes and rolls back adapters, each method those of one server."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def name_guild(self, guild_id: str, name: str) -> None:
        """Store a server's name, so that the terminal can use it."""
        await asyncio.to_thread(self._registry.name_guild, guild_id, name)

    async def listed(self, guild_id: str) -> Sequence[ListedAdapter]:
        """Return all adapters of a server, by skill, the latest first."""
        return await asyncio.to_thread(self._registry.adapters, guild_id)

    async def skills(self, guild_id: str) -> Sequence[str]:
        """Return the skills that have an adapter, sorted."""
        return sorted({listed.card.skill for listed in await self.listed(guild_id)})

    async def spelling(self, guild_id: str, skill: str) -> str:
        """Return the existing skill that differs from `skill` by upper and lower case alone, or `skill` itself."""
        return next((known for known in await self.skills(guild_id) if known.casefold() == skill.casefold()), skill)

    async def find(self, guild_id: str, sha256: str) -> Card:
        """Return the adapter whose hash starts with `sha256`. Raise AdapterUnknownError unless it is exactly one."""
        cards = [listed.card for listed in await self.listed(guild_id)]
        found = [card for card in cards if card.adapter_sha256.startswith(sha256.strip().casefold())]
        if len(found) != 1:
            raise AdapterUnknownError(sha256, [card.adapter_sha256[:12] for card in found or cards])
        return found[0]

    async def doubt(self, card: Card) -> VerdictReason | None:
        """Return why the promotion gate would reject an adapter, or None if it would promote it."""
        return await asyncio.to_thread(_doubt, card)

    async def promote(self, card: Card) -> Promotion:
        """Make an adapter the champion of its skill. Raise AdapterUnknownError if it was removed meanwhile."""
        return await asyncio.to_thread(self._promote, card)

    async def roll_back(self, guild_id: str, skill: str) -> tuple[Card, Card | None]:
        """Go back to a skill's previous champion, and return the old and the new one. Raise NothingToRollBackError."""
        return await asyncio.to_thread(self._registry.roll_back, guild_id, skill)

    def _promote(self, card: Card) -> Promotion:
        previous = self._registry.champion_of(card.guild_id, card.skill)
        return Promotion(self._registry.promote(card.guild_id, card.adapter_sha256), previous)


def clean_skill(name: str) -> str:
    """Return a skill's name without Markdown, mentions and line breaks. Raise SkillUnnamed if nothing is left."""
    words = re.sub(r"[^\w\s.,&'+/-]", " ", name).replace("_", "-")
    cleaned = " ".join(words.split())[:SKILL_LENGTH].rstrip()
    if not re.search(r"\w", cleaned):
        raise SkillUnnamed
    return cleaned


def _doubt(card: Card) -> VerdictReason | None:
    from finetune.training.promotion_gate import judge

    verdict = judge(card.evaluation, card.kind)
    return None if verdict.promoted else verdict.reason
