"""Doubles at this package's ports: a retriever with given passages, a model that says given words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from numpy.typing import NDArray

from chains.assistant import Assistant
from chains.bot_facts import BotFacts, DocumentFact, ModelFact, ModelFacts, TunedFact
from chains.decision_log import DecisionLog
from chains.routing.bot_topic import TopicClassifier
from chains.routing.confidence import Confidence, Logistic
from chains.routing.explain import Explainer
from chains.routing.guidance import load_guidance
from chains.routing.policy import load_policy
from chains.routing.question_kind import KindClassifier, QuestionKind
from chains.routing.router import Router
from chains.routing.same_question import SameQuestion
from chains.settings import ChainsSettings
from chains.small_talk import SmallTalk
from chains.turn_queue import TurnQueue
from chains.types import BotTopic, Language, Question, Route, Turn
from finetune.types import LABEL_PROBABILITY, Champion
from knowledge.types import (
    EVERY_MEMBER,
    OWNER,
    Chunk,
    Contradiction,
    Evidence,
    FoundQAPair,
    PassageReading,
    Place,
    Reader,
    ReadSentence,
    Respelling,
    Retrieval,
    Source,
    Support,
)
from text.sentences import sentence_spans

KINDS = tuple(QuestionKind)
TOPICS = tuple(BotTopic)
SAME_QUESTION = SameQuestion({Language.EN: ("how", "the", "a"), Language.ZH: ("请问",)}, 0.9)


def passage(text: str, number: int = 1, coverage: float = 0.9) -> Evidence:
    source = Source(f"s{number}", "g", f"page{number}.md", "md", "0" * 64, EVERY_MEMBER, 1, 1, datetime.now(UTC), "m")
    chunk = Chunk(f"c{number}", source.id, 0, text, Place(heading="Fees"))
    return Evidence(chunk, source, 0.9, 1, 5.0, 1, coverage, 0.03)


def read(
    text: str,
    number: int = 1,
    *,
    answers: Sequence[str] = (),
    span: str = "",
    answerable: float = 5.0,
    support: tuple[float, float, float] = (0.0, 0.0, 1.0),
) -> Evidence:
    """A passage in which the reader found `answers`, each of them a sentence, and `span` as the short answer."""
    sentences = tuple(
        ReadSentence(start, end, 0.9 if text[start:end] in answers else 0.1) for start, end in sentence_spans(text)
    )
    at = text.index(span)
    reading = PassageReading(answerable, (at, at + len(span)), answerable, sentences, Support(*support))
    return replace(passage(text, number), reading=reading)


@dataclass
class GivenRetriever:
    """Finds the passages that a test gives it, and remembers what was searched for."""

    evidence: tuple[Evidence, ...] = ()
    pairs: tuple[FoundQAPair, ...] = ()
    queries: list[str] = field(default_factory=list)
    read_for: list[str | None] = field(default_factory=list)
    """For each query, the question that its passages were read for; None where that was the query."""
    evidence_of: Callable[[str], tuple[Evidence, ...]] | None = None
    """Where what is found depends on the query."""
    contradictions: tuple[Contradiction, ...] = ()
    reranker: str | None = None
    supports: tuple[Support, ...] = ()
    """How the passages relate to whatever is asked about."""
    respelled: tuple[Respelling, ...] = ()

    async def support(self, statement: str, evidence: Sequence[Evidence]) -> Sequence[Support]:
        return self.supports

    async def search(
        self, query: str, guild_id: str, reader: Reader, limit: int = 8, *, read_for: str | None = None
    ) -> Retrieval:
        self.queries.append(query)
        self.read_for.append(read_for)
        found = self.evidence if self.evidence_of is None else self.evidence_of(query)
        cosines = tuple(item.cosine for item in found if item.cosine is not None)
        count = len(found + self.pairs)
        return Retrieval(
            query,
            found,
            cosines,
            count,
            0.01,
            self.pairs,
            self.contradictions,
            self.reranker,
            respelled=self.respelled,
        )


class KindEmbeddings(Embeddings):
    """The kind and the topic that a test gives a question, as two one-hot vectors; facts where it gives none."""

    def __init__(self) -> None:
        self.kinds: dict[str, QuestionKind] = {}
        self.topics: dict[str, BotTopic] = {}

    def ask_about_bot(self, text: str, topic: BotTopic) -> str:
        """Make `text` a question about the bot, and return it."""
        self.kinds[text], self.topics[text] = QuestionKind.ABOUT_BOT, topic
        return text

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        kind, topic = self.kinds.get(text, QuestionKind.FACTS), self.topics.get(text)
        return [10.0 if named is other else 0.0 for named, names in ((kind, KINDS), (topic, TOPICS)) for other in names]


class ScriptedModel(BaseChatModel):
    """Says given words, one chunk a word, and remembers what it was sent."""

    words: list[str]
    choice: AIMessage | None = None
    """What it answers where tools are bound."""
    offered: list[list[str]] = []  # noqa: RUF012 (pydantic copies it)
    """The tools that were bound, each time."""
    metadata: dict[str, float | str] = {}  # noqa: RUF012 (pydantic copies it)
    """What it says of its answers beside the words."""
    fails: bool = False
    prompts: list[list[BaseMessage]] = []  # noqa: RUF012 (pydantic copies it)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        names = [tool.name for tool in tools]
        self.offered.append(names)
        return self.bind(offered=names)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        if kwargs.get("offered"):
            self._say(messages)
            return ChatResult(generations=[ChatGeneration(message=self.choice)])
        said = AIMessage("".join(self._say(messages)), response_metadata=self.metadata)
        return ChatResult(generations=[ChatGeneration(message=said)])

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for word in self._say(messages):
            yield ChatGenerationChunk(message=AIMessageChunk(word))
        if self.metadata:
            yield ChatGenerationChunk(message=AIMessageChunk("", response_metadata=self.metadata))

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._stream(messages):
            yield chunk

    def _say(self, messages: list[BaseMessage]) -> list[str]:
        self.prompts.append(messages)
        if self.fails:
            raise RuntimeError("the weights are gone")
        return self.words


class GivenSpecialists:
    """The champions that a test gives, all answering with one model."""

    def __init__(self, champions: Sequence[Champion], model: BaseChatModel) -> None:
        self._champions = champions
        self._model = model

    async def champions(self, guild_id: str, reader: Reader) -> Sequence[Champion]:
        return self._champions

    async def model(self, champion: Champion) -> BaseChatModel:
        return self._model


class GivenClassifiers:
    """The likeness that a test gives each skill."""

    def __init__(self, likeness: Mapping[str, float]) -> None:
        self._likeness = likeness

    async def likeness(self, champion: Champion, vector: Sequence[float]) -> float:
        return self._likeness.get(champion.skill, 0.0)


@dataclass
class GivenFacts:
    """The facts that a test gives, and who asked for them."""

    facts_given: BotFacts
    asked: list[Question] = field(default_factory=list)

    async def facts(self, question: Question) -> BotFacts:
        self.asked.append(question)
        return self.facts_given


EXAMPLES = {
    Language.EN: (Turn("hello", "Hi!"), Turn("bye", "See you!"), Turn("so tired", "Rest well!")),
    Language.ZH: (Turn("好累", "好好休息！"), Turn("你好", "你好！")),
}

FACTS = BotFacts(
    documents=tuple(DocumentFact(f"page{number}.md", date(2026, 11, 30 - number)) for number in range(1, 12)),
    passage_count=1234,
    moderators_answers=1,
    models=ModelFacts(ModelFact("Tiny-0.5B", is_external=False), "embedded", ModelFact("e5", is_external=False), None),
    tuned=(TunedFact("help desk", "Tinier", 0.91, 0.4),),
    seconds_p50=3.21,
    kept_days=365,
    formats="Markdown and PDF",
)

CHAMPION = Champion("g", "queue", "a" * 64, "embedded-small", "guild", 400, 0.9, 0.4, True, 60.0)


@dataclass
class Bench:
    """An assistant with doubles at its ports."""

    assistant: Assistant
    retriever: GivenRetriever
    embeddings: KindEmbeddings
    model: ScriptedModel
    sampled: ScriptedModel
    """The same model where it draws its words; it says the same."""
    facts: GivenFacts
    log: DecisionLog
    queue: TurnQueue

    def ask(self, text: str, language: Language = Language.EN, **changed: Any) -> Question:
        return Question(text, "g", "member-1", OWNER, language, **changed)


def _reading(names: Sequence[object], first: int) -> NDArray[np.float32]:
    """Weights that read the one-hot vector of these names, which begins at `first` in what `KindEmbeddings` makes."""
    weights = np.zeros((len(names), len(KINDS) + len(TOPICS)), np.float32)
    weights[range(len(names)), range(first, first + len(names))] = 1.0
    return weights


@pytest.fixture
async def make_bench(tmp_path: Path) -> Callable[..., Any]:
    async def make(
        *evidence: Evidence,
        words: Sequence[str] = ("Two ", "euros."),
        champions: Sequence[Champion] = (),
        choice: AIMessage | None = None,
        likeness: Mapping[str, float] | None = None,
        label_probability: float | None = None,
        style: Literal["auto", "quote", "write"] = "auto",
        supports: Sequence[Support] = (),
    ) -> Bench:
        """With a `choice`, the model chooses the route; with a `label_probability`, the tuned model says a label."""
        log = DecisionLog(tmp_path / "decisions.db")
        await log.open()
        guidance = load_guidance()
        retriever, embeddings = GivenRetriever(evidence, supports=tuple(supports)), KindEmbeddings()
        model, queue = ScriptedModel(words=list(words), choice=choice), TurnQueue()
        sampled, facts = ScriptedModel(words=list(words)), GivenFacts(FACTS)
        says = ["queue: ", "billing"] if label_probability is None else ["billing"]
        metadata = {} if label_probability is None else {LABEL_PROBABILITY: label_probability}
        specialists = GivenSpecialists(champions, ScriptedModel(words=says, metadata=metadata))
        router = Router(
            retriever=retriever,
            specialists=specialists,
            domain_classifiers=GivenClassifiers(likeness or {}),
            embeddings=embeddings,
            kinds=KindClassifier(KINDS, _reading(KINDS, 0), np.zeros(len(KINDS), np.float32), "test"),
            topics=TopicClassifier(TOPICS, _reading(TOPICS, len(KINDS)), np.zeros(len(TOPICS), np.float32), 0.5),
            # The coverage of the best passage alone, steep around one half.
            confidence=Confidence(
                Logistic(("coverage",), (0.5,), (0.1,), (1,), 0.0),
                Logistic((), (), (), (), -9.0),
                0.5,
                "test",
            ),
            small_talk=SmallTalk(EXAMPLES, embeddings.embed_query),
            policy=load_policy(guidance, 0.5, SAME_QUESTION.threshold, like_training=0.5),
            same_question=SAME_QUESTION,
            log=log,
        )
        assistant = Assistant(
            model=model,
            sampled_model=sampled,
            model_name="scripted",
            router=router,
            specialists=specialists,
            log=log,
            explainer=Explainer(guidance),
            bot_facts=facts,
            settings=ChainsSettings(routing="policy" if choice is None else "agent", answer_style=style),
            queue=queue,
            support=retriever,
            quotes=True,
        )
        return Bench(assistant, retriever, embeddings, model, sampled, facts, log, queue)

    return make


@pytest.fixture
def a_passage() -> Callable[..., Evidence]:
    return passage


@pytest.fixture
def a_read_passage() -> Callable[..., Evidence]:
    return read


@pytest.fixture
def champion() -> Champion:
    return CHAMPION


@pytest.fixture
def routes() -> type[Route]:
    return Route
