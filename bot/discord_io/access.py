"""Decides who may do what, and from which channels' documents a reply may quote, by what Discord has sent.

A reply that others can read may use a source only where everyone who reads the reply may read the source. Without
the members intent nobody can be counted, so only two things count as proof: it is the same channel, or the source's
channel is open to every member. Edit this file to change permissions.
"""

from __future__ import annotations

import discord

from bot.errors import GuildOnly, NotAdmin, NotAllowed
from chains.types import Right
from knowledge.types import Audience, Reader

GuildPlace = discord.abc.GuildChannel | discord.Thread


def require_moderator(permissions: discord.Permissions) -> None:
    """Raise NotAllowed unless the member may manage messages here."""
    if not permissions.manage_messages:
        raise NotAllowed("Manage Messages")


def require_moderator_of(audience: Audience, member: discord.Member) -> None:
    """Raise NotAllowed unless the member may manage messages wherever `audience` reads them."""
    channel = None if audience.channel_id is None else member.guild.get_channel_or_thread(int(audience.channel_id))
    require_moderator(member.guild_permissions if channel is None else channel.permissions_for(member))


def is_moderator(permissions: discord.Permissions) -> bool:
    """Return whether the member may manage documents and stop others' answers."""
    return permissions.manage_messages


def require_admin(permissions: discord.Permissions) -> None:
    """Raise NotAdmin unless the member may manage the server: tuned models answer all its members."""
    if not permissions.manage_guild:
        raise NotAdmin("Manage Server")


def rights_of(permissions: discord.Permissions) -> frozenset[Right]:
    """Return what a member may do beside asking, as `require_moderator` and `require_admin` would decide."""
    rights = {Right.MANAGE_DOCUMENTS: permissions.manage_messages, Right.TUNE_MODELS: permissions.manage_guild}
    return frozenset(right for right, is_held in rights.items() if is_held)


def place_and_member(interaction: discord.Interaction) -> tuple[GuildPlace, discord.Member]:
    """Return where in a server an interaction happened, and who acted. Raise GuildOnly outside of servers."""
    place, member = interaction.channel, interaction.user
    if not isinstance(place, GuildPlace) or not isinstance(member, discord.Member):
        raise GuildOnly
    return place, member


def is_open_to_everyone(channel: discord.abc.GuildChannel) -> bool:
    """Return whether every member provably sees `channel`: it is visible by default, and no overwrite denies it."""
    everyone = channel.guild.default_role
    own = channel.overwrites_for(everyone).view_channel
    granted = everyone.permissions.view_channel if own is None else own
    denied = any(overwrite.view_channel is False for overwrite in channel.overwrites.values())
    return granted and not denied


def public_reader(place: GuildPlace) -> Reader:
    """Return the reader of a public reply: what everyone who can read `place` may read."""
    here = {place.id}
    if isinstance(place, discord.Thread):
        # Whoever can read a thread, even a private one, can see its parent.
        here.add(place.parent_id)
    open_channels = {channel.id for channel in place.guild.channels if is_open_to_everyone(channel)}
    return Reader(frozenset(str(channel_id) for channel_id in here | open_channels))


def private_reader(member: discord.Member, place: GuildPlace | None = None) -> Reader:
    """Return the reader of a private reply: what `member` may read, in `place` or in a direct message."""
    seen = {channel.id for channel in member.guild.channels if channel.permissions_for(member).view_channel}
    if isinstance(place, discord.Thread):
        seen.add(place.id)
    return Reader(frozenset(map(str, seen)), is_owner=member.id == member.guild.owner_id)


def audience_of(place: GuildPlace) -> Audience:
    """Return those who can read `place`; for a public thread, those who can read its parent."""
    if isinstance(place, discord.Thread) and not place.is_private():
        return Audience(str(place.parent_id))
    return Audience(str(place.id))
