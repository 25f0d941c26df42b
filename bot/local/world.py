"""The community that the local Discord starts with.

Everything is made at the same simulated instant and in the same order, so that all ids are the same at every start:
documents know their channel by its id.
"""

from __future__ import annotations

from dataclasses import dataclass

import discord
import simcord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle

_GUILD = "Harbour Lights"
_BOT = "Routewise"
_CHANNELS = (
    ("ask-the-crew", "Ask Routewise about the club: it answers from the handbook, and says why"),
    ("tool-shed", "Borrowing tools"),
)
_PRIVATE = "committee"


@dataclass(frozen=True, slots=True)
class World:
    """The simulated server and who is in it."""

    guild: GuildHandle
    channels: dict[str, ChannelHandle]
    viewers: tuple[MemberActor, ...]
    """A member, a moderator and an admin: whoever sits at the page can be each of them."""


def build(env: simcord.Env) -> World:
    """Make the server. Call it before the bot starts and before the clock moves; new things go to the end."""
    env.backend.edit_bot_profile(_BOT)
    guild = env.create_guild(_GUILD)
    can_moderate = discord.Permissions(manage_messages=True)
    moderator = guild.create_role("Moderator", permissions=can_moderate, color=0x3BA55D)
    can_all = discord.Permissions(manage_messages=True, manage_guild=True)
    admin = guild.create_role("Admin", permissions=can_all, color=0xE67E22)
    hidden, shown = discord.PermissionOverwrite(view_channel=False), discord.PermissionOverwrite(view_channel=True)
    channels = {name: guild.create_text_channel(name, topic=topic) for name, topic in _CHANNELS}
    channels[_PRIVATE] = guild.create_text_channel(
        _PRIVATE,
        topic="The committee alone",
        overwrites={guild.default_role: hidden, moderator: shown, admin: shown, guild.roles[_BOT]: shown},
    )
    viewers = (
        guild.add_member(env.create_user("ada", global_name="Ada (member)")),
        guild.add_member(env.create_user("moritz", global_name="Moritz (moderator)"), roles=[moderator]),
        guild.add_member(env.create_user("iris", global_name="Iris (admin)"), roles=[admin]),
    )
    return World(guild, channels, viewers)
