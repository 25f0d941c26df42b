"""Decides who may do what, and from which channels' documents a reply may quote, by what Discord has sent.

A reply that others can read may use a source only where everyone who reads the reply may read the source. Without
the members intent nobody can be counted, so only two things count as proof: it is the same channel, or the source's
channel is open to every member. Edit this file to change permissions.
"""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.errors import GuildOnly, NotAdmin, NotAllowed, NotAllowedEverywhere
from chains.types import Right
from knowledge.types import Audience, Reader

GuildPlace = discord.abc.GuildChannel | discord.Thread
VoiceChannel = discord.VoiceChannel | discord.StageChannel
_MAY_BE_RESTRICTED = (discord.TextChannel, discord.VoiceChannel, discord.StageChannel, discord.ForumChannel)


def require_moderator(permissions: discord.Permissions) -> None:
    """Raise NotAllowed unless the member may manage messages here."""
    if not permissions.manage_messages:
        raise NotAllowed("Manage Messages")


def require_moderator_of(audience: Audience, member: discord.Member) -> None:
    """Raise NotAllowed unless the member may manage messages where `audience` reads.

    What is open to every member is used in every channel: there NotAllowedEverywhere is raised unless the permission
    is that of the whole server.
    """
    channel = None if audience.channel_id is None else member.guild.get_channel_or_thread(int(audience.channel_id))
    if channel is None:
        require_moderator(member.guild_permissions)
        return
    require_moderator(channel.permissions_for(member))
    is_open = not isinstance(channel, discord.Thread) and is_open_to_everyone(channel)
    if is_open and not member.guild_permissions.manage_messages:
        raise NotAllowedEverywhere


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
    """Return whether every member provably reads `channel`: it is so by default, and no overwrite denies it.

    Nobody reads an age-restricted channel without saying their age, nor a voice channel's chat without Connect.
    """
    if is_age_restricted(channel):
        return False
    everyone, overwrites = channel.guild.default_role, channel.overwrites.values()
    own = channel.overwrites_for(everyone)
    sees = _has_everyone(
        everyone.permissions.view_channel, own.view_channel, [each.view_channel for each in overwrites]
    )
    if not isinstance(channel, VoiceChannel):
        return sees
    return sees and _has_everyone(everyone.permissions.connect, own.connect, [each.connect for each in overwrites])


def _has_everyone(granted: bool, own: bool | None, overwrites: Sequence[bool | None]) -> bool:
    return (granted if own is None else own) and all(each is not False for each in overwrites)


def is_age_restricted(place: GuildPlace) -> bool:
    """Return whether Discord shows a channel, or a thread of it, only to those who say that they are adults."""
    channel = place.parent if isinstance(place, discord.Thread) else place
    return isinstance(channel, _MAY_BE_RESTRICTED) and channel.is_nsfw()


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
    # What is age-restricted is only shown where everything is.
    with_restricted = place is not None and is_age_restricted(place)
    seen = {
        channel.id
        for channel in member.guild.channels
        if _reads(member, channel) and (with_restricted or not is_age_restricted(channel))
    }
    if isinstance(place, discord.Thread):
        seen.add(place.id)
    return Reader(frozenset(map(str, seen)), is_owner=member.id == member.guild.owner_id)


def _reads(member: discord.Member, channel: discord.abc.GuildChannel) -> bool:
    permissions = channel.permissions_for(member)
    return permissions.view_channel and (permissions.connect or not isinstance(channel, VoiceChannel))


def audience_of(place: GuildPlace) -> Audience:
    """Return those who can read `place`; for a public thread, those who can read its parent."""
    if isinstance(place, discord.Thread) and not place.is_private():
        return Audience(str(place.parent_id))
    return Audience(str(place.id))
