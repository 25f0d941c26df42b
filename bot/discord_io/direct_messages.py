"""Finds the server that a direct message is about: the one shared with the bot, or the one that the member chose.

Edit this file to change how that server is found or remembered.
"""

from __future__ import annotations

import asyncio
from functools import partial

import discord

from bot.transport_errors import retry_transient

_REQUESTS_AT_ONCE = 20
"""Discord accepts 50 requests a second from a bot."""


class DirectMessages:
    """Finds the servers that members share with the bot, and remembers their choices until the bot restarts."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._chosen: dict[int, int] = {}

    async def shared(self, user_id: int) -> tuple[discord.Member, ...]:
        """Return the member in each shared server, or only in the chosen one.

        Without the members intent Discord is asked server by server, several at once.
        Raise one of `bot.transport_errors.TRANSPORT_ERRORS` if Discord doesn't answer.
        """
        chosen = self._client.get_guild(self._chosen.get(user_id, 0))
        if chosen is not None and (member := await self.member(chosen, user_id)) is not None:
            return (member,)
        guilds = [guild for guild in self._client.guilds if not guild.unavailable]
        found: list[discord.Member | None] = []
        for start in range(0, len(guilds), _REQUESTS_AT_ONCE):
            batch = guilds[start : start + _REQUESTS_AT_ONCE]
            found += await asyncio.gather(*(self.member(guild, user_id) for guild in batch))
        members = tuple(member for member in found if member is not None)
        if len(members) == 1:
            self.choose(user_id, members[0].guild.id)
        return members

    def choose(self, user_id: int, guild_id: int) -> None:
        """Remember this server for the member's direct messages."""
        self._chosen[user_id] = guild_id

    async def member(self, guild: discord.Guild, user_id: int) -> discord.Member | None:
        """Return the member as Discord has it now, since access depends on it; None if they are not a member."""
        try:
            return await retry_transient(partial(guild.fetch_member, user_id))
        except (discord.NotFound, discord.Forbidden):
            return None
