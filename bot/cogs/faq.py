"""Answers written by moderators: `/faq`, and “Correct this answer” on every answer of the bot.

Edit this file to change how moderators write, edit or remove answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot import corrections, removals
from bot.corrections import WrongAnswer
from bot.discord_io import access
from bot.errors import NotAnAnswer, NotAnswered
from bot.locales import language_of
from bot.messages.buttons import make_view, undo_button
from bot.messages.faq_form import FaqForm, OnQAPair
from bot.ports import DocumentsPort
from bot.render.faq import pair_list, pair_saved, shown_question
from bot.replies import Services
from bot.responses import defer, edit_response, reply_privately, respond
from bot.transport_errors import QUICK_RETRY_PAUSES_S, retry_transient
from knowledge.types import EVERY_MEMBER, Audience, IngestOutcome, QAPair, QAPairReport, StoredQAPair

CORRECT = "Correct this answer"
_EMPTY = QAPair(("",), "")
_GUILD = "guild"
_MOST_CHOICES = 25
_CHOICE_CHARS = 100


class Faq(commands.Cog):
    """Passes questions with their answers to the documents."""

    faq = app_commands.Group(
        name="faq",
        description="Answers written by moderators",
        guild_only=True,
        default_permissions=discord.Permissions(manage_messages=True),
    )

    def __init__(self, client: commands.AutoShardedBot, services: Services) -> None:
        self._client = client
        self._services = services
        self._menu = app_commands.ContextMenu(
            name=app_commands.locale_str(CORRECT), callback=self._correct, type=discord.AppCommandType.message
        )
        self._menu.guild_only = True
        self._menu.default_permissions = discord.Permissions(manage_messages=True)

    async def cog_load(self) -> None:
        """Add the command to the menu of messages."""
        self._client.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        """Remove the command from the menu of messages."""
        self._client.tree.remove_command(self._menu.name, type=self._menu.type)

    @faq.command(name="add", description="Write the answer to a question")
    @app_commands.describe(audience="Who gets this answer; by default those who can read this channel")
    @app_commands.choices(
        audience=[
            app_commands.Choice(name="Those who can read this channel", value="channel"),
            app_commands.Choice(name="Every member", value=_GUILD),
        ]
    )
    async def add_pair(self, interaction: discord.Interaction, audience: str = "channel") -> None:
        """Show an empty form."""
        await self._services.error_boundary.guard_private(self._show_empty(interaction, audience), interaction)

    @faq.command(name="list", description="List the answers written by moderators")
    async def list_pairs(self, interaction: discord.Interaction) -> None:
        """List the answers to the moderator alone."""
        await defer(interaction, ephemeral=True, thinking=True)
        self._services.error_boundary.start_private(self._list(interaction), interaction, "list of answers")

    @faq.command(name="edit", description="Edit an answer")
    @app_commands.describe(question="The question")
    async def edit_pair(self, interaction: discord.Interaction, question: str) -> None:
        """Show a form with the stored question and answer."""
        await self._services.error_boundary.guard_private(self._show_stored(interaction, question), interaction)

    @faq.command(name="remove", description="Remove an answer")
    @app_commands.describe(question="The question")
    async def remove_pair(self, interaction: discord.Interaction, question: str) -> None:
        """Remove a question with its answer."""
        await defer(interaction, thinking=True)
        self._services.error_boundary.start_private(
            self._remove(interaction, question), interaction, "removal of an answer"
        )

    @edit_pair.autocomplete("question")
    @remove_pair.autocomplete("question")
    async def complete_question(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Return the questions that contain what was typed."""
        if not self._services.documents.is_ready:
            return []
        return await self._services.error_boundary.complete(
            self._questions(interaction, typed), language_of(interaction), "completion of a question"
        )

    @commands.Cog.listener()
    async def on_correct_pressed(self, interaction: discord.Interaction, message_id: int) -> None:
        """Show the form to a moderator who pressed the button."""
        await self._services.error_boundary.guard_private(self._show_wrong_by_id(interaction, message_id), interaction)

    async def _correct(self, interaction: discord.Interaction, message: discord.Message) -> None:
        await self._services.error_boundary.guard_private(self._show_wrong(interaction, message), interaction)

    async def _show_empty(self, interaction: discord.Interaction, audience: str) -> None:
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        readers = EVERY_MEMBER if audience == _GUILD else access.audience_of(place)
        access.require_moderator_of(readers, member)
        await self._show(interaction, "faq.title_add", _EMPTY, partial(self._on_written, readers, None))

    async def _show_stored(self, interaction: discord.Interaction, question: str) -> None:
        if not self._services.documents.is_ready:
            await reply_privately(interaction, self._services.texts(language_of(interaction), "faq.loading"))
            return
        stored = await self._find(interaction, question)
        on_pair = partial(self._on_written, stored.source.audience, stored.source.id)
        await self._show(interaction, "faq.title_edit", stored.pair, on_pair)

    async def _show_wrong(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Show a form with the question and the answer of `message`."""
        place, _ = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        me = self._client.user
        if me is None:
            raise NotAnAnswer
        wrong = await corrections.find_wrong_answer(message, me, place.guild.id, self._services.assistant)
        await self._show(interaction, "faq.title_correct", wrong.prefill, partial(self._on_corrected, wrong))

    async def _show_wrong_by_id(self, interaction: discord.Interaction, message_id: int) -> None:
        place, _ = access.place_and_member(interaction)
        if not isinstance(place, discord.abc.Messageable):
            raise NotAnAnswer
        try:
            message = await retry_transient(partial(place.fetch_message, message_id), QUICK_RETRY_PAUSES_S)
        except (discord.NotFound, discord.Forbidden) as error:
            raise NotAnAnswer from error
        await self._show_wrong(interaction, message)

    async def _show(self, interaction: discord.Interaction, title: str, filled: QAPair, on_pair: OnQAPair) -> None:
        form = FaqForm(title, filled, on_pair, language_of(interaction), self._services.texts)
        await respond(lambda: interaction.response.send_modal(form))

    async def _on_written(
        self, audience: Audience, replacing: str | None, interaction: discord.Interaction, pair: QAPair
    ) -> None:
        await defer(interaction, ephemeral=True, thinking=True)
        self._services.error_boundary.start_private(
            self._write(interaction, pair, audience, replacing), interaction, "writing of an answer"
        )

    async def _on_corrected(self, wrong: WrongAnswer, interaction: discord.Interaction, pair: QAPair) -> None:
        await defer(interaction, ephemeral=True, thinking=True)
        self._services.error_boundary.start_private(
            self._write_correction(interaction, wrong, pair), interaction, "correction of an answer"
        )

    async def _write(
        self, interaction: discord.Interaction, pair: QAPair, audience: Audience, replacing: str | None
    ) -> None:
        report = await self._save(interaction, pair, audience, replacing=replacing)
        await reply_privately(interaction, pair_saved(report, None, language_of(interaction), self._services.texts))

    async def _write_correction(self, interaction: discord.Interaction, wrong: WrongAnswer, pair: QAPair) -> None:
        place, member = access.place_and_member(interaction)
        documents = await self._services.documents.get()
        guild_id, reader = str(place.guild.id), access.private_reader(member, place)
        source = corrections.find_source(
            wrong, await documents.sources(guild_id, reader), await documents.pairs(guild_id, reader)
        )
        report = await self._save(interaction, pair, access.audience_of(place), corrects=wrong.source_id)
        if report.outcome is not IngestOutcome.UNCHANGED:
            await corrections.show_corrected(wrong, report.stored.pair, member, self._services.texts)
        sentence = pair_saved(report, source, language_of(interaction), self._services.texts)
        await reply_privately(interaction, sentence)

    async def _save(
        self,
        interaction: discord.Interaction,
        pair: QAPair,
        audience: Audience,
        *,
        corrects: str | None = None,
        replacing: str | None = None,
    ) -> QAPairReport:
        """Save the pair, after checking again that the member may."""
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        access.require_moderator_of(audience, member)
        documents = await self._services.documents.get()
        await documents.register_guild(str(place.guild.id), place.guild.name)
        return await documents.write_pair(
            pair,
            guild_id=str(place.guild.id),
            audience=audience,
            written_by=str(member.id),
            corrects=corrects,
            replacing=replacing,
        )

    async def _list(self, interaction: discord.Interaction) -> None:
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        documents = await self._services.documents.get()
        guild_id, reader = str(place.guild.id), access.private_reader(member, place)
        pairs, sources = await documents.pairs(guild_id, reader), await documents.sources(guild_id, reader)
        for page in pair_list(pairs, sources, language_of(interaction), self._services.texts):
            await reply_privately(interaction, page)

    async def _remove(self, interaction: discord.Interaction, question: str) -> None:
        place, member = access.place_and_member(interaction)
        stored = await self._find(interaction, question)
        documents = await self._services.documents.get()
        removal = await documents.remove_for_now(
            str(place.guild.id), [stored.source.id], access.private_reader(member, place)
        )
        language, texts = language_of(interaction), self._services.texts
        sentence = texts(
            language,
            "faq.removed",
            question=shown_question(stored.pair),
            when=f"<t:{int(removal.delete_at.timestamp())}:R>",
        )
        rest = await removals.vectors_notice(self._services, language)
        view = make_view(undo_button(removal.id, language, texts))
        await edit_response(interaction, content=f"{sentence}\n{rest}", view=view)

    async def _find(self, interaction: discord.Interaction, question: str) -> StoredQAPair:
        """Return the answer to a question that was chosen or typed. Raise NotAnswered, NotAllowed."""
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        documents = await self._services.documents.get()
        typed = question.strip().casefold()
        for stored in await self._readable(documents, place, member):
            wordings = [wording.casefold() for wording in stored.pair.questions]
            if stored.source.id == question or typed in wordings:
                access.require_moderator_of(stored.source.audience, member)
                return stored
        raise NotAnswered

    async def _questions(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        place, member = access.place_and_member(interaction)
        access.require_moderator(interaction.permissions)
        documents = await self._services.documents.get()
        matching = [
            stored
            for stored in await self._readable(documents, place, member)
            if any(typed.casefold() in wording.casefold() for wording in stored.pair.questions)
        ]
        return [
            app_commands.Choice(name=stored.pair.questions[0][:_CHOICE_CHARS], value=stored.source.id)
            for stored in matching[:_MOST_CHOICES]
        ]

    async def _readable(
        self, documents: DocumentsPort, place: access.GuildPlace, member: discord.Member
    ) -> Sequence[StoredQAPair]:
        return await documents.pairs(str(place.guild.id), access.private_reader(member, place))
