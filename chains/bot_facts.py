"""What the bot says about itself: a record of facts, and the sentences that are filled with them. No model writes here.

Edit this file to let the bot say something more about itself; the sentences stand in bot_facts_en.toml and
bot_facts_zh.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources

from chains.types import AskedIn, BotTopic, Language, Question, Right
from text.plurals import fill

_MOST_NAMED = 8
"""The documents that are named in an answer; a moderator can list all of them."""


@dataclass(frozen=True, slots=True)
class DocumentFact:
    """Describes a document that the answer may name."""

    name: str
    as_of: date
    """The date that the document gives itself, or else that of its ingestion."""


@dataclass(frozen=True, slots=True)
class ModelFact:
    """Describes a model that works for the bot."""

    title: str
    """Its name, for people."""
    is_external: bool
    """Whether text leaves this machine for it."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Describes the models that work for the bot, which stay the same until it restarts."""

    chat: ModelFact
    chat_quality: str
    """The key of the sentence that says how good the chat model is."""
    search: ModelFact
    reranker: str | None

    @property
    def external(self) -> tuple[str, ...]:
        """Return the models to which text leaves this machine."""
        return tuple(dict.fromkeys(model.title for model in (self.chat, self.search) if model.is_external))


@dataclass(frozen=True, slots=True)
class TunedFact:
    """Describes a tuned model that answers here."""

    skill: str
    base: str
    """The name of the model that it was tuned from."""
    held_out_score: float
    """0 to 1, on examples that it was not trained on."""
    base_score: float


@dataclass(frozen=True, slots=True)
class BotFacts:
    """Holds what is true of the bot at one moment, for those who will read the answer."""

    documents: tuple[DocumentFact, ...]
    """Those that everyone who will read the answer may read, the latest first."""
    passage_count: int
    moderators_answers: int
    """How many answers by moderators may be given here."""
    models: ModelFacts
    tuned: tuple[TunedFact, ...]
    seconds_p50: float | None
    """How long half of the answers from documents take at most; None: too few were given."""
    kept_days: int
    """How long the record of a decision is kept."""
    formats: str
    """The names of the formats that can be added, as a list in the question's language."""


class SelfDescription:
    """Puts facts about the bot into sentences."""

    def __init__(self) -> None:
        self._wording = {language: _load_wording(language) for language in Language}

    def describe(self, topic: BotTopic, facts: BotFacts, question: Question) -> str:
        """Return what is to be said about `topic`, all of it taken from `facts`.

        Raises:
            ValueError: for `BotTopic.WHY`, which is answered from a decision's record instead.
        """
        page = _Page(self._wording[question.language], facts, question)
        match topic:
            case BotTopic.DOCUMENTS:
                lines = page.documents()
            case BotTopic.MODELS:
                lines = page.models()
            case BotTopic.ABILITIES:
                lines = page.abilities()
            case BotTopic.PRIVACY:
                lines = page.privacy()
            case BotTopic.GENERAL:
                lines = page.general()
            case BotTopic.WHY:
                raise ValueError("why the bot answered as it did stands in the record of that answer")
        return "\n".join(lines)

    def quality(self, chat_quality: str, language: Language) -> str:
        """Return how good the chat model is; `chat_quality` is a model's key of the sentences."""
        return self._wording[language]["quality"][chat_quality]

    def why(self, record: str, language: Language) -> str:
        """Return why the last answer was given: `record` are the lines of its explanation."""
        wording = self._wording[language]["why"]
        return "\n".join([wording["last"], record, wording["rest"]])

    def why_unknown(self, reason: str, language: Language) -> str:
        """Return how the bot decides, and for which `reason` it doesn't tell why it answered as it did.

        `reason` is `none`, `not_yours` or `gone`.
        """
        wording = self._wording[language]["why"]
        return "\n".join([wording[reason], wording["in_general"]])


class _Page:
    """Fills the sentences of one answer."""

    def __init__(self, wording: dict[str, dict[str, str]], facts: BotFacts, question: Question) -> None:
        self._wording = wording
        self._facts = facts
        self._question = question

    def documents(self) -> list[str]:
        """Return which documents may be used, the latest by name."""
        documents = self._facts.documents
        answers = self._say("documents", "answers", count=self._facts.moderators_answers)
        if not documents:
            lines = [self._say("documents", f"none_{self._readers}")]
            return [*lines, answers] if self._facts.moderators_answers else lines
        dates = sorted(document.as_of for document in documents)
        lines = [
            self._say(
                "documents", f"some_{self._readers}", count=len(documents), passages=f"{self._facts.passage_count:,}"
            ),
            *(
                self._say("documents", "line", name=_as_code(document.name), day=document.as_of.isoformat())
                for document in documents[:_MOST_NAMED]
            ),
        ]
        if len(documents) > _MOST_NAMED:
            lines.append(self._say("documents", "more", count=len(documents) - _MOST_NAMED))
        if len(documents) > 1:
            key = "one_day" if dates[0] == dates[-1] else "dates"
            lines.append(self._say("documents", key, oldest=dates[0].isoformat(), newest=dates[-1].isoformat()))
        if self._facts.moderators_answers:
            lines.append(answers)
        return lines

    def models(self) -> list[str]:
        """Return which models run, where they do, how good they are and how fast."""
        facts, models = self._facts, self._facts.models
        lines = [
            self._model("chat", models.chat),
            self._say("quality", models.chat_quality),
            self._model("search", models.search),
        ]
        if models.reranker is not None:
            lines.append(self._say("models", "reranker", model=models.reranker))
        if not facts.tuned:
            lines.append(self._say("models", "no_tuned"))
        lines += [
            self._say(
                "models",
                "tuned",
                skill=_as_code(each.skill),
                base=each.base,
                score=f"{each.held_out_score:.0%}",
                base_score=f"{each.base_score:.0%}",
            )
            for each in facts.tuned
        ]
        if facts.seconds_p50 is not None:
            lines.append(self._say("models", "speed", seconds=f"{facts.seconds_p50:.1f}"))
        return lines

    def abilities(self) -> list[str]:
        """Return what the asker can do here, and what only others can."""
        rights, place = self._question.rights, self._question.asked_in
        if place is AskedIn.TERMINAL:
            return [
                self._say("abilities", f"terminal_{name}", formats=self._facts.formats)
                for name in ("head", "ask", "documents", "tuning", "languages", "not")
            ]
        lines = [self._say("abilities", "head"), self._say("abilities", "ask"), self._say("abilities", "why")]
        for right, name in ((Right.MANAGE_DOCUMENTS, "documents"), (Right.TUNE_MODELS, "tuning")):
            if right not in rights:
                lines.append(self._say("abilities", f"{name}_others", formats=self._facts.formats))
            elif place is AskedIn.DIRECT_MESSAGE:
                lines.append(self._say("abilities", f"{name}_on_server", formats=self._facts.formats))
            else:
                lines.append(self._say("abilities", f"{name}_yours", formats=self._facts.formats))
        return [*lines, self._say("abilities", "languages"), self._say("abilities", "not")]

    def privacy(self) -> list[str]:
        """Return what is kept and for how long, who can read it, and whether text leaves the machine."""
        names = ("record", "conversation", "documents", "training", "audience")
        lines = [self._say("privacy", name, count=self._facts.kept_days) for name in names]
        external = self._facts.models.external
        if not external:
            return [*lines, self._say("privacy", "stays")]
        return [*lines, *(self._say("privacy", "leaves", model=model) for model in external)]

    def general(self) -> list[str]:
        """Return who the bot is, in a few lines, and what else can be asked about it."""
        facts = self._facts
        return [
            self._say("general", "who"),
            self._say("general", f"documents_{self._readers}", count=len(facts.documents)),
            self._model("chat", facts.models.chat),
            self._say("general", "more"),
        ]

    @property
    def _readers(self) -> str:
        """Return for whom documents are counted: everyone `here`, the asker (`you`), or the `owner`."""
        match self._question.asked_in:
            case AskedIn.CHANNEL:
                return "here"
            case AskedIn.PRIVATE | AskedIn.DIRECT_MESSAGE:
                return "you"
            case AskedIn.TERMINAL:
                return "owner"

    def _model(self, key: str, model: ModelFact) -> str:
        place = self._say("models", "external" if model.is_external else "here")
        return self._say("models", key, model=model.title, place=place)

    def _say(self, chapter: str, key: str, /, **values: object) -> str:
        return fill(self._wording[chapter][key], **values)


def _as_code(name: str) -> str:
    """Return a name that others chose as inline code, so that nothing in it formats or pings."""
    return f"`{name.replace('`', chr(39))}`"


def _load_wording(language: Language) -> dict[str, dict[str, str]]:
    text = resources.files("chains").joinpath(f"bot_facts_{language}.toml").read_text("utf-8")
    table: dict[str, dict[str, str]] = tomllib.loads(text)
    return table


def latest_first(documents: Sequence[DocumentFact]) -> tuple[DocumentFact, ...]:
    """Return the documents, the latest first, those of one day by name."""
    return tuple(sorted(sorted(documents, key=lambda each: each.name), key=lambda each: each.as_of, reverse=True))
