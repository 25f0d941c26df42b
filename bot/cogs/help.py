"""`/help`: what the bot does, in the member's language."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.language import of_interaction
from bot.locales import Texts


class Help(commands.Cog):
    """Says how to use the bot."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    @app_commands.command(description="What this bot does, and how to use it")
    async def help(self, interaction: discord.Interaction) -> None:
        """Show the help to whoever asks for it."""
        await interaction.response.send_message(self._texts(of_interaction(interaction), "help.text"), ephemeral=True)
