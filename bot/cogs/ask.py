"""Questions by mention, reply, direct message and `/ask`, and the buttons below their answers.

Edit this file when a question can reach the bot in another way, or an answer gets another button.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands
from discord.utils import escape_markdown

from bot.discord_io import access, conversation
from bot.discord_io.access import GuildPlace
from bot.discord_io.direct_messages import DirectMessages
from bot.errors import GuildOnly, NothingToStop, NotYours, TooManyQuestions
from bot.locales import language_of, language_of_guild
from bot.messages.buttons import CorrectButton, guild_selects, make_view
from bot.messages.message_targets import BelowMessage, CommandResponse
from bot.render.message_text import MESSAGE_LIMIT, join_parts, quote_question, shorten, split_evenly, subtext
from bot.replies import AnswerRequest, Replies, Services
from bot.responses import defer, edit_response, reply_privately
from bot.transport_errors import retry_transient
from chains.routing.router import follow_up_query
from chains.types import AskedIn, Language, Question, Right, Route
from knowledge.types import Reader

_SEARCHED_LIMIT = 400


@dataclass(frozen=True, slots=True)
class _Standing:
    """Keeps what the place of a question and the member who asks allow."""

    reader: Reader
    asked_in: AskedIn
    rights: frozenset[Right]


class Ask(commands.Cog):
    """Passes questions to `Replies`, and shows explanations to those who asked."""

    def __init__(self, client: discord.Client, replies: Replies, services: Services) -> None:
        self._client = client
        self._replies = replies
        self._services = services
        self._direct = DirectMessages(client)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer messages that are meant for the bot."""
        me = self._client.user
        if me is not None and conversation.is_addressed(message, me):
            self._start_answer(message, me)

    @commands.Cog.listener()
    async def on_message_edit(self, before: discord.Message, after: discord.Message) -> None:
        """Answer messages that an edit turned into one for the bot, such as by the mention that was forgotten."""
        me = self._client.user
        if me is None or before.content == after.content or conversation.is_addressed(before, me):
            return
        if conversation.is_addressed(after, me):
            self._start_answer(after, me)

    @app_commands.command(description="Ask a question about this server")
    @app_commands.guild_only()
    @app_commands.describe(
        question="What you want to know",
        route="How to answer; if you leave it out, the bot decides and says why",
        private="Only you see the answer, and it can use everything you can read",
    )
    @app_commands.choices(
        route=[
            app_commands.Choice(name="documents", value=Route.RETRIEVAL),
            app_commands.Choice(name="tuned model", value=Route.SPECIALIST),
            app_commands.Choice(name="tuned model with documents", value=Route.COMBINED),
            app_commands.Choice(name="direct", value=Route.DIRECT),
            app_commands.Choice(name="no answer", value=Route.ABSTAIN),
        ]
    )
    async def ask(
        self,
        interaction: discord.Interaction,
        question: str,
        route: str | None = None,
        private: bool = False,
    ) -> None:
        """Answer the question of a command."""
        try:
            self._replies.check_limit(str(interaction.user.id))
        except TooManyQuestions as error:  # Seen by the member alone, whatever the answer would be.
            await self._services.error_boundary.report(
                error, partial(reply_privately, interaction), language_of(interaction)
            )
            return
        await defer(interaction, ephemeral=private, thinking=True)
        target = CommandResponse(interaction, private=private)
        place, member = access.place_and_member(interaction)
        reader = access.private_reader(member, place) if private else access.public_reader(place)
        text = conversation.readable_text(question, place.guild, place_id=place.id)
        language = Language.of(text)
        asked_in = AskedIn.PRIVATE if private else AskedIn.CHANNEL
        request = AnswerRequest(
            Question(
                text=text,
                guild_id=str(place.guild.id),
                asker_id=str(member.id),
                reader=reader,
                language=language,
                requested_route=None if route is None else Route(route),
                asked_in=asked_in,
                rights=access.rights_of(interaction.permissions),
                previous_decision=self._replies.last_decision(place.id, str(member.id), asked_in),
            ),
            place.id,
            target,
            quote_question(question, language, self._services.texts),
        )
        self._services.error_boundary.start(
            self._write(request), partial(reply_privately, interaction), language, "answer to /ask"
        )

    async def _write(self, request: AnswerRequest) -> None:
        with self._replies.place(request.question.asker_id):
            await self._replies.write(request)

    @commands.Cog.listener()
    async def on_why_pressed(self, interaction: discord.Interaction, decision_id: str, language: Language) -> None:
        """Explain a decision to the member who asked."""
        await defer(interaction, ephemeral=True, thinking=True)
        self._services.error_boundary.start_private(
            self._explain(interaction, decision_id, language), interaction, "explanation"
        )

    @commands.Cog.listener()
    async def on_stop_pressed(self, interaction: discord.Interaction, reply_id: str, language: Language) -> None:
        """Stop an answer that is being written."""
        await defer(interaction)
        self._services.error_boundary.start_private(self._stop(interaction, reply_id, language), interaction, "stop")

    @commands.Cog.listener()
    async def on_guild_chosen(self, interaction: discord.Interaction, guild_id: int) -> None:
        """Answer a direct message now that its server is known."""
        await defer(interaction)
        self._services.error_boundary.start_private(
            self._answer_choice(interaction, guild_id), interaction, "answer to a direct message"
        )

    def _start_answer(self, message: discord.Message, me: discord.ClientUser) -> None:
        language = Language.of(conversation.question_text(message, me))
        self._services.error_boundary.start(
            self._answer_message(message, me),
            lambda text: BelowMessage(message).send(text, None),
            language,
            "answer to a message",
        )

    async def _answer_message(self, message: discord.Message, me: discord.ClientUser) -> None:
        # Before anything is fetched: a flood of messages must cost no requests, and get no flood of replies.
        with self._replies.place(str(message.author.id), repeats=False):
            await self._answer_admitted(message, me)

    async def _answer_admitted(self, message: discord.Message, me: discord.ClientUser) -> None:
        if message.guild is None:
            await self._answer_direct(message, me)
            return
        place = message.channel
        if not isinstance(place, GuildPlace):
            raise GuildOnly
        member = message.author if isinstance(message.author, discord.Member) else None
        rights = frozenset[Right]() if member is None else access.rights_of(place.permissions_for(member))
        standing = _Standing(access.public_reader(place), AskedIn.CHANNEL, rights)
        await self._answer(message, me, str(message.guild.id), standing)

    async def _answer_direct(self, message: discord.Message, me: discord.ClientUser) -> None:
        language = Language.of(message.content)
        members = await self._direct.shared(message.author.id)
        if not members:
            await BelowMessage(message).send(self._services.texts(language, "direct.no_guild"), None)
        elif len(members) == 1:
            await self._answer_member(message, me, members[0])
        else:
            guilds = [(member.guild.id, member.guild.name) for member in members]
            selects = guild_selects(message.author.id, guilds, self._services.texts(language, "direct.choose"))
            await BelowMessage(message).send(self._services.texts(language, "direct.which_guild"), make_view(*selects))

    async def _answer_choice(self, interaction: discord.Interaction, guild_id: int) -> None:
        with self._replies.place(str(interaction.user.id)):
            await self._answer_chosen(interaction, guild_id)

    async def _answer_chosen(self, interaction: discord.Interaction, guild_id: int) -> None:
        guild, me = self._client.get_guild(guild_id), self._client.user
        select_message = interaction.message
        member = None if guild is None else await self._direct.member(guild, interaction.user.id)
        if member is None or me is None or select_message is None or select_message.reference is None:
            raise GuildOnly
        self._direct.choose(member.id, guild_id)
        question = await retry_transient(
            partial(select_message.channel.fetch_message, select_message.reference.message_id or 0)
        )
        with suppress(discord.NotFound):  # An earlier try deleted it, and its response was lost.
            await retry_transient(select_message.delete)
        await self._answer_member(question, me, member)

    async def _answer_member(self, message: discord.Message, me: discord.ClientUser, member: discord.Member) -> None:
        language = Language.of(message.content)
        head = subtext(self._services.texts(language, "answer.about", guild=member.guild.name))
        rights = access.rights_of(member.guild_permissions)
        standing = _Standing(access.private_reader(member), AskedIn.DIRECT_MESSAGE, rights)
        await self._answer(message, me, str(member.guild.id), standing, head)

    async def _answer(
        self, message: discord.Message, me: discord.ClientUser, guild_id: str, standing: _Standing, head: str = ""
    ) -> None:
        read = await conversation.read_question(message, me)
        if not read.text and message.guild is not None and conversation.mentions_own_role(message):
            hint = self._services.texts(language_of_guild(message.guild), "answer.role_mentioned", mention=me.mention)
            await BelowMessage(message).send(hint, None)
            return
        language = Language.of(read.text)
        if read.is_reply_unreadable:
            head = join_parts(head, self._services.texts(language, "answer.reply_unreadable"))
        asker_id = str(message.author.id)
        last = self._replies.last_decision(message.channel.id, asker_id, standing.asked_in)
        question = Question(
            text=read.text,
            guild_id=guild_id,
            asker_id=asker_id,
            reader=standing.reader,
            language=language,
            history=read.history,
            asked_in=standing.asked_in,
            rights=standing.rights,
            previous_decision=read.previous_decision or last,
        )
        request = AnswerRequest(question, message.channel.id, BelowMessage(message), head)
        await self._replies.write(request, repeats=False)

    async def _explain(self, interaction: discord.Interaction, decision_id: str, language: Language) -> None:
        assistant = await self._services.assistant.get()
        is_moderator = interaction.guild is not None and access.is_moderator(interaction.permissions)
        if await assistant.asker_of(decision_id) != str(interaction.user.id):
            if not is_moderator:
                raise NotYours
            await self._offer_correction(interaction, "faq.not_yours")
            return
        explanation = await assistant.explanation(decision_id, language)
        searched = await self._searched_line(interaction, explanation.behind, language)
        for page in split_evenly(join_parts(explanation.markdown, searched)):
            await reply_privately(interaction, page)
        if is_moderator:
            await self._offer_correction(interaction, "faq.offer")

    async def _searched_line(self, interaction: discord.Interaction, behind: int | None, language: Language) -> str:
        """Return a line with the search query if it was more than the question; the decision log keeps no words."""
        answer, me = interaction.message, self._client.user
        question = (
            None if behind is None or answer is None or me is None else await conversation.question_of(answer, me)
        )
        if question is None or behind is None or behind > len(question.history):
            return ""
        words = shorten(follow_up_query(question.text, question.history, behind), _SEARCHED_LIMIT)
        return self._services.texts(language, "answer.searched_for", words=escape_markdown(words))

    async def _offer_correction(self, interaction: discord.Interaction, key: str) -> None:
        """Show a moderator how to correct the answer above, with a button for it."""
        if interaction.message is None:
            return
        language, texts = language_of(interaction), self._services.texts
        button = CorrectButton(interaction.message.id, language, texts(language, "faq.correct"))
        await reply_privately(interaction, texts(language, key), make_view(button))

    async def _stop(self, interaction: discord.Interaction, reply_id: str, language: Language) -> None:
        moderator = interaction.guild is not None and access.is_moderator(interaction.permissions)
        try:
            self._replies.stop(reply_id, str(interaction.user.id), moderator=moderator)
        except NothingToStop:
            interrupted = self._services.texts(language, "answer.interrupted")
            words = "" if interaction.message is None else interaction.message.content
            await edit_response(interaction, content=join_parts(words, interrupted)[-MESSAGE_LIMIT:], view=None)
