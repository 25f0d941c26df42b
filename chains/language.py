"""Which of the bot's two languages a text is answered in."""

from __future__ import annotations

from chains.types import Language
from text.scripts import is_chinese


def detect(text: str) -> Language:
    """Chinese where at least a quarter of the letters are Chinese characters, otherwise English."""
    return Language.ZH if is_chinese(text) else Language.EN
