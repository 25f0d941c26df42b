"""Which language a member is answered in outside of a question's own."""

from __future__ import annotations

import discord

from chains.types import Language


def is_chinese(locale: discord.Locale) -> bool:
    """Whether Discord is shown in Chinese, simplified or traditional."""
    return locale in {discord.Locale.chinese, discord.Locale.taiwan_chinese}


def of_interaction(interaction: discord.Interaction) -> Language:
    """The language of the member's Discord."""
    return Language.ZH if is_chinese(interaction.locale) else Language.EN
