"""The LangChain agent: the middleware issues the calls of the taken route, so that any model can follow."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from chains import prompts
from chains.tools import SEARCH, TOOLS_OF, Run

Agent = CompiledStateGraph[AgentState[Any], Run, Any, Any]

RECURSION_LIMIT = 12
"""Two tools and two model calls take seven steps of the graph; the default of 9999 would hide a loop."""


class RoutingMiddleware(AgentMiddleware[AgentState[Any], Run]):
    """Issues the route's tool calls itself, then lets the model write, with the tools taken away."""

    async def awrap_model_call(
        self, request: ModelRequest[Run], handler: Callable[[ModelRequest[Run]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any] | AIMessage:
        """Answer with the next call of the route while one is left; else call the model on a short prompt."""
        run = request.runtime.context
        answered = [message for message in request.messages if isinstance(message, ToolMessage)]
        taken = TOOLS_OF[run.route]
        if len(answered) < len(taken):
            return _call(taken[len(answered)], run)
        with_passages = SEARCH in taken
        return await handler(
            request.override(
                tools=[],
                system_message=SystemMessage(prompts.system_prompt(run.question.language, with_passages)),
                messages=_reading(run, answered) if with_passages else _talking(run),
            )
        )

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        """Run only what the taken route names: hiding a tool from the model does not keep it from running."""
        run: object = request.runtime.context
        if not isinstance(run, Run):
            raise TypeError(f"the agent was run with {type(run).__name__} as its context, not with a Run")
        name = request.tool_call["name"]
        if name not in TOOLS_OF[run.route]:
            raise PermissionError(f"the tool {name!r} is not part of the route {run.route}")
        return await handler(request)


def build_agent(model: BaseChatModel, tools: Sequence[BaseTool]) -> Agent:
    """The agent around `model`; one serves all questions, each in its own run."""
    return create_agent(model, tools, middleware=[RoutingMiddleware()], context_schema=Run)


def _call(tool: str, run: Run) -> AIMessage:
    argument = {"query": run.retrieval.query} if tool == SEARCH else {"question": run.question.text}
    return AIMessage("", tool_calls=[{"name": tool, "args": argument, "id": f"call_{uuid.uuid4().hex[:12]}"}])


def _reading(run: Run, answered: list[ToolMessage]) -> list[AnyMessage]:
    """One message with passages and question: small models read this better than a tool's turn."""
    return [HumanMessage(prompts.reading_prompt(run.question, answered[0].text))]


def _talking(run: Run) -> list[AnyMessage]:
    messages: list[AnyMessage] = []
    for turn in run.question.history[-2:]:
        messages += [HumanMessage(turn.question), AIMessage(turn.answer)]
    return [*messages, HumanMessage(run.question.text)]
