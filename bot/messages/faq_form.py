"""The form in which a moderator writes a question and its answer.

Edit this file to change the fields of that form.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import discord

from bot.locales import Texts
from chains.types import Language
from knowledge.types import MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, QAPair

_QUESTION_FIELD_CHARS = 4000
"""The characters that Discord accepts in one field; the wordings are checked one by one."""

OnQAPair = Callable[[discord.Interaction, QAPair], Awaitable[None]]


class FaqForm(discord.ui.Modal):
    """Shows two fields, filled in as far as the text fits."""

    def __init__(self, title: str, filled: QAPair, on_pair: OnQAPair, language: Language, texts: Texts) -> None:
        """`title` is a key of the locales. `on_pair` gets the pair as it was written, unchecked."""
        super().__init__(title=texts(language, title), timeout=None)
        self._on_pair = on_pair
        self._question: discord.ui.TextInput[FaqForm] = discord.ui.TextInput(
            custom_id="question",
            style=discord.TextStyle.paragraph,
            default="\n".join(question[:MAX_QUESTION_CHARS] for question in filled.questions)[:_QUESTION_FIELD_CHARS],
            max_length=_QUESTION_FIELD_CHARS,
        )
        self._answer: discord.ui.TextInput[FaqForm] = discord.ui.TextInput(
            custom_id="answer",
            style=discord.TextStyle.paragraph,
            default=filled.answer[:MAX_ANSWER_CHARS],
            max_length=MAX_ANSWER_CHARS,
        )
        for key, field in (("question", self._question), ("answer", self._answer)):
            self.add_item(
                discord.ui.Label(
                    text=texts(language, f"faq.{key}"),
                    description=texts(language, f"faq.{key}_help"),
                    component=field,
                )
            )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Pass the written pair to `on_pair`."""
        await self._on_pair(interaction, QAPair(tuple(self._question.value.split("\n")), self._answer.value))
