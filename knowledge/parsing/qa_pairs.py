"""Question and answer pairs as a moderator writes them: what may stand in one, and when two ask the same. Pure.

A pair is a document of its own kind, `qa`: JSON under a name that is made of its first question.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.errors import DocumentError, QAPairError, QAPairProblem, Reason
from knowledge.types import MAX_ANSWER_CHARS, MAX_QUESTION_CHARS, MAX_WORDINGS, QAPair
from text.file_names import safe_name
from text.scripts import CJK
from text.simplified import simplified
from text.words import fold

QA = "qa"
"""The medium of a pair, and the suffix of its name."""

_NAME_CHARS = 80
_HASH_CHARS = 8
_BETWEEN_CJK = re.compile(f"(?<=[{CJK}]) (?=[{CJK}])")
_EDGE = "\"'`´*_~|<>()[]{}.,;:!?…-"
"""What may stand around a word without changing it; within one it stays, as in `discord.py` or `c#`."""


_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_BLANK = "`~|<>^\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols by their category, of which nothing is seen."""


class _Written(BaseModel):
    """A pair as the bytes of its document."""

    model_config = ConfigDict(extra="forbid")

    questions: list[str]
    answer: str


def checked_pair(questions: Iterable[str], answer: str) -> QAPair:
    """The pair without what cannot be seen, each wording on a line and once. Raises PairError."""
    wordings: dict[str, str] = {}
    for question in questions:
        line = " ".join(_clean(question).split())
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
    text = _clean(answer).strip()
    if not _shows(text):
        raise QAPairError(QAPairProblem.ANSWER_EMPTY)
    if len(text) > MAX_ANSWER_CHARS:
        raise QAPairError(QAPairProblem.ANSWER_TOO_LONG, len(text), MAX_ANSWER_CHARS)
    return QAPair(tuple(wordings.values()), text)


def normal_question(question: str) -> str:
    """What is left of a question without case, spaces and what ends a sentence: alike where two ask the same words.

    Empty where it has neither letter nor digit.
    """
    parted = "".join(" " if _parts(char) else char for char in question if unicodedata.category(char) != "Cf")
    normal_form = unicodedata.normalize("NFKC", fold(parted))
    words = (word.strip(_EDGE) for word in normal_form.split())
    normal = _BETWEEN_CJK.sub("", " ".join(word for word in words if word))
    return normal if any(char.isalnum() for char in normal) else ""


def question_key(question: str) -> str:
    """A hash by which the same question is found again, in simplified or traditional characters."""
    return hashlib.sha256(simplified(normal_question(question)).encode()).hexdigest()


def pair_name(pair: QAPair) -> str:
    """The document's name: its first question in its normal form, so that the same question has the same name."""
    normal = normal_question(pair.questions[0])
    kept = safe_name(normal)[:_NAME_CHARS].rstrip(" .-_")
    told_apart = "" if kept == normal else f" {question_key(pair.questions[0])[:_HASH_CHARS]}"
    return f"{kept}{told_apart}.{QA}"


def pair_bytes(pair: QAPair) -> bytes:
    """The document."""
    return _Written(questions=list(pair.questions), answer=pair.answer).model_dump_json().encode()


def read_qa_pair(data: bytes, name: str) -> QAPair:
    """The pair of a document. Raises DocumentError."""
    try:
        written = _Written.model_validate_json(data)
        return checked_pair(written.questions, written.answer)
    except (ValidationError, QAPairError) as error:
        raise DocumentError(Reason.CORRUPT, f"{name}: this is not a question with its answer") from error


def heading_of(questions: Iterable[str]) -> str:
    """A pair's wordings as the heading of its passage."""
    return "\n".join(questions)


def questions_of(heading: str | None) -> tuple[str, ...]:
    """The inverse of `heading_of`."""
    return tuple((heading or "").split("\n"))


def _clean(text: str) -> str:
    """Without control characters, lone surrogates and what turns the direction of writing."""
    whole = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    lines = whole.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in lines if char in "\n\t" or not _is_hidden(char))


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Co", "Cn"} or char in _TURNING


def _shows(text: str) -> bool:
    """Whether anything of it can be seen: not only spaces, joiners and Markdown's own signs."""
    return any(unicodedata.category(char)[0] in "LNS" for char in text if char not in _BLANK)


def _parts(char: str) -> bool:
    """Whether it only parts words: spaces, and the punctuation of Chinese, which stands without any."""
    return char.isspace() or char in "，。？！、；：「」『』（）《》【】“”‘’…—·"
