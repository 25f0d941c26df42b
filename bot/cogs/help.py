"""The command `/help`: what the bot does, in the member's language.

Edit this file to change what the help shows beside its text in the locales.
"""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.locales import Texts, language_of
from bot.render.message_text import split_evenly
from bot.render.sources import format_names
from bot.responses import reply_privately
from chains.bot_facts import SelfDescription


class Help(commands.Cog):
    """Explains how to use the bot."""

    def __init__(self, texts: Texts, external_models: tuple[str, ...], chat_quality: str) -> None:
        """`external_models` are those to which text leaves this machine.

        `chat_quality` is the key of the sentence that says how good the chat model is.
        """
        self._texts = texts
        self._external_models = external_models
        self._chat_quality = chat_quality
        self._self_description = SelfDescription()

    @app_commands.command(description="What this bot does, and how to use it")
    async def help(self, interaction: discord.Interaction) -> None:
        """Show the help to the member alone."""
        language = language_of(interaction)
        lines = [self._texts(language, "help.text", formats=format_names(language, self._texts)).rstrip()]
        lines.append(self._self_description.quality(self._chat_quality, language))
        lines += [self._texts(language, "help.leaves", model=model) for model in self._external_models]
        for page in split_evenly("\n".join(lines)):
            await reply_privately(interaction, page)
