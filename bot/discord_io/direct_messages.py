"""Which server a direct message is about: the one that the member shares with the bot, or the one that was chosen."""

from __future__ import annotations

import asyncio
from functools import partial

import discord

from bot.transport_errors import retry_transient

_ASKED_AT_ONCE = 20
"""Servers; Discord takes 50 requests a second from a bot."""


class DirectMessages:
    """Finds the servers that members share with the bot. Remembers choices until the bot restarts."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._chosen: dict[int, int] = {}

    async def shared(self, user_id: int) -> tuple[discord.Member, ...]:
        """The member in each shared server; only in the chosen one where a choice was made.

        Without the members intent Discord is asked server by server, several at once.
        Raises one of `bot.transport_errors.TRANSPORT_ERRORS` where Discord doesn't answer.
        """
        chosen = self._client.get_guild(self._chosen.get(user_id, 0))
        if chosen is not None and (member := await self.member(chosen, user_id)) is not None:
            return (member,)
        guilds = [guild for guild in self._client.guilds if not guild.unavailable]
        found: list[discord.Member | None] = []
        for start in range(0, len(guilds), _ASKED_AT_ONCE):
            asked = guilds[start : start + _ASKED_AT_ONCE]
            found += await asyncio.gather(*(self.member(guild, user_id) for guild in asked))
        members = tuple(member for member in found if member is not None)
        if len(members) == 1:
            self.choose(user_id, members[0].guild.id)
        return members

    def choose(self, user_id: int, guild_id: int) -> None:
        """Take this server for the member's direct messages from now on."""
        self._chosen[user_id] = guild_id

    async def member(self, guild: discord.Guild, user_id: int) -> discord.Member | None:
        """The member as Discord has it now, since what may be read hangs on it; None where there is none."""
        try:
            return await retry_transient(partial(guild.fetch_member, user_id))
        except (discord.NotFound, discord.Forbidden):
            return None
