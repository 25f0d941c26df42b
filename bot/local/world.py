"""The community of the local Discord: its server, channels and members.

Everything is created at the same simulated instant and in the same order, so that all ids are the same at every start:
documents know their channel by its id. Edit this file to add to the community, at the end.
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
    """Keeps the simulated server and its members."""

    guild: GuildHandle
    channels: dict[str, ChannelHandle]
    viewers: tuple[MemberActor, ...]
    """A member, a moderator and an admin; the person at the page can act as each of them."""


def build(env: simcord.Env) -> World:
    """Create the server. Call it before the bot starts and before the clock moves, and add new things at the end."""
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
