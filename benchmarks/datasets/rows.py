"""Reads the JSON lines of data sets, public ones and our own; each line is checked against a model of its row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

from benchmarks.harness.phrases import regular_expression

_FOLDER = Path(__file__).parent
OWN_QUESTIONS = _FOLDER / "question_kinds" / "questions.jsonl"
BOT_TOPICS = _FOLDER / "bot_topics" / "questions.jsonl"
SAME_QUESTIONS = _FOLDER / "same_questions" / "questions.jsonl"
ASKED_QUESTIONS = _FOLDER / "asked_questions" / "questions.jsonl"
FASTAPI_QUESTIONS = _FOLDER / "fastapi_questions" / "questions.jsonl"
HANDBOOK_ANSWERS = _FOLDER / "handbook_answers" / "questions.jsonl"
SECOND_HANDBOOK = _FOLDER / "second_handbook"
COMMUNITY_DEVELOPMENT = _FOLDER / "community_development"
COMMUNITY_TRAINING = _FOLDER / "community_training"


_PhrasesT = TypeVar("_PhrasesT", tuple[str, ...], tuple[tuple[str, ...], ...])


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


class DocumentRow(_Row):
    """A document of a docs.jsonl."""

    id: str
    lang: str
    title: str
    text: str
    key: str = ""
    """The page, where a document exists in several languages."""


class TurnRow(_Row):
    """What one side of a conversation said."""

    text: str
    role: str = ""
    kb: tuple[tuple[str, ...], ...] = ()
    """The facts behind it (kdconv): subject, predicate, object."""


class QuestionRow(_Row):
    """A question of a qa.jsonl."""

    question: str
    lang: str = ""
    answers: tuple[str, ...] | None = None
    doc_ids: tuple[str, ...] = ()
    turns: tuple[TurnRow, ...] = ()


class ConversationRow(_Row):
    """A whole conversation of kdconv, in which both sides take turns."""

    turns: tuple[TurnRow, ...]


class ReadingRow(_Row):
    """A question on one paragraph of an article (squad)."""

    title: str
    context: str
    question: str
    answerable: bool


class ReadingSetRow(_Row):
    """A row of a set to train the reader on: a question, or a claim, on a passage."""

    title: str = ""
    context: str
    question: str | None = None
    answers: tuple[str, ...] = ()
    """Exact parts of the context; `yes` or `no` where `kind` is `yesno`."""
    answerable: bool = True
    kind: str = "span"
    claim: str | None = None
    label: str | None = None
    """Of a claim: supported, contradicted or neither."""


class LabelledRow(_Row):
    """A message with its label."""

    question: str
    label: str


class AskedQuestionRow(_Row):
    """A question as a person asks it, and where the handbook answers it (asked_questions/README.md)."""

    id: str
    lang: str
    style: str
    """What stands between the question and its passage."""
    question: str
    file: str
    words: str
    """Words of the passage that answers it."""


class OwnQuestionRow(_Row):
    """A message of our own, and what kind of thing it asks for (question_kinds/README.md)."""

    lang: str
    text: str
    kind: str
    family: str
    split: str

    @property
    def is_held_out(self) -> bool:
        """Whether nothing may be fitted on it."""
        return self.split == "held_out"


class TopicRow(_Row):
    """A question of our own about the bot, or one that only sounds like it (bot_topics/README.md)."""

    lang: str
    text: str
    topic: str
    family: str
    split: str

    @property
    def is_held_out(self) -> bool:
        """Whether nothing may be fitted on it."""
        return self.split == "held_out"

    @property
    def kind(self) -> str:
        """What it asks for, as `OwnQuestionRow` names it: some only sound like questions about the bot."""
        return {"other": "facts", "talk": "small_talk"}.get(self.topic, "about_bot")


class SameQuestionRow(_Row):
    """A question of our own, with rewordings of it and questions that miss it by a word (same_questions/README.md)."""

    lang: str
    asked: str
    same: tuple[str, ...]
    other: tuple[str, ...]


class EarlierTurnRow(_Row):
    """A question and its answer, earlier in a conversation."""

    question: str
    answer: str


class GoldRow(_Row):
    """A sentence or a line of a table that holds an answer or a part of it, word for word."""

    file: str
    text: str


class CommunityQuestionRow(_Row):
    """A question to an invented community (community_development and community_training have a README each)."""

    id: str
    lang: str
    kind: Literal["same_language", "across_languages", "third_language", "close", "off_topic"]
    question: str
    answerable: bool
    gold: tuple[GoldRow, ...]
    """All places that hold the answer; empty where none does."""
    near: tuple[GoldRow, ...] = ()
    """Sentences that look like the answer and are not."""
    says: Literal["yes", "no"] | None = None
    """What the documents say to a question that asks for either."""
    premise: Literal["false"] | None = None
    """Whether it takes for granted what its `gold` denies."""
    before: str = ""
    """What was asked just before, without which the question can't be understood."""
    needs: Literal["both"] | None = None
    """Whether only all sentences of `gold` together answer."""


class CommunityClaimRow(_Row):
    """A statement on a sentence of a page of an invented community (community_training/README.md)."""

    file: str
    text: str
    claim: str
    label: Literal["supported", "contradicted", "neither"]


class CheckedQuestionRow(_Row):
    """A question with what a right answer says and what only a wrong one says (handbook_answers/README.md)."""

    id: str
    lang: str
    kind: str
    split: Literal["development", "report"]
    question: str
    history: tuple[EarlierTurnRow, ...] = ()
    """Oldest first."""
    must: tuple[tuple[str, ...], ...]
    """Of each group one phrase stands in a right answer (benchmarks/harness/phrases.py)."""
    must_not: tuple[str, ...]
    """Phrases that only a wrong or opposite answer holds."""
    answerable: Literal["part"] | bool
    """Whether the documents answer it; `part`: some of it, and a right answer says what is missing."""
    example: str = ""
    """A right answer in free words, which tells whether the phrases are too narrow."""
    gold: tuple[GoldRow, ...]
    """All places that hold the answer; empty where none does."""

    @field_validator("must", "must_not")
    @classmethod
    def _compile(cls, phrases: _PhrasesT) -> _PhrasesT:
        for each in phrases:
            for phrase in (each,) if isinstance(each, str) else each:
                regular_expression(phrase)
        return phrases


RowT = TypeVar("RowT", bound=_Row)


def read_rows(path: Path, row: type[RowT]) -> Iterator[RowT]:
    """Yield the file's lines, in order. Raises pydantic's ValidationError: a line is no such row."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield row.model_validate_json(line)


def own_questions() -> list[OwnQuestionRow]:
    """Return all messages of our own, of every kind and both languages."""
    return list(read_rows(OWN_QUESTIONS, OwnQuestionRow))


def bot_questions() -> list[TopicRow]:
    """Return all questions of our own about the bot or that sound like it, of every topic and both languages."""
    return list(read_rows(BOT_TOPICS, TopicRow))
