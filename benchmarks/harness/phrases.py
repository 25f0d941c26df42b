"""Finds phrases in answers, in English and in Chinese. Edit it to change what counts as the same wording.

A phrase in slashes is a regular expression for the folded text. Any other phrase stands in a text as whole words:
neither case, punctuation nor spaces count, a number is never found inside a longer one, and a Chinese numeral is one
word ("七" isn't in "十七").
"""

from __future__ import annotations

import re
from functools import lru_cache

from text.scripts import CJK
from text.words import expand_contractions, fold

_NUMERALS = "零〇一二两三四五六七八九十百千万"
_WORD = re.compile(
    # The day in 周六 and 星期六 is no part of a numeral behind it: 周六十点 is ten o'clock.
    rf"(?<=[周期拜])[一二三四五六]|[{_NUMERALS}]+|\d+|[£%]|[{CJK}]|[^\W\d_{CJK}]+"
)
_MARKS = re.compile(r"\[\d{1,2}\]|[*`_]")
"""Citations, and Markdown's marks for bold, italics and code."""
_OPENING = re.compile(r"^[^\w£]+")
_IRREGULAR = ((re.compile(r"\bcan['’]t\b"), "cannot"), (re.compile(r"\bwon['’]t\b"), "will not"))

_SAID = "mentioned|stated|specified|given|provided|included|listed|named|said|told|covered|documented|known|determined"
_SAY = "say|mention|state|specify|tell|name|list|give|contain|include|answer|cover|provide"
_PAPERS = "documents?|handbook|passages?|texts?|sources?|pages?|information"
_MISSING = re.compile(
    rf"\b(?<!if this )(?:{_PAPERS}) (?:(?:do|does|did) not|never) (?:{_SAY})\b"
    r"|\b(?:do|does|did) not (?:mention|specify|state)\b"
    rf"|\bnot (?:been |be |explicitly |directly )?(?:{_SAID})\b"
    rf"|\bnot (?:in|part of|among) (?:(?:the|these|those|my|your|our|any) )?(?:{_PAPERS})\b"
    r"|\b(?:can|could|did|do) not (?:find|answer|tell|determine|know)\b"
    r"|\bno (?:information|mention|details?|passages?|documents?)\b"
    rf"|\bnothing (?:in (?:the|my|our) (?:{_PAPERS})|about)\b"
    rf"|\b(?:says?|said|found) nothing\b|\bnone of the (?:{_PAPERS})\b|\bunknown\b"
    r"|没有?(?:任何)?(?:提到|提及|提供|说明|说|给出|写|找到|列出|记载|记录|相关|关于|信息|资料)"
    r"|未(?:提到|提及|提供|说明|给出|注明|找到|列出|写明)|找不到(?!答案的问题)|查不到|不在(?:这些|这份|任何)?(?:文档|手册|资料|文件)"
    r"|(?:文档|手册|资料|文件|文中)(?:里|中|上)?(?:也|都|并|还)?(?:没|未)"
    r"|(?:无法|不能)(?:回答|确定|得知|判断)|不得而知|不知道"
)


@lru_cache(maxsize=10_000)
def folded(text: str) -> str:
    """Return what regular expressions search: case-folded and on one line, without citations and Markdown's marks.

    Full-width punctuation becomes ASCII, contractions of "not" are written out, and what stands before the first word
    is left out, so that `^no` finds "**No**, …".
    """
    plain = fold(_MARKS.sub("", text))
    for contracted, whole in _IRREGULAR:
        plain = contracted.sub(whole, plain)
    return _OPENING.sub("", " ".join(expand_contractions(plain).split()))


def holds(text: str, phrase: str) -> bool:
    """Return whether the phrase stands in the text."""
    if (pattern := regular_expression(phrase)) is not None:
        return pattern.search(folded(text)) is not None
    return f" {_words(phrase)} " in f" {_words(text)} "


@lru_cache(maxsize=10_000)
def regular_expression(phrase: str) -> re.Pattern[str] | None:
    """Return the regular expression between slashes; None where the phrase is plain. Raises ValueError: it is none."""
    if len(phrase) <= 2 or not phrase[0] == phrase[-1] == "/":
        return None
    try:
        return re.compile(phrase[1:-1])
    except re.error as error:
        raise ValueError(f"{phrase} is no regular expression: {error}") from error


def says_missing(text: str) -> bool:
    """Return whether the text says that something isn't in the documents."""
    return _MISSING.search(folded(text)) is not None


@lru_cache(maxsize=10_000)
def _words(text: str) -> str:
    return " ".join(_WORD.findall(folded(text)))
