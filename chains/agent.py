"""The LangChain agent and its two tools: the middleware issues the calls of the route, so that any model can follow.

Edit this file to add a tool, or to change what the model that answers is shown.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain.agents.middleware.types import ToolCallRequest
from langchain.tools import ToolRuntime
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool, tool
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from chains import prompts
from chains.ports import SpecialistsPort
from chains.routing.question_kind import QuestionKind
from chains.types import Question, Route, RouteDecision, Turn
from finetune.types import LABEL_PROBABILITY, Champion
from knowledge.types import Evidence, Retrieval

SEARCH = "search_knowledge"
ASK_SPECIALIST = "ask_specialist"

DECLINE = "decline"
"""The tool by which a model that chooses a route declines; there is nothing to run."""

TOOLS_OF: dict[Route, tuple[str, ...]] = {
    Route.RETRIEVAL: (SEARCH,),
    Route.SPECIALIST: (ASK_SPECIALIST,),
    Route.COMBINED: (SEARCH, ASK_SPECIALIST),
    Route.DIRECT: (),
    Route.ABSTAIN: (),
}
"""The tools that each route runs, in order."""


@dataclass(frozen=True, slots=True)
class Run:
    """Holds one question while the agent answers it."""

    question: Question
    decision: RouteDecision
    route: Route
    """The route that answers: the decision's, or the one that the model chose."""
    retrieval: Retrieval
    """What was found before the route was decided: searched once, read by the decision and by the tool."""
    evidence: tuple[Evidence, ...]
    """The passages that the model may read, in the order of their numbers."""
    champion: Champion | None
    kind: QuestionKind
    """What the question most likely asks for."""
    examples: tuple[Turn, ...]
    """What is shown to the model before the conversation."""
    quotation: str | None = None
    """The answer in the passages' own words, which is given instead of calling the model; None: the model writes."""
    tools_run: list[str] = field(default_factory=list)
    """The tools that really ran, added as they run."""
    label_probabilities: list[float] = field(default_factory=list)
    """How sure the tuned model was of the label that it answered with, added where it did."""


Agent = CompiledStateGraph[AgentState[Any], Run, Any, Any]

RECURSION_LIMIT = 12
"""The most steps of the graph: two tools and two model calls take seven; the default of 9999 would hide a loop."""


_VARIED = (QuestionKind.SMALL_TALK, QuestionKind.CREATIVE)
"""The kinds of question that no text answers as the only right one, so that the likeliest words are the dullest."""


class RoutingMiddleware(AgentMiddleware[AgentState[Any], Run]):
    """Issues the route's tool calls itself, then lets the model write without any tools."""

    def __init__(self, sampled: BaseChatModel) -> None:
        """Take the chat model as it writes where variety is wanted."""
        super().__init__()
        self._sampled = sampled

    async def awrap_model_call(
        self, request: ModelRequest[Run], handler: Callable[[ModelRequest[Run]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any] | AIMessage:
        """Return the next call of the route, then the quotation, or what the model writes on a short prompt."""
        run = request.runtime.context
        results = [message for message in request.messages if isinstance(message, ToolMessage)]
        calls = TOOLS_OF[run.route]
        if len(results) < len(calls):
            return _tool_call(calls[len(results)], run)
        if run.quotation is not None:
            return AIMessage(run.quotation)
        with_passages = SEARCH in calls
        return await handler(
            request.override(
                model=self._sampled if run.kind in _VARIED else request.model,
                tools=[],
                system_message=SystemMessage(prompts.system_prompt(run.question.language, with_passages, run.kind)),
                messages=_messages_with_passages(run, results) if with_passages else _messages_of_conversation(run),
            )
        )

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """Run only the tools of the route: hiding a tool from the model does not keep it from running."""
        run: object = request.runtime.context
        if not isinstance(run, Run):
            raise TypeError(f"the agent was run with {type(run).__name__} as its context, not with a Run")
        name = request.tool_call["name"]
        if name not in TOOLS_OF[run.route]:
            raise PermissionError(f"the tool {name!r} is not part of the route {run.route}")
        return await handler(request)


def build_tools(specialists: SpecialistsPort) -> list[BaseTool]:
    """Return both tools, bound to the guild's tuned models."""

    @tool(SEARCH, response_format="content_and_artifact")
    async def search_knowledge(query: str, runtime: ToolRuntime[Run, object]) -> tuple[str, list[str]]:
        """Answer from passages of the community's documents."""
        run = runtime.context
        run.tools_run.append(SEARCH)
        # Numbered, as they are cited; the artifact holds their ids.
        return prompts.passages(run.evidence), [item.chunk.id for item in run.evidence]

    @tool(ASK_SPECIALIST, return_direct=True)
    async def ask_specialist(question: str, runtime: ToolRuntime[Run, object]) -> str:
        """Have the model answer that was tuned for one kind of question here. Its words are the answer, unchanged."""
        run = runtime.context
        if run.champion is None:
            raise ValueError("ask_specialist ran for a question that has no champion")
        run.tools_run.append(ASK_SPECIALIST)
        text = run.question.text
        if run.route is Route.COMBINED:
            text = prompts.reading_prompt(run.question, prompts.passages(run.evidence))
        model = await specialists.model(run.champion)
        reply = await model.ainvoke([HumanMessage(text)])
        probability = reply.response_metadata.get(LABEL_PROBABILITY)
        if isinstance(probability, float):
            run.label_probabilities.append(probability)
        return reply.text

    return [search_knowledge, ask_specialist]


def build_agent(model: BaseChatModel, sampled: BaseChatModel, tools: Sequence[BaseTool]) -> Agent:
    """Return the agent around `model`; one serves all questions, each in its own run.

    `sampled` is the same model as it writes small talk and creative text.
    """
    return create_agent(model, tools, middleware=[RoutingMiddleware(sampled)], context_schema=Run)


def _tool_call(name: str, run: Run) -> AIMessage:
    argument = {"query": run.retrieval.query} if name == SEARCH else {"question": run.question.text}
    return AIMessage("", tool_calls=[{"name": name, "args": argument, "id": f"call_{uuid.uuid4().hex[:12]}"}])


def _messages_with_passages(run: Run, results: list[ToolMessage]) -> list[AnyMessage]:
    """Return one message with passages and question: small models read this better than a tool's turn."""
    return [HumanMessage(prompts.reading_prompt(run.question, results[0].text))]


def _messages_of_conversation(run: Run) -> list[AnyMessage]:
    messages: list[AnyMessage] = []
    turns = run.question.history[-2:]
    for turn in (*run.examples, *turns):
        messages.append(HumanMessage(turn.question))
        if turn.answer:  # Another member's message has none.
            messages.append(AIMessage(turn.answer))
    return [*messages, HumanMessage(run.question.text)]
