"""Removes documents for moderators, in a way that can be undone for a while.

Edit this file to change who may remove or restore a document. What is shown is rendered in `bot.render.sources`.
"""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.discord_io import access
from bot.errors import NothingToReplace
from bot.replies import Services
from chains.types import Language
from knowledge.types import Removal, Source


def require_moderator(interaction: discord.Interaction) -> None:
    """Raise NotAllowed unless a moderator acts, GuildOnly outside of servers."""
    access.place_and_member(interaction)
    access.require_moderator(interaction.permissions)


async def named_sources(services: Services, interaction: discord.Interaction, name_or_id: str) -> Sequence[Source]:
    """Return the sources with that id or name that the moderator can read. Raises NotAllowed."""
    return [source for source in await _readable(services, interaction) if name_or_id in (source.id, source.name)]


async def removable_sources(services: Services, interaction: discord.Interaction) -> Sequence[Source]:
    """Return the sources that the moderator can read, the latest first. Raises NotAllowed."""
    return sorted(await _readable(services, interaction), key=lambda source: source.ingested_at, reverse=True)


async def remove(services: Services, interaction: discord.Interaction, ids: Sequence[str]) -> Removal:
    """Remove sources by their ids, all or none. Raises NotAllowed, SourceNotFound."""
    place, member = access.place_and_member(interaction)
    for source in await _readable(services, interaction):
        if source.id in ids:
            access.require_moderator_of(source.audience, member)
    documents = await services.documents.get()
    return await documents.remove_for_now(str(place.guild.id), ids, access.private_reader(member, place))


async def replace_namesakes(services: Services, interaction: discord.Interaction, batch: str) -> Removal:
    """Remove what has the name of a document that the batch added. Raises NotAllowed, NothingToReplace."""
    place, member = access.place_and_member(interaction)
    access.require_moderator(interaction.permissions)
    documents, guild_id = await services.documents.get(), str(place.guild.id)
    # Those that the question named: it is public, so it names no document of a channel that others can't read.
    namesakes = await documents.namesakes(guild_id, batch, access.public_reader(place))
    if not namesakes:
        raise NothingToReplace
    for source in namesakes:
        access.require_moderator_of(source.audience, member)
    return await documents.remove_for_now(guild_id, [source.id for source in namesakes], access.public_reader(place))


async def restore(services: Services, interaction: discord.Interaction, removal_id: str) -> Sequence[Source]:
    """Undo a removal, and return what is back. Raises NotAllowed, RemovalOver, NameTaken."""
    place, member = access.place_and_member(interaction)
    access.require_moderator(interaction.permissions)
    documents, guild_id = await services.documents.get(), str(place.guild.id)
    for audience in await documents.removed_audiences(guild_id, removal_id):
        access.require_moderator_of(audience, member)
    return await documents.restore(guild_id, removal_id)


async def vectors_notice(services: Services, language: Language) -> str:
    """Return what becomes of the vectors of removed documents."""
    documents = await services.documents.get()
    return services.texts(language, "sources.erased_later" if documents.erases_vectors else "sources.erased_elsewhere")


async def _readable(services: Services, interaction: discord.Interaction) -> Sequence[Source]:
    place, member = access.place_and_member(interaction)
    access.require_moderator(interaction.permissions)
    documents = await services.documents.get()
    return await documents.sources(str(place.guild.id), access.private_reader(member, place))
