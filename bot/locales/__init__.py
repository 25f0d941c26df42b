"""All sentences that members read, in both languages, and which language a member uses.

Edit this file to add a language; the sentences are in `en.toml` and `zh.toml`.
"""

from __future__ import annotations

import string
import tomllib
from importlib import resources

import discord

from chains.types import Language
from text.plurals import fill

_Table = dict[str, str]


class Texts:
    """Keeps the sentences, by language and key; a key is `chapter.name`."""

    def __init__(self, tables: dict[Language, _Table]) -> None:
        self._tables = tables

    def __call__(self, language: Language, key: str, /, **values: object) -> str:
        """Return the sentence with `values` filled in, whatever their names: they may be an error's attributes."""
        return fill(self._tables[language][key], **values)

    def has(self, key: str) -> bool:
        """Return whether there is such a sentence."""
        return key in self._tables[Language.EN]

    def keys(self, language: Language) -> frozenset[str]:
        """Return all keys of a language."""
        return frozenset(self._tables[language])

    def fields(self, language: Language, key: str) -> frozenset[str]:
        """Return the names of the values that a sentence needs."""
        parsed = string.Formatter().parse(self._tables[language][key])
        return frozenset(name for _, name, _, _ in parsed if name)


def load_texts() -> Texts:
    """Load the sentences that ship with the package."""
    return Texts({language: _load(language) for language in Language})


def language_of(interaction: discord.Interaction) -> Language:
    """Return the language in which the member uses Discord."""
    return Language.ZH if is_chinese(interaction.locale) else Language.EN


def language_of_guild(guild: discord.Guild) -> Language:
    """Return the language that a server is kept in, for those whose own is not known."""
    return Language.ZH if is_chinese(guild.preferred_locale) else Language.EN


def is_chinese(locale: discord.Locale) -> bool:
    """Return whether Discord is shown in Chinese, simplified or traditional."""
    return locale in {discord.Locale.chinese, discord.Locale.taiwan_chinese}


def _load(language: Language) -> _Table:
    chapters = tomllib.loads(resources.files("bot.locales").joinpath(f"{language}.toml").read_text("utf-8"))
    return {f"{chapter}.{name}": text for chapter, texts in chapters.items() for name, text in texts.items()}
