"""Notifies the owner of each server, once, that text leaves this machine.

Edit this file to change whom the bot notifies, or when.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import discord
from pydantic import TypeAdapter

from bot.locales import Texts, language_of_guild
from bot.messages.message_targets import InChannel
from bot.state_file import StateFile
from bot.transport_errors import TRANSPORT_ERRORS, retry_transient

_log = logging.getLogger(__name__)

_NOTIFIED = TypeAdapter(dict[str, list[str]])
"""The models about which the owner was notified, by the server's id."""


class Notices:
    """Notifies owners, and remembers in one small file whom it notified about what."""

    def __init__(self, path: Path, texts: Texts, models: tuple[str, ...]) -> None:
        """`models` are those to which text leaves this machine."""
        self._record = StateFile(path, _NOTIFIED)
        self._texts = texts
        self._models = models
        self._notifying = asyncio.Lock()

    async def notify(self, client: discord.Client, guild: discord.Guild) -> None:
        """Write to the guild's owner about each model about which they were not notified yet."""
        async with self._notifying:
            notified = await asyncio.to_thread(self._record.read) or {}
            for model in self._models:
                if model not in notified.get(str(guild.id), []) and await self._write_to_owner(client, guild, model):
                    notified.setdefault(str(guild.id), []).append(model)
                    await asyncio.to_thread(self._record.write, notified)

    async def _write_to_owner(self, client: discord.Client, guild: discord.Guild, model: str) -> bool:
        language = language_of_guild(guild)
        try:
            owner = await retry_transient(lambda: client.fetch_user(guild.owner_id or 0))
            channel = await retry_transient(owner.create_dm)
            notice = self._texts(language, "notices.text_leaves", model=model, guild=guild.name)
            await InChannel(channel).send(notice, None)
        except TRANSPORT_ERRORS as error:
            _log.warning("could not notify the owner of %s that text is sent to %s: %r", guild.name, model, error)
            return False
        return True
