"""Parts a message that asks several things into its questions, in English and Chinese.

Edit it for another way of joining questions. A part keeps its words; `needs_subject` says whether it makes sense alone.
"""

from __future__ import annotations

import re

from text.scripts import holds_han

MOST_PARTS = 4
_ASKING = (
    r"(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|may|must|shall|should|will|"
    r"would|has|have|what's|who's|where's|when's|how's|by when|until when|at what|on which|in which|for how|from when)"
)
_ENDS = re.compile(r"(?<=[?？])\s*")
_JOINED = re.compile(
    rf"(?:,|;)?\s+(?:and|but|also|plus)\s+(?:also\s+)?(?={_ASKING}\b)|;\s+(?={_ASKING}\b)", re.IGNORECASE
)
_COMMA = re.compile(rf",\s+(?={_ASKING}\b)", re.IGNORECASE)
_ASKS = re.compile(rf"\b{_ASKING}\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|he|she|him|her|his|there|that|this|those|these|one|ones|so)\b", re.IGNORECASE
)
_CHINESE_JOINED = re.compile(r"[，,；;、]\s*(?:还有|還有|另外|以及|并且|同时|那么?)?|(?:还有|還有|另外|以及)")
_CHINESE_ASKS = re.compile(
    r"什么|什麼|甚麼|多少|几|幾|哪|谁|誰|怎么|怎麼|怎样|怎樣|如何|为何|為何|吗|嗎|是否|是不是|有没有|有沒有|能不能|可不可以|"
    r"要不要|多久|多长|多大|多远|何时|何時"
)
_CHINESE_SUBJECT = re.compile(r"^(.{2,12}?)(?:在|是|有|从|由|几|什么|多少|哪|谁|要|的|能|可|什麼|怎)")


def question_parts(message: str) -> list[str]:
    """Return the questions that a message asks, in order; the message alone where it asks one."""
    sentences = [part.strip() for part in _ENDS.split(message) if part.strip()]
    found: list[str] = []
    for sentence in sentences:
        found += _chinese_parts(sentence) if holds_han(sentence) else _english_parts(sentence)
    # What states something, such as "I lost my key.", belongs to the question after it.
    parts: list[str] = []
    before = ""
    for part in found:
        if _is_question(part):
            parts.append(f"{before} {part}".strip())
            before = ""
        else:
            before = f"{before} {part}".strip()
    if before and parts:
        parts[-1] = f"{parts[-1]} {before}"
    return parts if 1 < len(parts) <= MOST_PARTS else [message]


def needs_subject(part: str) -> bool:
    """Return whether a part can't be understood without the one before it."""
    if holds_han(part):
        return _CHINESE_SUBJECT.match(part) is None or re.match(r"^(?:它|他|她|那|这|這|其)", part) is not None
    return _PRONOUN.search(part) is not None or len(part.split()) <= 3


def with_subject(question: str, before: str) -> str:
    """Return a question that can't be understood alone behind the one that was asked before it."""
    return f"{before} {question}" if before else question


def _is_question(part: str) -> bool:
    return part.endswith(("?", "？")) or bool((_CHINESE_ASKS if holds_han(part) else _ASKS).search(part))


def _english_parts(sentence: str) -> list[str]:
    if not sentence.endswith("?") and not _ASKS.match(sentence):
        return [sentence]
    parts = _JOINED.split(sentence)
    if len(parts) > 1:
        parts = [piece for part in parts for piece in _COMMA.split(part)]
    whole = [part for part in parts if part.strip()]
    # "Who and where?" can't be asked one by one, nor can what begins with a condition: "if I …, do I …?"
    if any(len(part.split()) < 2 for part in whole) or not _ASKS.match(whole[0]):
        return [sentence]
    return [part.rstrip("?,; ") + "?" for part in whole]


def _chinese_parts(sentence: str) -> list[str]:
    pieces = [piece for piece in _CHINESE_JOINED.split(sentence.rstrip("?？")) if piece.strip()]
    parts: list[str] = []
    for piece in pieces:
        if parts and not (_CHINESE_ASKS.search(parts[-1]) and _CHINESE_ASKS.search(piece)):
            parts[-1] = f"{parts[-1]}，{piece}"
        else:
            parts.append(piece)
    return [f"{part}？" for part in parts] if sentence.endswith(("?", "？")) or len(parts) > 1 else [sentence]
