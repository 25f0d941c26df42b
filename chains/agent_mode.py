"""`ROUTING=agent`: the chat model chooses the route from what was measured. It runs no tool and writes no answer here.

It can choose a route that the policy found too weak, but none that is missing; the policy's decision stays on record.
Edit this file to change what is offered, or how a reply is read.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import BaseTool, StructuredTool

from chains import prompts
from chains.agent import DECLINE, TOOLS_OF
from chains.errors import ToolsUnknown
from chains.routing.explain import Explainer
from chains.routing.router import Routed
from chains.types import GateName, ModelChoice, Route

_CALLS_OF = {**TOOLS_OF, Route.ABSTAIN: (DECLINE,)}
"""The tools that a model calls to choose each route; none for a direct answer."""
_ROUTE_OF = {frozenset(calls): route for route, calls in _CALLS_OF.items()}


class Chooser:
    """Has a chat model choose among the routes that are open."""

    def __init__(self, model: BaseChatModel, model_name: str, tools: Sequence[BaseTool], explainer: Explainer) -> None:
        """Take the `tools` that the agent runs.

        Raises:
            ToolsUnknown: the model can't call tools.
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
        """Ask the model once and return its choice, or the policy's route where it names none that was offered.

        Raises whatever the model raises.
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
        named = _route_named_by(reply)
        fell_back = named not in offered
        return ModelChoice(
            route=routed.decision.route if named is None or fell_back else named,
            offered=offered,
            model=self._model_name,
            fell_back=fell_back,
            seconds=time.monotonic() - started,
        )


def offered_routes(routed: Routed) -> tuple[Route, ...]:
    """Return the routes that have something to answer with.

    A tuned model is offered only where the policy left it open: to a question unlike its training it has no answer.
    """
    closed = {gate.route for gate in routed.decision.gates if not gate.opens}
    unlike = {gate.route for gate in routed.decision.gates if gate.name is GateName.UNLIKE_TRAINING}
    is_open = {
        Route.RETRIEVAL: bool(routed.retrieval.evidence),
        Route.SPECIALIST: routed.champion is not None and Route.SPECIALIST not in unlike,
        Route.COMBINED: Route.COMBINED not in closed,
        Route.DIRECT: True,
        Route.ABSTAIN: True,
    }
    return tuple(route for route in Route if is_open[route])


def _route_named_by(reply: AIMessage) -> Route | None:
    """Return the route that a reply chooses; None where it chooses none, or can't be read.

    Text without a call chooses a direct answer only if it says so: small models write their calls as text.
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
