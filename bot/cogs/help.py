"""`/help`: what the bot does, in the member's language."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.locales import Texts, language_of
from bot.responses import reply_privately


class Help(commands.Cog):
    """Says how to use the bot."""

    def __init__(self, texts: Texts, leaving: tuple[str, ...]) -> None:
        """`leaving`: the models to which text leaves this machine."""
        self._texts = texts
        self._leaving = leaving

    @app_commands.command(description="What this bot does, and how to use it")
    async def help(self, interaction: discord.Interaction) -> None:
        """Show the help to whoever asks for it."""
        language = language_of(interaction)
        lines = [self._texts(language, "help.text").rstrip()]
        lines += [self._texts(language, "help.leaves", model=model) for model in self._leaving]
        await reply_privately(interaction, "\n".join(lines))
