"""Documents, for moderators: `/ingest`, the same in the menu of a message, and `/sources`.

Edit this file to change how moderators add, list or remove documents.
"""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot import removals
from bot.discord_io import access
from bot.errors import FileTooLarge, NoFiles
from bot.jobs.ingestion import Ingestion, IngestionDestination
from bot.locales import language_of
from bot.messages.buttons import MOST_CHOICES, SourcesSelect, make_view, undo_button
from bot.messages.live_message import Content, LiveMessage
from bot.messages.message_targets import CommandResponse
from bot.render.sources import removal_report, source_choice, source_list
from bot.replies import Services
from bot.responses import defer, edit_response, reply_privately
from knowledge.errors import SourceNotFound
from knowledge.types import EVERY_MEMBER, Source
from storage.sizes import MEGABYTE

MENU = "Add these files"
"""The command's name in the menu of a message."""
_GUILD = "guild"

Link = app_commands.Range[str, 8, 400]
"""A link as long as `knowledge.parsing.document_metadata` accepts."""


class Knowledge(commands.Cog):
    """Passes files and names to the ingestion and the documents."""

    sources = app_commands.Group(
        name="sources",
        description="The documents to answer from",
        guild_only=True,
        default_permissions=discord.Permissions(manage_messages=True),
    )

    def __init__(
        self,
        tree: app_commands.CommandTree[discord.Client],
        services: Services,
        ingestion: Ingestion,
        limit_mb: int,
    ) -> None:
        """`tree` gets the command in the menu of messages, which a cog cannot have."""
        self._tree = tree
        self._services = services
        self._ingestion = ingestion
        self._limit_mb = limit_mb
        self._menu = app_commands.ContextMenu(name=MENU, callback=self.ingest_message)
        self._menu.guild_only = True
        self._menu.default_permissions = discord.Permissions(manage_messages=True)

    async def cog_load(self) -> None:
        """Add the command to the menu of messages."""
        self._tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Remove the command from the menu of messages."""
        self._tree.remove_command(self._menu.name, type=self._menu.type)

    @app_commands.command(description="Add documents to answer from")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_messages=True)
    @app_commands.describe(
        file="A document, or a zip of documents; /help lists the formats",
        audience="Who gets answers from it; by default those who can read this channel",
        file_2="Another file",
        file_3="Another file",
        file_4="Another file",
        file_5="Another file",
        link="Where members can read it on the web; citations link there",
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
        file_2: discord.Attachment | None = None,
        file_3: discord.Attachment | None = None,
        file_4: discord.Attachment | None = None,
        file_5: discord.Attachment | None = None,
        link: Link | None = None,
    ) -> None:
        """Ingest uploaded files."""
        await defer(interaction, thinking=True)
        files = [each for each in (file, file_2, file_3, file_4, file_5) if each is not None]
        self._services.error_boundary.start_private(
            self._ingest(interaction, files, audience, link), interaction, "ingest"
        )

    async def ingest_message(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Ingest the attachments of a message, and of a message that it forwards."""
        await defer(interaction, thinking=True)
        forwarded = [file for snapshot in message.message_snapshots for file in snapshot.attachments]
        work = self._ingest(interaction, [*message.attachments, *forwarded], "channel", None)
        self._services.error_boundary.start_private(work, interaction, "ingest")

    @commands.Cog.listener()
    async def on_ingest_cancelled(self, interaction: discord.Interaction, job_id: str) -> None:
        """Cancel an ingestion."""
        await defer(interaction)
        self._services.error_boundary.start_private(
            self._cancel(interaction, job_id), interaction, "cancelling of an ingestion"
        )

    @sources.command(name="list", description="List the documents")
    async def list_sources(self, interaction: discord.Interaction) -> None:
        """List the documents to the moderator alone."""
        await defer(interaction, ephemeral=True, thinking=True)
        self._services.error_boundary.start_private(self._list(interaction), interaction, "list of sources")

    @sources.command(name="remove", description="Remove documents and everything made from them")
    @app_commands.describe(name="The document's name; leave it out to choose several from a list")
    async def remove_source(self, interaction: discord.Interaction, name: str | None = None) -> None:
        """Remove one document, or offer a list of which several can be removed."""
        await defer(interaction, ephemeral=name is None, thinking=True)
        self._services.error_boundary.start_private(self._remove(interaction, name), interaction, "removal of a source")

    @remove_source.autocomplete("name")
    async def complete_name(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Return the documents whose names contain what was typed."""
        if not self._services.documents.is_ready:
            return []
        return await self._services.error_boundary.complete(
            self._matching_sources(interaction, typed), language_of(interaction), "completion of a source's name"
        )

    async def _ingest(
        self,
        interaction: discord.Interaction,
        files: Sequence[discord.Attachment],
        audience: str,
        link: str | None,
    ) -> None:
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        readers = EVERY_MEMBER if audience == _GUILD else access.audience_of(place)
        access.require_moderator_of(readers, member)
        if not files:
            raise NoFiles
        smallest = min(file.size for file in files)
        if smallest > self._limit_mb * MEGABYTE:
            raise FileTooLarge(smallest / MEGABYTE, self._limit_mb)
        texts, language = self._services.texts, language_of(interaction)
        response = CommandResponse(interaction, private=False)
        message = LiveMessage(response, self._services.throttles.of(place.id), lambda: None)
        name = discord.utils.escape_markdown(files[0].filename)
        key = "ingest.reading" if len(files) == 1 else "ingest.reading_many"
        await message.open(Content((texts(language, key, name=name, count=len(files)),)))
        await message.close()  # The job follows it once it runs.
        destination = IngestionDestination(
            guild_id=place.guild.id,
            channel_id=place.id,
            message_id=response.first_id,
            member_id=member.id,
            audience=readers,
            language=language,
        )
        async with self._services.error_boundary.finish_on_failure(message, language):
            await self._ingestion.submit(files, destination, message, link)

    async def _cancel(self, interaction: discord.Interaction, job_id: str) -> None:
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        await self._ingestion.cancel(job_id, place.guild.id, member.id)

    async def _list(self, interaction: discord.Interaction) -> None:
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        documents = await self._services.documents.get()
        sources = await documents.sources(str(place.guild.id), access.private_reader(member, place))
        for page in source_list(sources, language_of(interaction), self._services.texts):
            await reply_privately(interaction, page)

    async def _remove(self, interaction: discord.Interaction, name: str | None) -> None:
        language, texts = language_of(interaction), self._services.texts
        if name is None:
            found = await removals.removable_sources(self._services, interaction)
        else:
            found = await removals.named_sources(self._services, interaction, name)
        if name is not None and len(found) == 1:
            removal = await removals.remove(self._services, interaction, [found[0].id])
            view = make_view(undo_button(removal.id, language, texts))
            rest = await removals.vectors_notice(self._services, language)
            report = removal_report(removal, language, texts)
            await edit_response(interaction, content=f"{report}\n{rest}", view=view)
        elif found:
            await self._offer(interaction, found)
        elif name is None:
            await reply_privately(interaction, texts(language, "sources.none"))
        else:
            raise SourceNotFound(f"there is no document {name!r}")

    async def _offer(self, interaction: discord.Interaction, found: Sequence[Source]) -> None:
        place, _ = access.place_and_member(interaction)
        language, texts = language_of(interaction), self._services.texts
        shown = found[:MOST_CHOICES]
        choices = [(source.id, source_choice(source, place.guild, language, texts)) for source in shown]
        key = "sources.choose" if len(found) == len(shown) else "sources.choose_latest"
        sentence = texts(language, key, count=len(found), shown=len(shown))
        await reply_privately(
            interaction, sentence, make_view(SourcesSelect(choices, texts(language, "sources.choose_label")))
        )

    async def _matching_sources(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        documents = await self._services.documents.get()
        found = await documents.sources(str(place.guild.id), access.private_reader(member, place))
        matching = [source for source in found if typed.casefold() in source.name.casefold()]
        language, texts = language_of(interaction), self._services.texts
        return [
            app_commands.Choice(name=source_choice(source, place.guild, language, texts), value=source.id)
            for source in matching[:MOST_CHOICES]
        ]
