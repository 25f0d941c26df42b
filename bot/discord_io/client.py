"""The Discord client: intents, cogs, commands and the last resort for errors. Knows nothing of answers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_io.command_sync import CommandTranslator, sync_if_changed
from bot.error_messages import ErrorBoundary
from bot.locales import Texts, language_of
from bot.messages.buttons import DYNAMIC_ITEMS
from bot.responses import reply_privately

_log = logging.getLogger(__name__)


def intents() -> discord.Intents:
    """Servers and messages only: what addresses the bot comes with its words without a privileged intent."""
    wanted = discord.Intents.none()
    wanted.guilds = wanted.guild_messages = wanted.dm_messages = True
    return wanted


class Routewise(commands.AutoShardedBot):
    """Connects cogs to Discord."""

    def __init__(
        self,
        texts: Texts,
        error_boundary: ErrorBoundary,
        *,
        sync_record: Path | None,
        on_guild: Callable[[discord.Guild], Awaitable[None]],
        on_start: Callable[[], Awaitable[None]],
        shard_count: int | None = None,
    ) -> None:
        """`on_guild` is called for each server that the bot is in, and again when its name changes.

        `on_start` is called once, when messages can be edited but no event has come yet.
        """
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            shard_count=shard_count,
        )
        self._texts = texts
        self._error_boundary = error_boundary
        self._sync_record = sync_record
        self._on_guild = on_guild
        self._on_start = on_start
        self._to_add: list[commands.Cog] = []
        self.tree.error(self._on_command_failure)

    def use(self, cogs: Sequence[commands.Cog]) -> None:
        """Take these cogs at the start."""
        self._to_add.extend(cogs)

    async def setup_hook(self) -> None:
        """Prepare everything before the gateway connects."""
        for cog in self._to_add:
            await self.add_cog(cog)
        self.add_dynamic_items(*DYNAMIC_ITEMS)
        await self.tree.set_translator(CommandTranslator(self._texts))
        await sync_if_changed(self.tree, self._sync_record)
        await self._on_start()

    async def on_message(self, message: discord.Message, /) -> None:
        """Leave messages to the cogs: there are no prefix commands."""

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server came back after it was not there."""
        await self._on_guild(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """A server took the bot in."""
        await self._on_guild(guild)

    async def on_guild_update(self, before: discord.Guild, after: discord.Guild) -> None:
        """A server may have a new name."""
        if before.name != after.name:
            await self._on_guild(after)

    async def on_ready(self) -> None:
        """Say so in the log, and know the servers."""
        _log.info("connected to Discord as %s (servers: %d)", self.user, len(self.guilds))
        for guild in self.guilds:
            await self._on_guild(guild)

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        """The last resort for listeners: what they start has its own boundary."""
        _log.exception("event %s failed", event_method)

    async def _on_command_failure(self, interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        """The last resort for commands."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await self._error_boundary.report(cause, partial(reply_privately, interaction), language_of(interaction))
