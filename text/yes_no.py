"""Recognises questions that ask for yes or no, in English and Chinese. Edit it for another way of asking so."""

from __future__ import annotations

import re

_AUXILIARY = (
    "is|are|was|were|am|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had|need|"
    "isn't|aren't|wasn't|weren't|don't|doesn't|didn't|can't|cannot|couldn't|mustn't|shouldn't|won't|wouldn't|hasn't|"
    "haven't|needn't"
)
_LEAD = r"(?:(?:so|and|but|ok(?:ay)?|well|then|just to be sure|is it true that|if [^,?]{3,60}),?\s+)*"
_ENGLISH = re.compile(rf"^\W*{_LEAD}(?:{_AUXILIARY})\b(?!\s+you\s+(?:please\s+)?(?:tell|say|explain|show|list|give)\b)")
_SUBJECT = "i|you|we|they|he|she|it|there|the|a|an|my|our"
_LAST_ENGLISH = re.compile(rf"(?:^|[,.;!?]\s+)(?:{_AUXILIARY})\s+(?:{_SUBJECT})\b[^?]*\?$")
_ALTERNATIVE = re.compile(r"\bor\b(?!\s+not\b)")
_ASKED_FOR = re.compile(r"\b(?:who|whom|whose|what|which|when|where|why|how)\b")
_CHINESE = re.compile(
    r"[吗嗎么麼][?？。!！\s]*$|是否|是不是|有没有|有沒有|能不能|可不可以|会不会|會不會|要不要|行不行|对不对|對不對|能否|可否|"
    r"(\w)不\1"
)
_CHINESE_ASKED_FOR = re.compile(r"什么|什麼|甚麼|多少|几|幾|哪|谁|誰|怎么|怎麼|怎样|怎樣|为何|為何|如何|还是|還是")


def asks_yes_or_no(question: str) -> bool:
    """Return whether "yes" or "no" would begin a natural answer; not where one of two things is to be chosen."""
    text = question.strip().casefold().replace("’", "'")
    if _CHINESE.search(text):
        return not _CHINESE_ASKED_FOR.search(text)
    if _ALTERNATIVE.search(text):
        return False
    if _ENGLISH.match(text):
        return True
    return _ASKED_FOR.search(text) is None and _LAST_ENGLISH.search(text) is not None
