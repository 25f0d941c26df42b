"""What moderators press and choose about documents that are removed, restored or replaced.

Edit this file for the buttons and the list of `/sources remove`, and for those below an ingestion's report.
"""

from __future__ import annotations

from collections.abc import Sequence

import discord
from discord.ext import commands

from bot import removals
from bot.locales import language_of
from bot.messages.buttons import SourcesAction, make_view, undo_button
from bot.render.sources import removal_report, restored_report
from bot.replies import Services
from bot.responses import defer, edit_response
from bot.transport_errors import retry_transient
from chains.types import Language
from knowledge.types import Removal


class Removals(commands.Cog):
    """Passes presses and choices to the documents."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @commands.Cog.listener()
    async def on_sources_chosen(self, interaction: discord.Interaction, ids: Sequence[str]) -> None:
        """Remove the chosen documents."""
        await defer(interaction)
        self._services.error_boundary.start_private(
            self._remove(interaction, ids), interaction, "removal of several sources"
        )

    @commands.Cog.listener()
    async def on_sources_pressed(
        self, interaction: discord.Interaction, action: SourcesAction, subject: str, language: Language
    ) -> None:
        """Undo a removal, or replace or keep the documents that have the name of a new one."""
        await defer(interaction)
        work = {
            SourcesAction.UNDO: self._undo,
            SourcesAction.REPLACE: self._replace,
            SourcesAction.KEEP: self._keep,
        }[action](interaction, subject, language)
        self._services.error_boundary.start_private(work, interaction, f"{action} of sources")

    async def _remove(self, interaction: discord.Interaction, ids: Sequence[str]) -> None:
        removal = await removals.remove(self._services, interaction, ids)
        language, texts = language_of(interaction), self._services.texts
        report = await self._report(removal, language)
        view = make_view(undo_button(removal.id, language, texts))
        await edit_response(interaction, content=texts(language, "sources.done"), view=None)
        # The list was for the moderator alone; that documents are gone is for everyone, as with a single one.
        await retry_transient(lambda: interaction.followup.send(report, view=view))

    async def _undo(self, interaction: discord.Interaction, removal_id: str, language: Language) -> None:
        restored = await removals.restore(self._services, interaction, removal_id)
        await edit_response(interaction, content=restored_report(restored, language, self._services.texts), view=None)

    async def _replace(self, interaction: discord.Interaction, batch: str, language: Language) -> None:
        removal = await removals.replace_namesakes(self._services, interaction, batch)
        texts = self._services.texts
        report = await self._report(removal, language)
        view = make_view(undo_button(removal.id, language, texts))
        await edit_response(interaction, content=f"{_without_question(interaction)}\n{report}", view=view)

    async def _report(self, removal: Removal, language: Language) -> str:
        rest = await removals.vectors_notice(self._services, language)
        return f"{removal_report(removal, language, self._services.texts)}\n{rest}"

    async def _keep(self, interaction: discord.Interaction, _: str, language: Language) -> None:
        removals.require_moderator(interaction)
        sentence = self._services.texts(language, "sources.kept")
        await edit_response(interaction, content=f"{_without_question(interaction)}\n{sentence}", view=None)


def _without_question(interaction: discord.Interaction) -> str:
    """Return the text of the pressed button's message without its last line, which asks."""
    return "" if interaction.message is None else interaction.message.content.rpartition("\n")[0]
