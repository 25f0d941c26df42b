"""The buttons and selects below messages. Their ids contain all that they need, so they work after a restart.

A press is dispatched as an event to the cogs: `why_pressed`, `passage_pressed`, `correct_pressed`, `stop_pressed`,
`guild_chosen`, `tune_pressed`, `ingest_cancelled`, `sources_pressed` or `sources_chosen`.
Edit this file to add a button.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Self

import discord

from bot.locales import Texts
from chains.types import Language

_Button = discord.ui.Button[discord.ui.View]
_Select = discord.ui.Select[discord.ui.View]
_Item = discord.ui.Item[discord.ui.View]

MOST_CHOICES = 25
"""The options that Discord accepts in a select."""
_MOST_SELECTS = 5
"""The selects that it accepts in a message."""


_WHY = r"why:(?P<language>en|zh):(?P<decision_id>[\w-]{1,64})"


class WhyButton(discord.ui.DynamicItem[_Button], template=_WHY):
    """Shows why the bot answered as it did."""

    def __init__(self, decision_id: str, language: Language, label: str) -> None:
        style, custom_id = discord.ButtonStyle.secondary, f"why:{language}:{decision_id}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id, emoji="🧭"))
        self.decision_id = decision_id
        self.language = language

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: _Item, match: re.Match[str], /) -> Self:
        """Return the button of a message from its id alone."""
        return cls(match["decision_id"], Language(match["language"]), "?")

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the press to the cogs."""
        interaction.client.dispatch("why_pressed", interaction, self.decision_id, self.language)


class PassageButton(
    discord.ui.DynamicItem[_Button],
    template=r"passage:(?P<language>en|zh):(?P<number>\d{1,2}):(?P<decision_id>[\w-]{1,64})",
):
    """Shows a passage that an answer cites."""

    def __init__(self, decision_id: str, number: int, language: Language, label: str) -> None:
        """`number` is that of the citation, from 1."""
        style, custom_id = discord.ButtonStyle.secondary, f"passage:{language}:{number}:{decision_id}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id, emoji="📖"))
        self.decision_id = decision_id
        self.number = number
        self.language = language

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: _Item, match: re.Match[str], /) -> Self:
        """Return the button of a message from its id alone."""
        return cls(match["decision_id"], int(match["number"]), Language(match["language"]), "?")

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the press to the cogs."""
        interaction.client.dispatch("passage_pressed", interaction, self.decision_id, self.number, self.language)


class CorrectButton(discord.ui.DynamicItem[_Button], template=r"correct:(?P<language>en|zh):(?P<message_id>\d{1,20})"):
    """Lets a moderator correct the answer in a message of the same channel."""

    def __init__(self, message_id: int, language: Language, label: str) -> None:
        style, custom_id = discord.ButtonStyle.secondary, f"correct:{language}:{message_id}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id, emoji="✏️"))
        self.message_id = message_id

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: _Item, match: re.Match[str], /) -> Self:
        """Return the button of a message from its id alone."""
        return cls(int(match["message_id"]), Language(match["language"]), "?")

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the press to the cogs."""
        interaction.client.dispatch("correct_pressed", interaction, self.message_id)


class StopButton(discord.ui.DynamicItem[_Button], template=r"stop:(?P<language>en|zh):(?P<reply_id>[\w-]{1,64})"):
    """Stops an answer while it is being written."""

    def __init__(self, reply_id: str, language: Language, label: str) -> None:
        style, custom_id = discord.ButtonStyle.secondary, f"stop:{language}:{reply_id}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id, emoji="⏹️"))
        self.reply_id = reply_id
        self.language = language

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: _Item, match: re.Match[str], /) -> Self:
        """Return the button of a message from its id alone."""
        return cls(match["reply_id"], Language(match["language"]), "?")

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the press to the cogs."""
        interaction.client.dispatch("stop_pressed", interaction, self.reply_id, self.language)


class GuildSelect(discord.ui.DynamicItem[_Select], template=r"guild:(?P<user_id>\d{1,20})(?::(?P<number>\d))?"):
    """Asks which server a direct message is about."""

    def __init__(self, user_id: int, guilds: Sequence[tuple[int, str]], label: str, number: int = 0) -> None:
        """`number` is that of this select in its message, from 0."""
        options = [discord.SelectOption(label=name[:100], value=str(guild_id)) for guild_id, name in guilds]
        super().__init__(discord.ui.Select(custom_id=f"guild:{user_id}:{number}", placeholder=label, options=options))
        self.user_id = user_id

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: _Item, match: re.Match[str], /) -> Self:
        """Return the select of a message from its id alone; its options stay in Discord."""
        return cls(int(match["user_id"]), [], "?", int(match["number"] or 0))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the choice to the cogs."""
        interaction.client.dispatch("guild_chosen", interaction, int(self.item.values[0]))


class TuneAction(StrEnum):
    """Names what a button does to a training or an adapter."""

    START = "start"
    DISCARD = "discard"
    CANCEL = "cancel"
    PROMOTE = "promote"


_TUNE_BUTTON_STYLES = {
    TuneAction.START: (discord.ButtonStyle.success, "▶️"),
    TuneAction.DISCARD: (discord.ButtonStyle.secondary, "🗑️"),
    TuneAction.CANCEL: (discord.ButtonStyle.danger, "⏹️"),
    TuneAction.PROMOTE: (discord.ButtonStyle.danger, "🏆"),
}


class TuneButton(
    discord.ui.DynamicItem[_Button],
    template=rf"tune:(?P<action>{'|'.join(TuneAction)}):(?P<language>en|zh):(?P<subject>[\w-]{{1,64}})",
):
    """Starts, discards or cancels a training by its run's id, or promotes an adapter by its hash."""

    def __init__(self, action: TuneAction, subject: str, language: Language, label: str) -> None:
        style, emoji = _TUNE_BUTTON_STYLES[action]
        custom_id = f"tune:{action}:{language}:{subject}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id, emoji=emoji))
        self.action = action
        self.subject = subject
        self.language = language

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: _Item, match: re.Match[str], /) -> Self:
        """Return the button of a message from its id alone."""
        return cls(TuneAction(match["action"]), match["subject"], Language(match["language"]), "?")

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the press to the cogs."""
        interaction.client.dispatch("tune_pressed", interaction, self.action, self.subject, self.language)


class CancelIngestButton(
    discord.ui.DynamicItem[_Button], template=r"ingest:cancel:(?P<language>en|zh):(?P<job_id>[\w-]{1,64})"
):
    """Cancels an ingestion."""

    def __init__(self, job_id: str, language: Language, label: str) -> None:
        style, custom_id = discord.ButtonStyle.secondary, f"ingest:cancel:{language}:{job_id}"
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=custom_id, emoji="⏹️"))
        self.job_id = job_id
        self.language = language

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: _Item, match: re.Match[str], /) -> Self:
        """Return the button of a message from its id alone."""
        return cls(match["job_id"], Language(match["language"]), "?")

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the press to the cogs."""
        interaction.client.dispatch("ingest_cancelled", interaction, self.job_id)


class SourcesAction(StrEnum):
    """Names what a button does to documents."""

    UNDO = "undo"
    REPLACE = "replace"
    KEEP = "keep"


_SOURCES_EMOJIS = {SourcesAction.UNDO: "↩️", SourcesAction.REPLACE: "🔁", SourcesAction.KEEP: "➕"}


class SourcesButton(
    discord.ui.DynamicItem[_Button],
    template=rf"sources:(?P<action>{'|'.join(SourcesAction)}):(?P<language>en|zh):(?P<subject>[\w-]{{1,64}})",
):
    """Undoes a removal by its id, or replaces or keeps what has the name of a batch's new documents."""

    def __init__(self, action: SourcesAction, subject: str, language: Language, label: str) -> None:
        style, custom_id = discord.ButtonStyle.secondary, f"sources:{action}:{language}:{subject}"
        button = discord.ui.Button[discord.ui.View](
            label=label, style=style, custom_id=custom_id, emoji=_SOURCES_EMOJIS[action]
        )
        super().__init__(button)
        self.action = action
        self.subject = subject
        self.language = language

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: _Item, match: re.Match[str], /) -> Self:
        """Return the button of a message from its id alone."""
        return cls(SourcesAction(match["action"]), match["subject"], Language(match["language"]), "?")

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the press to the cogs."""
        interaction.client.dispatch("sources_pressed", interaction, self.action, self.subject, self.language)


class SourcesSelect(discord.ui.DynamicItem[_Select], template=r"sources:choose"):
    """Asks which documents to remove."""

    def __init__(self, choices: Sequence[tuple[str, str]], label: str) -> None:
        """`choices` are the ids of at most 25 documents with their names."""
        options = [discord.SelectOption(label=name, value=source_id) for source_id, name in choices]
        select = discord.ui.Select[discord.ui.View](
            custom_id="sources:choose", placeholder=label, options=options, max_values=max(1, len(options))
        )
        super().__init__(select)

    @classmethod
    async def from_custom_id(cls, interaction: discord.Interaction, item: _Item, match: re.Match[str], /) -> Self:
        """Return the select of a message from its id alone; its options stay in Discord."""
        return cls([], "?")

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the choice to the cogs."""
        interaction.client.dispatch("sources_chosen", interaction, self.item.values)


_Control = (
    WhyButton
    | PassageButton
    | CorrectButton
    | StopButton
    | GuildSelect
    | TuneButton
    | CancelIngestButton
    | SourcesButton
    | SourcesSelect
)

DYNAMIC_ITEMS = (
    WhyButton,
    PassageButton,
    CorrectButton,
    StopButton,
    GuildSelect,
    TuneButton,
    CancelIngestButton,
    SourcesButton,
    SourcesSelect,
)


def make_view(*items: _Control) -> discord.ui.View:
    """Return a view of these controls, without a timeout."""
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    return view


def undo_button(removal_id: str, language: Language, texts: Texts) -> SourcesButton:
    """Return the button that undoes a removal."""
    return SourcesButton(SourcesAction.UNDO, removal_id, language, texts(language, "sources.undo"))


def namesake_buttons(batch: str, language: Language, texts: Texts) -> list[SourcesButton]:
    """Return the answers to the question whether a batch's documents replace others of their names."""
    return [
        SourcesButton(action, batch, language, texts(language, f"sources.{action}"))
        for action in (SourcesAction.REPLACE, SourcesAction.KEEP)
    ]


def guild_selects(user_id: int, guilds: Sequence[tuple[int, str]], label: str) -> list[GuildSelect]:
    """Return the servers by name, in as many selects as they need, up to the 125 servers that fit into a message."""
    named = sorted(guilds, key=lambda guild: guild[1].casefold())
    pages = [named[start : start + MOST_CHOICES] for start in range(0, len(named), MOST_CHOICES)][:_MOST_SELECTS]
    if len(pages) == 1:
        return [GuildSelect(user_id, named, label)]
    return [
        GuildSelect(user_id, page, f"{label} ({page[0][1][:20]} – {page[-1][1][:20]})", number)
        for number, page in enumerate(pages)
    ]


def find_decision_id(message: discord.Message) -> str | None:
    """Return the id of the decision behind a message of the bot, from its Why button; None if it has none."""
    for row in message.components:
        for item in row.children if isinstance(row, discord.ActionRow) else ():
            custom_id = item.custom_id if isinstance(item, discord.Button) else None
            if custom_id is not None and (found := re.fullmatch(_WHY, custom_id)):
                return found["decision_id"]
    return None
