"""`ROUTING=agent`: the chat model names the route, shown what was measured. It runs no tool and writes no answer.

What is not there cannot be chosen; what the policy judged too weak can. The policy's decision is not touched.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import BaseTool, StructuredTool

from chains import prompts
from chains.errors import ToolsUnknown
from chains.routing.explain import Explainer
from chains.routing.router import Routed
from chains.tools import DECLINE, TOOLS_OF
from chains.types import ModelChoice, Route

_CALLS_OF = {**TOOLS_OF, Route.ABSTAIN: (DECLINE,)}
"""What a model calls to choose a route; nothing, for a direct answer."""
_ROUTE_OF = {frozenset(calls): route for route, calls in _CALLS_OF.items()}


class Chooser:
    """Has a chat model choose among the open routes."""

    def __init__(self, model: BaseChatModel, model_name: str, tools: Sequence[BaseTool], explainer: Explainer) -> None:
        """`tools` are those that the agent runs.

        Raises:
            ToolsUnknown: the model can call none.
        """
        self._model = model
        self._model_name = model_name
        self._tools = {tool.name: tool for tool in (*tools, _decline())}
        self._explainer = explainer
        try:
            model.bind_tools(list(self._tools.values()))
        except NotImplementedError as error:
            raise ToolsUnknown(model_name) from error

    async def choose(self, routed: Routed) -> ModelChoice:
        """Ask the model once; where it names no offered route, the policy's is taken, and that is on record.

        Raises whatever the model does.
        """
        started = time.monotonic()
        offered = offered_routes(routed)
        question = routed.question
        measured = self._explainer.measured(routed.decision, question.language)
        names = dict.fromkeys(name for route in offered for name in _CALLS_OF[route])
        reply = await self._model.bind_tools([self._tools[name] for name in names]).ainvoke(
            [
                SystemMessage(prompts.choosing_system_prompt(question.language, measured, offered)),
                HumanMessage(prompts.choosing_prompt(question)),
            ]
        )
        named = _named(reply)
        fell_back = named not in offered
        return ModelChoice(
            route=routed.decision.route if named is None or fell_back else named,
            offered=offered,
            model=self._model_name,
            fell_back=fell_back,
            seconds=time.monotonic() - started,
        )


def offered_routes(routed: Routed) -> tuple[Route, ...]:
    """The routes that have something to answer with, the combined one only where the policy left it open."""
    is_open = {
        Route.RETRIEVAL: bool(routed.retrieval.evidence),
        Route.SPECIALIST: routed.champion is not None,
        Route.COMBINED: all(gate.opens or gate.route is not Route.COMBINED for gate in routed.decision.gates),
        Route.DIRECT: True,
        Route.ABSTAIN: True,
    }
    return tuple(route for route in Route if is_open[route])


def _named(reply: AIMessage) -> Route | None:
    """The route that a reply chooses; None where it chooses none, or cannot be read.

    Words alone choose a direct answer only if they say so: small models write their calls as text.
    """
    if reply.invalid_tool_calls:
        return None
    if not reply.tool_calls and reply.text.strip(' \n.*`"').casefold() != prompts.DIRECT.casefold():
        return None
    return _ROUTE_OF.get(frozenset(call["name"] for call in reply.tool_calls))


def _decline() -> BaseTool:
    def decline() -> None:
        """Say that you do not know: nothing here can answer it well."""

    return StructuredTool.from_function(decline, name=DECLINE)
