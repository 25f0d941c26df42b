"""Which of the bot's two languages a text is written in. Knows nothing of what the text means."""

from __future__ import annotations

import unicodedata

from chains.types import Language

# A Chinese sentence often names things in Latin letters ("怎么用 GitHub 登录 Discord"), and a character carries
# about as much as three letters do: so a quarter of the letters is enough.
_HAN_SHARE = 0.25


def detect(text: str) -> Language:
    """Chinese where at least a quarter of the letters are Han characters, else English."""
    letters = [char for char in text if char.isalpha()]
    han = sum(1 for char in letters if unicodedata.name(char, "").startswith("CJK UNIFIED"))
    return Language.ZH if letters and han / len(letters) >= _HAN_SHARE else Language.EN
