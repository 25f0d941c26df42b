"""Who may do what, and which channels' documents a reply may draw on. Pure: it reads only what Discord has sent.

A reply that others can read may use a source only where everyone who reads the reply may read the source. Without
the members intent nobody can be counted, so only two things are taken for proof: it is the same channel, or the
source's channel is open to every member.
"""

from __future__ import annotations

import discord

from bot.errors import GuildOnly, NotAdmin, NotAllowed
from knowledge.types import Audience, Reader

GuildPlace = discord.abc.GuildChannel | discord.Thread


def require_moderator(permissions: discord.Permissions) -> None:
    """Raises NotAllowed for whoever may not manage messages here."""
    if not permissions.manage_messages:
        raise NotAllowed("Manage Messages")


def require_moderator_of(audience: Audience, member: discord.Member) -> None:
    """Raises NotAllowed for whoever may not manage messages wherever `audience` reads them."""
    channel = None if audience.channel_id is None else member.guild.get_channel_or_thread(int(audience.channel_id))
    require_moderator(member.guild_permissions if channel is None else channel.permissions_for(member))


def is_moderator(permissions: discord.Permissions) -> bool:
    """Whether documents may be managed, and others' answers stopped."""
    return permissions.manage_messages


def require_admin(permissions: discord.Permissions) -> None:
    """Raises NotAdmin for whoever may not manage the server: what is tuned answers all its members."""
    if not permissions.manage_guild:
        raise NotAdmin("Manage Server")


def place_and_member(interaction: discord.Interaction) -> tuple[GuildPlace, discord.Member]:
    """Where in a server an interaction happened, and who acted. Raises GuildOnly."""
    place, member = interaction.channel, interaction.user
    if not isinstance(place, GuildPlace) or not isinstance(member, discord.Member):
        raise GuildOnly
    return place, member


def is_open_to_everyone(channel: discord.abc.GuildChannel) -> bool:
    """Whether every member of the guild can be proven to see `channel`: no overwrite takes that from anyone."""
    everyone = channel.guild.default_role
    own = channel.overwrites_for(everyone).view_channel
    granted = everyone.permissions.view_channel if own is None else own
    denied = any(overwrite.view_channel is False for overwrite in channel.overwrites.values())
    return granted and not denied


def public_reader(place: GuildPlace) -> Reader:
    """For a reply that everyone who can read `place` can read."""
    here = {place.id}
    if isinstance(place, discord.Thread):
        # Whoever reads a thread, a private one too, sees its parent.
        here.add(place.parent_id)
    open_channels = {channel.id for channel in place.guild.channels if is_open_to_everyone(channel)}
    return Reader(frozenset(str(channel_id) for channel_id in here | open_channels))


def private_reader(member: discord.Member, place: GuildPlace | None = None) -> Reader:
    """For a reply that only `member` can read, in `place` or in a direct message."""
    seen = {channel.id for channel in member.guild.channels if channel.permissions_for(member).view_channel}
    if isinstance(place, discord.Thread):
        seen.add(place.id)
    return Reader(frozenset(map(str, seen)), is_owner=member.id == member.guild.owner_id)


def audience_of(place: GuildPlace) -> Audience:
    """Those who can read `place`: for a public thread, those who can read its parent."""
    if isinstance(place, discord.Thread) and not place.is_private():
        return Audience(str(place.parent_id))
    return Audience(str(place.id))
