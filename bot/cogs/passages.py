"""The passage behind a citation, shown to members who press “Show passage” and may read it.

Edit this file to change what that button shows, and to whom.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

import discord
from discord.ext import commands

from bot.discord_io import access, conversation
from bot.discord_io.access import GuildPlace
from bot.discord_io.direct_messages import DirectMessages
from bot.errors import NotAMember, TooManyPassages
from bot.member_limit import MemberLimit
from bot.ports import DocumentsPort
from bot.render.passages import passage_card
from bot.replies import Services
from bot.responses import defer, edit_response
from chains.types import Language
from knowledge.errors import PageImageFailed, PassageGone
from knowledge.types import Passage, Reader

_log = logging.getLogger(__name__)

_PICTURE = "page.png"
_MEMBER_LIMIT = 2
"""The passages that one member may have opened at the same time."""
_AT_ONCE = 2
"""The passages that are prepared at the same time: that must leave room for searches."""


class Passages(commands.Cog):
    """Passes presses of “Show passage” to the documents."""

    def __init__(self, client: discord.Client, services: Services) -> None:
        self._client = client
        self._services = services
        self._direct = DirectMessages(client)
        self._limit = MemberLimit(_MEMBER_LIMIT, TooManyPassages)
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @commands.Cog.listener()
    async def on_passage_pressed(
        self, interaction: discord.Interaction, decision_id: str, number: int, language: Language
    ) -> None:
        """Show a passage to the one who pressed, alone."""
        await defer(interaction, ephemeral=True, thinking=True)
        work = self._show(interaction, decision_id, number, language)
        self._services.error_boundary.start_private(work, interaction, "passage")

    async def _show(self, interaction: discord.Interaction, decision_id: str, number: int, language: Language) -> None:
        with self._limit.place(str(interaction.user.id)):
            async with self._turns:
                await self._show_passage(interaction, decision_id, number, language)

    async def _show_passage(
        self, interaction: discord.Interaction, decision_id: str, number: int, language: Language
    ) -> None:
        assistant, documents = await self._services.assistant.get(), await self._services.documents.get()
        cited = await assistant.cited(decision_id)
        if not 1 <= number <= len(cited.chunk_ids):
            raise PassageGone
        reader = await self._reader(interaction, cited.guild_id)
        words = await self._question_and_answer(interaction)
        passage = await documents.passage(cited.guild_id, cited.chunk_ids[number - 1], reader, words)
        card = passage_card(number, passage, language, self._services.texts, datetime.now(UTC))
        has_page = passage.source.media == "pdf" and passage.chunk.place.page is not None
        drawing = self._services.texts(language, "passages.drawing") if has_page else None
        await edit_response(interaction, content=drawing, embed=card)
        if has_page:
            await self._add_page(interaction, documents, passage, card, language)

    async def _reader(self, interaction: discord.Interaction, guild_id: str) -> Reader:
        """Return what the member may read now in the answer's server. Raise NotAMember if they left it."""
        member, place = interaction.user, interaction.channel
        if isinstance(member, discord.Member) and str(member.guild.id) == guild_id:
            return access.private_reader(member, place if isinstance(place, GuildPlace) else None)
        guild = self._client.get_guild(int(guild_id))
        found = None if guild is None else await self._direct.member(guild, member.id)
        if found is None:
            raise NotAMember
        return access.private_reader(found)

    async def _question_and_answer(self, interaction: discord.Interaction) -> tuple[str, ...]:
        """Return the question and the answer, whose words are kept in Discord alone."""
        if interaction.message is None or self._client.user is None:
            return ()
        turn = await conversation.exchange(interaction.message, self._client.user)
        return turn.question, turn.answer

    async def _add_page(
        self,
        interaction: discord.Interaction,
        documents: DocumentsPort,
        passage: Passage,
        card: discord.Embed,
        language: Language,
    ) -> None:
        """Add the page's picture to the card, or say why there is none."""
        try:
            picture = await documents.page_image(passage)
        except Exception as error:  # noqa: BLE001 - otherwise the line about drawing would stay
            if not isinstance(error, PageImageFailed):
                self._services.error_boundary.sentence(error, language)
            reason = error.reason if isinstance(error, PageImageFailed) else "other"
            await edit_response(interaction, content=self._no_picture(reason, language))
            return
        if picture is None:
            await edit_response(interaction, content=None)
            return
        card.set_image(url=f"attachment://{_PICTURE}")
        try:
            await edit_response(interaction, content=None, embed=card, picture=picture, picture_name=_PICTURE)
        except discord.HTTPException as error:
            _log.info("Discord refused the picture of a page: %s", error)
            await edit_response(interaction, content=self._no_picture("refused", language))

    def _no_picture(self, reason: str, language: Language) -> str:
        texts, key = self._services.texts, f"passages.picture_{reason}"
        return texts(
            language, "passages.no_picture", reason=texts(language, key if texts.has(key) else "passages.picture_other")
        )
