"""Fine-tuning, for admins: the commands of `/finetune`, and the buttons below a training.

Edit this file to change how admins start, cancel, promote and roll back.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_io import access
from bot.errors import ChannelUnseen, NothingToCancel, WhichTraining
from bot.guild_adapters import SKILL_LENGTH, GuildAdapters, clean_skill
from bot.jobs.tuning import Tuning
from bot.jobs.uploads import download
from bot.locales import language_of
from bot.messages.buttons import TuneAction, TuneButton, make_view
from bot.messages.live_message import Content, LiveMessage
from bot.messages.message_targets import CommandResponse
from bot.messages.training_message import TrainingDestination, start_view
from bot.render.adapters import (
    adapter_choice,
    adapter_list,
    promotion_message,
    promotion_question,
    rollback_message,
    training_status,
)
from bot.render.message_text import split_message, subtext
from bot.render.tuning import escape_name, training_preview
from bot.replies import Services
from bot.responses import defer, edit_response, reply_privately
from chains.types import Language
from finetune.errors import DatasetTooLargeError
from finetune.types import Card, TrainingRequest
from knowledge.types import EVERY_MEMBER
from storage.sizes import MEGABYTE

_MOST_CHOICES = 25
_GUILD = "guild"

Skill = app_commands.Range[str, 1, SKILL_LENGTH]
Choice = app_commands.Choice[str]


class Finetune(commands.Cog):
    """Passes training sets and presses to the trainings and the adapters."""

    finetune = app_commands.Group(
        name="finetune",
        description="Train a model on examples from this server, and choose which one answers",
        guild_only=True,
        default_permissions=discord.Permissions(manage_guild=True),
    )

    def __init__(self, services: Services, tuning: Tuning, adapters: GuildAdapters, base: str, limit_mb: int) -> None:
        """`base` is the base model if none is chosen; `limit_mb` is the limit of a training set's size."""
        self._services = services
        self._tuning = tuning
        self._adapters = adapters
        self._base = base
        self._limit_mb = limit_mb

    @finetune.command(description="Check a training set and preview the training")
    @app_commands.describe(
        file="Examples as JSONL, JSON or CSV",
        skill="What the model should learn; an existing skill is trained again",
        base="The model to train; by default it depends on the language of the examples",
        audience="Who the tuned model can answer; by default those who can read this channel",
    )
    @app_commands.choices(
        base=[
            Choice(name="By the language of the examples", value="auto"),
            Choice(name="Small and fast, English only", value="embedded-small"),
            Choice(name="Larger, English and Chinese", value="embedded"),
        ],
        audience=[
            Choice(name="Those who can read this channel", value="channel"),
            Choice(name="Every member", value=_GUILD),
        ],
    )
    async def start(
        self,
        interaction: discord.Interaction,
        file: discord.Attachment,
        skill: Skill,
        base: str | None = None,
        audience: str = "channel",
    ) -> None:
        """Check a training set and show the preview of its training."""
        work = self._check_and_prepare(interaction, file, skill, base or self._base, audience)
        await self._services.error_boundary.guard_private(work, interaction)

    @finetune.command(description="Show trainings in progress and the tuned models in use")
    async def status(self, interaction: discord.Interaction) -> None:
        """Show the trainings and champions to the admin alone."""
        await self._respond(interaction, self._status(interaction), "status of the trainings")

    @finetune.command(name="list", description="List the tuned models")
    async def list_adapters(self, interaction: discord.Interaction) -> None:
        """List the adapters to the admin alone."""
        await self._respond(interaction, self._list(interaction), "list of adapters")

    @finetune.command(description="Cancel a training that is running or waiting")
    @app_commands.describe(training="Which training, if there are several")
    async def cancel(self, interaction: discord.Interaction, training: str | None = None) -> None:
        """Cancel a training."""
        await self._respond(interaction, self._cancel(interaction, training), "cancelling of a training")

    @finetune.command(description="Use a tuned model for its skill")
    @app_commands.describe(adapter="The model's hash, or the start of it")
    async def promote(self, interaction: discord.Interaction, adapter: str) -> None:
        """Make an adapter champion, after a confirmation if it was not measured to be better."""
        await self._respond(interaction, self._promote(interaction, adapter), "promotion")

    @finetune.command(description="Go back to a skill's previous model")
    @app_commands.describe(skill="The skill whose previous model should answer again")
    async def rollback(self, interaction: discord.Interaction, skill: str) -> None:
        """Go back to a skill's previous champion."""
        await self._respond(interaction, self._roll_back(interaction, skill), "rollback")

    @start.autocomplete("skill")
    @rollback.autocomplete("skill")
    async def complete_skill(self, interaction: discord.Interaction, typed: str) -> list[Choice]:
        """Return the existing skills that contain what was typed."""
        return await self._services.error_boundary.complete(
            self._matching_skills(interaction, typed), language_of(interaction), "completion of a skill"
        )

    @promote.autocomplete("adapter")
    async def complete_adapter(self, interaction: discord.Interaction, typed: str) -> list[Choice]:
        """Return the adapters whose skill or hash contains what was typed."""
        return await self._services.error_boundary.complete(
            self._matching_adapters(interaction, typed), language_of(interaction), "completion of an adapter"
        )

    @cancel.autocomplete("training")
    async def complete_training(self, interaction: discord.Interaction, typed: str) -> list[Choice]:
        """Return the trainings that run or wait."""
        return await self._services.error_boundary.complete(
            self._matching_trainings(interaction, typed), language_of(interaction), "completion of a training"
        )

    @commands.Cog.listener()
    async def on_tune_pressed(
        self, interaction: discord.Interaction, action: TuneAction, subject: str, language: Language
    ) -> None:
        """Handle a button below a preview, a training or a confirmation."""
        await defer(interaction)
        self._services.error_boundary.start_private(
            self._press(interaction, action, subject, language), interaction, f"press of {action}"
        )

    async def _respond(
        self, interaction: discord.Interaction, work: Coroutine[object, object, None], name: str
    ) -> None:
        await defer(interaction, ephemeral=True, thinking=True)
        self._services.error_boundary.start_private(work, interaction, name)

    def _require_admin(self, interaction: discord.Interaction) -> tuple[access.GuildPlace, discord.Member]:
        place, member = access.place_and_member(interaction)
        access.require_admin(interaction.permissions)
        return place, member

    async def _check_and_prepare(
        self, interaction: discord.Interaction, file: discord.Attachment, skill: str, base: str, audience: str
    ) -> None:
        """Refuse, to the admin alone, what Discord's own data shows to be impossible, and prepare the rest."""
        self._require_admin(interaction)
        if not interaction.app_permissions.view_channel:
            raise ChannelUnseen
        if file.size > self._limit_mb * MEGABYTE:
            raise DatasetTooLargeError(file.filename, file.size / MEGABYTE, self._limit_mb)
        name = clean_skill(skill)
        await defer(interaction, thinking=True)
        self._services.error_boundary.start_private(
            self._prepare(interaction, file, name, base, audience), interaction, "preparation of a training"
        )

    async def _prepare(
        self, interaction: discord.Interaction, file: discord.Attachment, skill: str, base: str, audience: str
    ) -> None:
        place, _ = self._require_admin(interaction)
        texts, language = self._services.texts, language_of(interaction)
        readers = EVERY_MEMBER if audience == _GUILD else access.audience_of(place)
        message = LiveMessage(
            CommandResponse(interaction, private=False), self._services.throttles.of(place.id), lambda: None
        )
        guild_id = str(place.guild.id)
        skill = await self._adapters.spelling(guild_id, skill)
        async with self._services.error_boundary.finish_on_failure(message, language):
            reading = texts(language, "tuning.reading", name=discord.utils.escape_markdown(file.filename))
            await message.open(Content((reading,)))
            found = await self._tuning.prepare(
                await download(file),
                file.filename,
                TrainingRequest(guild_id, skill, readers.key, base),
                language,
                {channel.name: channel.mention for channel in place.guild.channels},
                lambda line: message.show(Content((subtext(line),))),
            )
            pages = split_message(training_preview(found, readers, language, texts))
            await message.finish(Content(pages, start_view(found.run_id, language, texts)))

    async def _status(self, interaction: discord.Interaction) -> None:
        place, _ = self._require_admin(interaction)
        trainings = await self._tuning.active_trainings(place.guild.id)
        adapters = await self._adapters.listed(str(place.guild.id))
        language = language_of(interaction)
        await _reply_pages(interaction, training_status(trainings, adapters, language, self._services.texts))

    async def _list(self, interaction: discord.Interaction) -> None:
        place, _ = self._require_admin(interaction)
        adapters = await self._adapters.listed(str(place.guild.id))
        await _reply_pages(interaction, adapter_list(adapters, language_of(interaction), self._services.texts))

    async def _cancel(self, interaction: discord.Interaction, run_id: str | None) -> None:
        place, member = self._require_admin(interaction)
        if run_id is None:
            trainings = await self._tuning.active_trainings(place.guild.id)
            if len(trainings) > 1:
                raise WhichTraining(len(trainings))
            if not trainings:
                raise NothingToCancel
            run_id = trainings[0].run_id
        prepared = await self._tuning.cancel(run_id, place.guild.id, member.id)
        skill = escape_name(prepared.skill)
        await _reply_pages(
            interaction, (self._services.texts(language_of(interaction), "tuning.cancel_done", skill=skill),)
        )

    async def _promote(self, interaction: discord.Interaction, sha256: str) -> None:
        place, _ = self._require_admin(interaction)
        texts, language = self._services.texts, language_of(interaction)
        card = await self._adapters.find(str(place.guild.id), sha256)
        doubt = await self._adapters.doubt(card)
        if doubt is None:
            await self._make_champion(interaction, card, language)
            return
        button = TuneButton(TuneAction.PROMOTE, card.adapter_sha256, language, texts(language, "tuning.confirm"))
        question = promotion_question(card, doubt, language, texts)
        await edit_response(interaction, content=question, view=make_view(button))

    async def _make_champion(self, interaction: discord.Interaction, card: Card, language: Language) -> None:
        promotion = await self._adapters.promote(card)
        sentence = promotion_message(promotion, language, self._services.texts)
        await edit_response(interaction, content=sentence, view=None)

    async def _roll_back(self, interaction: discord.Interaction, skill: str) -> None:
        place, _ = self._require_admin(interaction)
        was, now = await self._adapters.roll_back(str(place.guild.id), skill)
        sentence = rollback_message(was, now, language_of(interaction), self._services.texts)
        await _reply_pages(interaction, (sentence,))

    async def _press(
        self, interaction: discord.Interaction, action: TuneAction, subject: str, language: Language
    ) -> None:
        place, member = self._require_admin(interaction)
        if action is TuneAction.PROMOTE:
            card = await self._adapters.find(str(place.guild.id), subject)
            await self._make_champion(interaction, card, language)
            return
        assert interaction.message is not None, "a button stands below a message"  # noqa: S101
        destination = TrainingDestination(place.guild.id, place.id, interaction.message.id, member.id, language)
        if action is TuneAction.START:
            await self._tuning.start(subject, destination)
        elif action is TuneAction.DISCARD:
            await self._tuning.discard(subject, destination)
        else:
            await self._cancel_pressed(interaction, subject, place.guild.id, member.id)

    async def _cancel_pressed(
        self, interaction: discord.Interaction, run_id: str, guild_id: int, member_id: int
    ) -> None:
        try:
            await self._tuning.cancel(run_id, guild_id, member_id)
        except NothingToCancel:
            await edit_response(interaction, view=None)
            raise

    async def _matching_skills(self, interaction: discord.Interaction, typed: str) -> list[Choice]:
        place, _ = self._require_admin(interaction)
        skills = await self._adapters.skills(str(place.guild.id))
        return _matching([(skill, skill) for skill in skills], typed)

    async def _matching_adapters(self, interaction: discord.Interaction, typed: str) -> list[Choice]:
        place, _ = self._require_admin(interaction)
        cards = [listed.card for listed in await self._adapters.listed(str(place.guild.id))]
        return _matching([(adapter_choice(card), card.adapter_sha256) for card in cards], typed)

    async def _matching_trainings(self, interaction: discord.Interaction, typed: str) -> list[Choice]:
        place, _ = self._require_admin(interaction)
        trainings = await self._tuning.active_trainings(place.guild.id)
        return _matching([(training.prepared.skill, training.run_id) for training in trainings], typed)


async def _reply_pages(interaction: discord.Interaction, pages: Sequence[str]) -> None:
    for page in pages:
        await reply_privately(interaction, page)


def _matching(choices: Sequence[tuple[str, str]], typed: str) -> list[Choice]:
    """Return the choices whose name or value contains what was typed, as many as Discord accepts."""
    wanted = typed.casefold()
    found = [(name, value) for name, value in choices if wanted in name.casefold() or wanted in value.casefold()]
    return [Choice(name=name, value=value) for name, value in found[:_MOST_CHOICES]]
