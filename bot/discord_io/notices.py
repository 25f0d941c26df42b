"""Tells the owner of each server, once, that text leaves this machine. Knows no provider but by its name."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import discord

from bot.discord_io.language import is_chinese
from bot.locales import Texts
from chains.types import Language

_log = logging.getLogger(__name__)


class Notices:
    """Remembers in one small file whom it told of what."""

    def __init__(self, path: Path, texts: Texts, models: tuple[str, ...]) -> None:
        """`models`: those to which text leaves this machine."""
        self._path = path
        self._texts = texts
        self._models = models
        self._telling = asyncio.Lock()

    async def tell(self, client: discord.Client, guild: discord.Guild) -> None:
        """Write to the guild's owner of each model that the owner was not told of yet."""
        async with self._telling:
            told = await asyncio.to_thread(self._read)
            for model in self._models:
                if model not in told.get(str(guild.id), []) and await self._write_to_owner(client, guild, model):
                    told.setdefault(str(guild.id), []).append(model)
                    await asyncio.to_thread(self._keep, told)

    async def _write_to_owner(self, client: discord.Client, guild: discord.Guild, model: str) -> bool:
        language = Language.ZH if is_chinese(guild.preferred_locale) else Language.EN
        try:
            owner = await client.fetch_user(guild.owner_id or 0)
            await owner.send(self._texts(language, "notices.text_leaves", model=model, guild=guild.name))
        except discord.HTTPException as error:
            _log.warning("the owner of %s could not be told that text goes to %s: %s", guild.name, model, error)
            return False
        return True

    def _read(self) -> dict[str, list[str]]:
        if not self._path.exists():
            return {}
        told: dict[str, list[str]] = json.loads(self._path.read_text("utf-8"))
        return told

    def _keep(self, told: dict[str, list[str]]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".part")
        unfinished.write_text(json.dumps(told), "utf-8")
        unfinished.replace(self._path)
