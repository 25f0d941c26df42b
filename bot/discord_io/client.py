"""The Discord client: its intents, cogs and commands, and the last resort for their errors.

Edit this file when the bot needs another intent or reacts to servers differently.
"""

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


def intents(*, message_content: bool) -> discord.Intents:
    """Return intents for servers and messages; `message_content`: other messages than those to the bot are read, too.

    Messages to the bot have their text without that privileged intent.
    """
    wanted = discord.Intents.none()
    wanted.guilds = wanted.guild_messages = wanted.dm_messages = True
    wanted.message_content = message_content
    return wanted


class Routewise(commands.AutoShardedBot):
    """Connects the cogs to Discord."""

    def __init__(
        self,
        texts: Texts,
        error_boundary: ErrorBoundary,
        *,
        sync_record: Path | None,
        on_guild: Callable[[discord.Guild], Awaitable[None]],
        on_start: Callable[[], Awaitable[None]],
        shard_count: int | None = None,
        message_content: bool = False,
    ) -> None:
        """`on_guild` is called for each server that the bot is in, and again when its name changes.

        `on_start` is called once, when messages can be edited but no event has come yet.
        """
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=intents(message_content=message_content),
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
        """Add these cogs at startup."""
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
        """Leave messages to the cogs: the bot has no prefix commands."""

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Register a server that is available again."""
        await self._on_guild(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Register a server that the bot joined."""
        await self._on_guild(guild)

    async def on_guild_update(self, before: discord.Guild, after: discord.Guild) -> None:
        """Register a server again if its name has changed."""
        if before.name != after.name:
            await self._on_guild(after)

    async def on_ready(self) -> None:
        """Log the connection, and register all servers."""
        _log.info("connected to Discord as %s (servers: %d)", self.user, len(self.guilds))
        for guild in self.guilds:
            await self._on_guild(guild)

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        """Log an error in a listener; the tasks that it starts have their own boundary."""
        _log.exception("event %s failed", event_method)

    async def _on_command_failure(self, interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        """Report an error that a command did not handle itself."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await self._error_boundary.report(cause, partial(reply_privately, interaction), language_of(interaction))
