"""The data between a question and its explained answer, and the names that are on record: routes, signals, gates.

Frozen. Edit this file when a decision or an answer has to hold something more; what is on record has to stay readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.types import Contradiction, Evidence, Reader, Respelling
from text.normalization import without_surrogates
from text.scripts import is_chinese


class Route(StrEnum):
    """Names the means by which a question is answered."""

    RETRIEVAL = "retrieval"
    SPECIALIST = "specialist"
    COMBINED = "combined"
    DIRECT = "direct"
    ABSTAIN = "abstain"


class Language(StrEnum):
    """Names a language in which the bot explains itself."""

    EN = "en"
    ZH = "zh"

    @classmethod
    def of(cls, text: str) -> Language:
        """Return Chinese where at least a quarter of the letters are Chinese characters, otherwise English."""
        return cls.ZH if is_chinese(text) else cls.EN


@dataclass(frozen=True, slots=True)
class Turn:
    """Holds a question and its answer, earlier in the same conversation."""

    question: str
    answer: str
    """Empty: the question is another member's message, which nobody answered."""


class AskedIn(StrEnum):
    """Names where a question was asked, which decides what its asker can do there."""

    CHANNEL = "channel"
    """Others can read the answer."""
    PRIVATE = "private"
    """In a channel, but only the asker sees the answer."""
    DIRECT_MESSAGE = "direct_message"
    TERMINAL = "terminal"


class Right(StrEnum):
    """Names what only some members may do."""

    MANAGE_DOCUMENTS = "manage_documents"
    TUNE_MODELS = "tune_models"


class BotTopic(StrEnum):
    """Names what a question about the bot is about."""

    DOCUMENTS = "documents"
    MODELS = "models"
    ABILITIES = "abilities"
    PRIVACY = "privacy"
    WHY = "why"
    """Why it answered as it did, and how it decides."""
    GENERAL = "general"
    """Who it is, and whatever fits none of the others."""


@dataclass(frozen=True, slots=True)
class Question:
    """Holds what a member asked, where, and on whose behalf documents may be read."""

    text: str
    guild_id: str
    asker_id: str
    reader: Reader
    language: Language
    history: tuple[Turn, ...] = ()
    """Oldest first."""
    requested_route: Route | None = None
    """The route that the member asked for by `route:`."""
    asked_in: AskedIn = AskedIn.CHANNEL
    rights: frozenset[Right] = frozenset()
    """What the asker may do beside asking."""
    previous_decision: str | None = None
    """The id of the decision behind the answer that the asker may mean: the one replied to, or the last one here."""

    def __post_init__(self) -> None:
        # JSON can hold half of a surrogate pair, which no database, hash or tokenizer takes.
        object.__setattr__(self, "text", without_surrogates(self.text))


class SignalName(StrEnum):
    """Every signal that a decision may read, by the name under which it is on record, weighed and worded."""

    PASSAGES_HOLD_ANSWER = "passages_hold_answer"
    MODERATORS_ANSWER = "moderators_answer"
    WANTS_OUTSIDE_FACTS = "wants_outside_facts"
    WANTS_CREATIVE_TEXT = "wants_creative_text"
    WANTS_FIXED_FORMAT = "wants_fixed_format"
    SMALL_TALK = "small_talk"
    ABOUT_THE_BOT = "about_the_bot"
    LIKENESS_TO_TRAINING = "likeness_to_training"
    HELD_OUT_SCORE = "held_out_score"
    MARGIN_OVER_BASE = "margin_over_base"
    TRAINING_EXAMPLES = "training_examples"
    STARTING_LEAD = "starting_lead"
    RETRIEVAL_P50 = "retrieval_p50"
    RETRIEVAL_P95 = "retrieval_p95"
    SPECIALIST_P50 = "specialist_p50"
    SPECIALIST_P95 = "specialist_p95"
    LATENCY_DIFFERENCE = "latency_difference"
    COST_DIFFERENCE = "cost_difference"
    MEASURED_WINS = "measured_wins"


class GateName(StrEnum):
    """Every gate, by the name under which it is on record and worded."""

    NO_DOCUMENTS = "no_documents"
    NO_TUNED_MODEL = "no_tuned_model"
    NOT_EVALUATED_WITH_PASSAGES = "not_evaluated_with_passages"
    NOTHING_FOUND = "nothing_found"
    PASSAGES_NOT_RATED = "passages_not_rated"
    PASSAGES_TOO_WEAK = "passages_too_weak"
    PASSAGES_GOOD_ENOUGH = "passages_good_enough"
    UNLIKE_TRAINING = "unlike_training"
    NOT_SMALL_TALK = "not_small_talk"
    CREATIVE_WITH_PASSAGES = "creative_with_passages"
    CREATIVE_WITHOUT_PASSAGES = "creative_without_passages"
    REQUESTED = "requested"
    REQUEST_UNAVAILABLE = "request_unavailable"
    MODERATORS_ANSWER = "moderators_answer"
    MODERATORS_ANSWER_ALIKE = "moderators_answer_alike"
    SUM_NOT_POSITIVE = "sum_not_positive"
    NOTHING_FOR_IT = "nothing_for_it"
    NOTHING_GOOD_ENOUGH = "nothing_good_enough"
    NO_BETTER_ROUTE = "no_better_route"
    """Never on record: it words records from before policy 2026.11.3 in which nothing spoke for the route."""


class SignalScope(StrEnum):
    """Says what a signal differs by. Only what differs by question may be named as the deciding reason."""

    QUESTION = "question"
    SKILL = "skill"
    INSTALLATION = "installation"


@dataclass(frozen=True, slots=True)
class Signal:
    """Holds one measured number, or the reason why it could not be measured."""

    name: SignalName
    value: float | None
    unit: str
    """`probability`, `share`, `seconds`, `examples`, …"""
    source: str
    """What measured it."""
    scope: SignalScope
    missing: str | None = None
    """Why there is no value: a code that the explanation words; None where there is one."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """Holds what one signal adds to one route's score, and the rules of the guidance behind it."""

    signal: SignalName
    value: float
    scope: SignalScope
    rules: tuple[str, ...]
    route: Route
    amount: float


@dataclass(frozen=True, slots=True)
class Gate:
    """Records what overrode the sum: a request, a route that is not available, nothing good enough."""

    name: GateName
    route: Route
    """The route that it closed, or, where `opens`, the one that it chose."""
    opens: bool
    figure: float | None = None
    """What was measured, where the gate reads a number."""
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class SignalChange:
    """Holds one signal at another value than was measured; what depends on it moves along."""

    signal: SignalName
    value: float
    """As measured."""
    turned_value: float
    """The nearest at which another route is decided."""
    said_value: float
    """`turned_value` as it is said: rounded away from `value`, in as few digits as still turn the decision."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """Holds the smallest change under which deciding again gave another route, or the request taken away."""

    route: Route
    """What is decided then; without the request it may be the same route."""
    change: SignalChange | None
    """None: the member's request is taken away, which overruled every signal."""


@dataclass(frozen=True, slots=True)
class SearchContext:
    """How the passages were searched for. It holds no words: these stand in the conversation alone."""

    behind: int | None = None
    """How many of the questions before this one stood before it in the search; None: it was searched alone."""
    reranker: str | None = None
    """What put the best passages in order; None: the search itself."""
    respelled: int = 0
    """How many words of the question were searched for in another spelling; the answer says which."""
    is_subject: bool = False
    """Whether only what a creative text is to be about was searched for."""


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """The record from which the explanation is computed. It holds figures, never texts."""

    route: Route
    signals: tuple[Signal, ...]
    contributions: tuple[Contribution, ...]
    gates: tuple[Gate, ...]
    scores: tuple[tuple[Route, float], ...]
    """Each route's sum, highest first; abstain has none."""
    margin: float | None
    """The chosen route's score less the next open one's; None where a gate chose or no other was open."""
    policy_version: str
    counterfactual: Counterfactual | None = None
    """None where no single change turns it, and in records from before it was sought."""
    searched: SearchContext = SearchContext()
    contradictions: tuple[Contradiction, ...] = ()
    """Among the passages that are read: where two of them answer the question differently, by ids and places."""
    bot_topic: BotTopic | None = None
    """What is asked about the bot; None: something else is asked, or the record is from before topics were kept."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What the chat model chose with `ROUTING=agent`, beside the policy's decision, which stays as it is."""

    route: Route
    """The route that was taken."""
    offered: tuple[Route, ...]
    model: str
    fell_back: bool
    """The model named no offered route, so the policy's was taken."""
    seconds: float


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """How sure the tuned model was of its label, beside the decision, which stays as it is."""

    probability: float
    """Of the label, among all that the model can say."""
    threshold: float | None
    """As it was measured for this adapter; None: it was not."""
    declined: bool
    """The probability was below the threshold, and the member had not asked for the route: nothing is answered."""


class AnswerForm(StrEnum):
    """Names how an answer from documents came by its words."""

    WRITTEN = "written"
    """The chat model wrote them, and the check found nothing against them."""
    QUOTED = "quoted"
    """They stand in a passage, word for word."""
    REPLACED = "replaced"
    """The chat model wrote something else, which the check found wrong: these stand in a passage."""


class Fault(StrEnum):
    """Names why what a chat model wrote is not sent."""

    ADDED_FIGURE = "added_figure"
    ADDED_NAME = "added_name"
    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Composition:
    """Records how an answer from documents was composed, beside the decision, which stays as it is."""

    form: AnswerForm
    fault: Fault | None = None
    """What was wrong with the text that was replaced; None: nothing was replaced."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Holds the measured seconds of each part of an answer."""

    retrieval_s: float
    decision_s: float
    waiting_s: float
    """In the generation queue."""
    generation_s: float
    first_word_s: float | None
    """From the question to the first word; None where nothing was generated."""
    total_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Holds an answer with the decision behind it."""

    decision_id: str
    text: str
    language: Language
    decision: RouteDecision
    evidence: tuple[Evidence, ...]
    """What was given to the model, in the order of its citation numbers from 1; empty unless it retrieved."""
    tools_run: tuple[str, ...]
    model: str | None
    """Who wrote it; None where no model did: there is no answer, it is a moderator's own words, or facts of the bot."""
    timings: Timings
    choice: ModelChoice | None = None
    """None where the policy's route was taken without asking a model."""
    label: LabelChoice | None = None
    """None where the answer is no label, or it is not known how sure the model was."""
    composition: Composition | None = None
    """None where the answer does not come from documents, or no passage was read closely."""
    respelled: tuple[Respelling, ...] = ()
    """The words that were searched for in another spelling; the record has only their number."""

    @property
    def route(self) -> Route:
        """The route that was taken; none where the tuned model was too unsure of its label."""
        return taken_route(self.decision, self.choice, self.label)


@dataclass(frozen=True, slots=True)
class Cited:
    """Holds what an answer rests on, from its record."""

    guild_id: str
    chunk_ids: tuple[str, ...]
    """Of the passages that it was given, in the order of their citation numbers from 1."""
    route: Route


@dataclass(frozen=True, slots=True)
class Decided:
    """The policy has decided; nothing has been written yet."""

    decision_id: str
    decision: RouteDecision
    evidence: tuple[Evidence, ...]
    """What the model will read; empty where a model chooses the route first."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model has chosen the route; nothing has been written yet."""

    choice: ModelChoice
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Other answers are written first."""

    ahead: int
    """How many; 0 when this one's turn has come."""


@dataclass(frozen=True, slots=True)
class Delta:
    """Carries the next words of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Carries the whole answer; it is always the last event."""

    answer: Answer


def taken_route(decision: RouteDecision, choice: ModelChoice | None, label: LabelChoice | None) -> Route:
    """The route that answered in the end, by a record and what was noted beside it."""
    if label is not None and label.declined:
        return Route.ABSTAIN
    return decision.route if choice is None else choice.route


def is_from_facts(decision: RouteDecision, taken: Route) -> bool:
    """Return whether the answer is filled with facts about the bot, so that no model writes it."""
    return taken is Route.DIRECT and decision.bot_topic is not None


AnswerEvent = Decided | Waiting | Chosen | Delta | Finished
