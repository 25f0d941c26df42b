"""Finds the server that a direct message is about: the one shared with the bot, or the one that the member chose.

Edit this file to change how that server is found or remembered.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import discord

from bot.transport_errors import retry_transient

_REQUESTS_AT_ONCE = 20
"""Discord accepts 50 requests a second from a bot."""
_ASKED_AGAIN_S = 60.0
_MOST_REMEMBERED = 1000


class DirectMessages:
    """Finds the servers that members share with the bot, and remembers their choices until the bot restarts."""

    def __init__(self, client: discord.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._chosen: dict[int, int] = {}
        self._asked: OrderedDict[int, tuple[float, tuple[discord.Member, ...]]] = OrderedDict()
        """When Discord was last asked for a member's servers, and what it said, if it was not a single one."""

    async def shared(self, user_id: int) -> tuple[discord.Member, ...]:
        """Return the member in each shared server, or only in the chosen one.

        Without the members intent Discord is asked server by server, several at once. That takes a request for each
        server, so a member who must choose one is asked about again only after a minute; the choice is checked.
        Raise one of `bot.transport_errors.TRANSPORT_ERRORS` if Discord doesn't answer.
        """
        chosen = self._client.get_guild(self._chosen.get(user_id, 0))
        if chosen is not None and (member := await self.member(chosen, user_id)) is not None:
            return (member,)
        if (known := self._known(user_id)) is not None:
            return known
        guilds = [guild for guild in self._client.guilds if not guild.unavailable]
        found: list[discord.Member | None] = []
        for start in range(0, len(guilds), _REQUESTS_AT_ONCE):
            batch = guilds[start : start + _REQUESTS_AT_ONCE]
            found += await asyncio.gather(*(self.member(guild, user_id) for guild in batch))
        members = tuple(member for member in found if member is not None)
        if len(members) == 1:
            self.choose(user_id, members[0].guild.id)
        else:
            self._asked[user_id] = self._clock(), members
            self._asked.move_to_end(user_id)
            if len(self._asked) > _MOST_REMEMBERED:
                self._asked.popitem(last=False)
        return members

    def _known(self, user_id: int) -> tuple[discord.Member, ...] | None:
        at, members = self._asked.get(user_id, (-math.inf, ()))
        return members if self._clock() - at < _ASKED_AGAIN_S else None

    def choose(self, user_id: int, guild_id: int) -> None:
        """Remember this server for the member's direct messages."""
        self._chosen[user_id] = guild_id

    async def member(self, guild: discord.Guild, user_id: int) -> discord.Member | None:
        """Return the member as Discord has it now, since access depends on it; None if they are not a member."""
        try:
            return await retry_transient(partial(guild.fetch_member, user_id))
        except (discord.NotFound, discord.Forbidden):
            return None
