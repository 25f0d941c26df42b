"""Documents: `/ingest` and `/sources`, for moderators."""

from __future__ import annotations

from collections.abc import Coroutine

import discord
from discord import app_commands
from discord.ext import commands

from bot import access, render
from bot.errors import FileTooLarge
from bot.failures import whisper
from bot.ingestion import Destination, Ingestion
from bot.language import of_interaction
from bot.outlets import CommandResponse
from bot.replies import Services
from bot.stream import Content, Draft
from bot.tasks import Tasks
from knowledge.types import EVERY_MEMBER

_MEGABYTE = 1_000_000
_MOST_CHOICES = 25
_GUILD = "guild"

Link = app_commands.Range[str, 8, 400]
"""As long as `knowledge.link` takes one."""


class Knowledge(commands.Cog):
    """Hands files and names to the documents."""

    sources = app_commands.Group(
        name="sources",
        description="The documents that answers may use",
        guild_only=True,
        default_permissions=discord.Permissions(manage_messages=True),
    )

    def __init__(self, services: Services, tasks: Tasks, ingestion: Ingestion, limit_mb: int) -> None:
        self._services = services
        self._tasks = tasks
        self._ingestion = ingestion
        self._limit_mb = limit_mb

    @app_commands.command(description="Take in a document that answers may use")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_messages=True)
    @app_commands.describe(
        file="A Markdown, text, HTML or PDF file",
        audience="Whose answers may use it; by default those who can read this channel",
        link="Where members read it on the web; citations lead there",
    )
    @app_commands.choices(
        audience=[
            app_commands.Choice(name="Those who can read this channel", value="channel"),
            app_commands.Choice(name="Every member", value=_GUILD),
        ]
    )
    async def ingest(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment,
        audience: str = "channel",
        link: Link | None = None,
    ) -> None:
        """Take in one uploaded file."""
        await interaction.response.defer(thinking=True)
        self._start(self._ingest(interaction, file, audience, link), interaction, "ingest")

    @sources.command(name="list", description="List the documents")
    async def list_sources(self, interaction: discord.Interaction) -> None:
        """Show what there is, to the moderator alone."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        self._start(self._list(interaction), interaction, "list of sources")

    @sources.command(name="remove", description="Remove a document with all that was made of it")
    @app_commands.describe(name="The document's name")
    async def remove_source(self, interaction: discord.Interaction, name: str) -> None:
        """Remove one document."""
        await interaction.response.defer(thinking=True)
        self._start(self._remove(interaction, name), interaction, "removal of a source")

    @remove_source.autocomplete("name")
    async def complete_name(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The documents whose names hold what was typed."""
        if not self._services.documents.is_ready:
            return []
        return await self._tasks.run(self._names(interaction, typed), "completion of a source's name")

    def _start(self, work: Coroutine[object, object, None], interaction: discord.Interaction, name: str) -> None:
        self._services.failures.start(work, lambda text: whisper(interaction, text), of_interaction(interaction), name)

    async def _ingest(
        self, interaction: discord.Interaction, file: discord.Attachment, audience: str, link: str | None
    ) -> None:
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        if file.size > self._limit_mb * _MEGABYTE:
            raise FileTooLarge(file.size / _MEGABYTE, self._limit_mb)
        texts, language = self._services.texts, of_interaction(interaction)
        response = CommandResponse(interaction, private=False)
        draft = Draft(response, self._services.throttles.of(place.id), lambda: None)
        name = discord.utils.escape_markdown(file.filename)
        await draft.open(Content((texts(language, "ingest.reading", name=name),)))
        await draft.close()  # The job follows it, when its turn has come.
        destination = Destination(
            guild_id=place.guild.id,
            channel_id=place.id,
            message_id=response.first_id,
            member_id=member.id,
            audience=EVERY_MEMBER if audience == _GUILD else access.audience_of(place),
            language=language,
        )
        await self._ingestion.submit(file.filename, await file.read(), destination, draft, link)

    async def _list(self, interaction: discord.Interaction) -> None:
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        documents = await self._services.documents.get()
        sources = await documents.sources(str(place.guild.id), access.private_reader(member, place))
        for page in render.source_list(sources, of_interaction(interaction), self._services.texts):
            await whisper(interaction, page)

    async def _remove(self, interaction: discord.Interaction, name: str) -> None:
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        documents = await self._services.documents.get()
        source = await documents.remove(str(place.guild.id), name, access.private_reader(member, place))
        sentence = self._services.texts(
            of_interaction(interaction),
            "sources.removed",
            name=discord.utils.escape_markdown(source.name),
            chunks=source.chunk_count,
        )
        await interaction.edit_original_response(content=sentence)

    async def _names(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        documents = await self._services.documents.get()
        found = await documents.sources(str(place.guild.id), access.private_reader(member, place))
        matching = [source for source in found if typed.casefold() in source.name.casefold()]
        return [app_commands.Choice(name=source.name[:100], value=source.id) for source in matching[:_MOST_CHOICES]]
