"""What a creative text is to be about: the part of the wish that is worth searching for.

"Write me a short poem about our boats" finds pages on writing and on short things. Edit this file for another way in
which people name what they want a text about.
"""

from __future__ import annotations

import re

from chains.types import Language

_SUBJECTS = {
    Language.EN: (
        re.compile(
            r"\b(?:about|on|for|of|to|introducing|announcing|inviting|reminding|thanking|telling)\b\s+(.+)", re.I
        ),
    ),
    Language.ZH: (
        re.compile(r"(?:关于|關於|有关|以)(.+?)(?:为题|為題|的[^的，,]{1,5})?[。！？!?]?$"),
        re.compile(r"(?:介绍|介紹|夸夸|描写|歌颂|祝贺|提醒)(?:一下)?(.+?)(?:的[^的，,]{1,5})?[。！？!?]?$"),
        re.compile(r"给(.+?)(?:写|编|做)"),
        re.compile(r"(?:写|寫|编|做|来)(?:个|個|一个|一首|一段|一封|一份|一篇|点)?(.+?)的[^的，,]{1,5}[。！？!?]?$"),
    ),
}


def subject_of(wish: str, language: Language) -> str | None:
    """Return what the text is to be about; None if the wish doesn't say so in a known way."""
    found = (pattern.search(wish) for pattern in _SUBJECTS[language])
    return next((match[1].strip(" .!?。！？") for match in found if match is not None), None) or None
