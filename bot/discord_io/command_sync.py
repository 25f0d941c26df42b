"""Syncs the commands with Discord, in both languages, and only when they have changed: Discord limits the syncs.

Edit this file to change how command descriptions are translated or synced.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from pathlib import Path

import discord
from discord import app_commands

from bot.locales import Texts, is_chinese
from bot.transport_errors import retry_transient
from chains.types import Language
from storage.atomic_write import write_whole

_log = logging.getLogger(__name__)


class CommandTranslator(app_commands.Translator):
    """Translates the descriptions of commands from English to Chinese."""

    def __init__(self, texts: Texts) -> None:
        keys = [key for key in texts.keys(Language.EN) if key.startswith("commands.")]
        self._chinese = {texts(Language.EN, key): texts(Language.ZH, key) for key in keys}

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return the Chinese text, or None to keep the English one."""
        return self._chinese.get(string.message) if is_chinese(locale) else None


async def sync_if_changed(tree: app_commands.CommandTree[discord.Client], record: Path | None) -> None:
    """Sync the tree unless `record` has the hash of the same commands; None always syncs."""
    translator = tree.translator
    commands = tree.get_commands()
    payloads = [
        command.to_dict(tree) if translator is None else await command.get_translated_payload(tree, translator)
        for command in commands
    ]
    text = json.dumps([tree.client.application_id, payloads], sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode()).hexdigest()
    if record is not None and await asyncio.to_thread(_read_digest, record) == digest:
        return
    await retry_transient(tree.sync)
    _log.info("synced %d commands with Discord", len(commands))
    if record is not None:
        await asyncio.to_thread(_write_digest, record, digest)


def _read_digest(record: Path) -> str:
    """Return the stored hash, or whatever else a crash left there."""
    return record.read_text("utf-8", errors="replace") if record.exists() else ""


def _write_digest(record: Path, digest: str) -> None:
    record.parent.mkdir(parents=True, exist_ok=True)
    write_whole(record, digest.encode())
