"""Question and answer pairs: what is valid in one, when two ask the same, and the document that stores one.

A pair is a document of the format `qa`: JSON under a name made from its first question. Edit it for how questions are
normalised and checked.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.errors import DocumentError, QAPairError, QAPairProblem, Reason
from knowledge.types import MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, MAX_WORDINGS, QA, QAPair
from text.file_names import safe_name
from text.normalization import normalized
from text.scripts import CJK
from text.simplified import simplified
from text.words import fold

_NAME_CHARS = 80
_HASH_CHARS = 8
_BETWEEN_CJK = re.compile(f"(?<=[{CJK}]) (?=[{CJK}])")
_EDGE_SIGNS = "\"'`´*_~|<>()[]{}.,;:!?…-"
"""Signs that may surround a word without changing it; within a word they count, as in `discord.py` or `c#`."""


_DIRECTION_CHARS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_INVISIBLE_CHARS = "`~|<>^\u115f\u1160\u2800\u3164\uffa0"
"""Characters that are letters or symbols by category, but show nothing."""


class _QAPairFile(BaseModel):
    """Validates the bytes of a pair's document."""

    model_config = ConfigDict(extra="forbid")

    questions: list[str]
    answer: str


def checked_pair(questions: Iterable[str], answer: str) -> QAPair:
    """Return the pair without invisible characters, each wording on one line and once. Raises QAPairError."""
    wordings: dict[str, str] = {}
    for question in questions:
        line = " ".join(_without_hidden_chars(question).split())
        if not line:
            continue
        if not normal_question(line):
            raise QAPairError(QAPairProblem.QUESTION_EMPTY)
        if len(line) > MAX_QUESTION_CHARS:
            raise QAPairError(QAPairProblem.QUESTION_TOO_LONG, len(line), MAX_QUESTION_CHARS)
        wordings.setdefault(normal_question(line), line)
    if not wordings:
        raise QAPairError(QAPairProblem.QUESTION_EMPTY)
    if len(wordings) > MAX_WORDINGS:
        raise QAPairError(QAPairProblem.TOO_MANY_WORDINGS, len(wordings), MAX_WORDINGS)
    text = _without_hidden_chars(answer).strip()
    if not _is_visible(text):
        raise QAPairError(QAPairProblem.ANSWER_EMPTY)
    if len(text) > MAX_ANSWER_CHARS:
        raise QAPairError(QAPairProblem.ANSWER_TOO_LONG, len(text), MAX_ANSWER_CHARS)
    return QAPair(tuple(wordings.values()), text)


def normal_question(question: str) -> str:
    """Return a question without case, spaces and edge punctuation, so that equal wordings compare equal.

    It is empty if the question has neither a letter nor a digit.
    """
    parted = "".join(" " if _separates_words(char) else char for char in question if unicodedata.category(char) != "Cf")
    normal_form = normalized("NFKC", fold(parted))
    words = (word.strip(_EDGE_SIGNS) for word in normal_form.split())
    normal = _BETWEEN_CJK.sub("", " ".join(word for word in words if word))
    return normal if any(char.isalnum() for char in normal) else ""


def question_key(question: str) -> str:
    """Return a hash of the normalised question, the same for simplified and traditional characters."""
    return hashlib.sha256(simplified(normal_question(question)).encode()).hexdigest()


def pair_name(pair: QAPair) -> str:
    """Return the document's name, made from its first normalised question: the same question has the same name."""
    normal = normal_question(pair.questions[0])
    kept = safe_name(normal)[:_NAME_CHARS].rstrip(" .-_")
    distinction = "" if kept == normal else f" {question_key(pair.questions[0])[:_HASH_CHARS]}"
    return f"{kept}{distinction}.{QA}"


def pair_bytes(pair: QAPair) -> bytes:
    """Return the bytes of the pair's document."""
    return _QAPairFile(questions=list(pair.questions), answer=pair.answer).model_dump_json().encode()


def read_qa_pair(data: bytes, name: str) -> QAPair:
    """Return the pair that a document stores. Raises DocumentError."""
    try:
        written = _QAPairFile.model_validate_json(data)
        return checked_pair(written.questions, written.answer)
    except (ValidationError, QAPairError) as error:
        raise DocumentError(Reason.CORRUPT, f"{name}: this is not a question with its answer") from error


def heading_of(questions: Iterable[str]) -> str:
    """Return a pair's wordings as the heading of its passage."""
    return "\n".join(questions)


def questions_of(heading: str | None) -> tuple[str, ...]:
    """Return the wordings that `heading_of` put into a heading."""
    return tuple((heading or "").split("\n"))


def _without_hidden_chars(text: str) -> str:
    """Return the text without control characters, lone surrogates and direction marks."""
    whole = normalized("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    lines = whole.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in lines if char in "\n\t" or not _is_hidden(char))


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Co", "Cn"} or char in _DIRECTION_CHARS


def _is_visible(text: str) -> bool:
    """Return whether any of it can be seen: not only spaces, joiners and Markdown signs."""
    return any(unicodedata.category(char)[0] in "LNS" for char in text if char not in _INVISIBLE_CHARS)


def _separates_words(char: str) -> bool:
    """Return whether the character only separates words: a space, or Chinese punctuation, which has no spaces."""
    return char.isspace() or char in "，。？！、；：「」『』（）《》【】“”‘’…—·"
