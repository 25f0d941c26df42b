"""The agent's two tools, and what one run of it carries. They run what was decided; they decide nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from langchain.tools import ToolRuntime
from langchain_core.messages import HumanMessage
from langchain_core.tools import BaseTool, tool

from chains import prompts
from chains.ports import SpecialistsPort
from chains.types import Question, Route, RouteDecision
from finetune.types import LABEL_PROBABILITY, Champion
from knowledge.types import Evidence, Retrieval

SEARCH = "search_knowledge"
ASK_SPECIALIST = "ask_specialist"

DECLINE = "decline"
"""Offered to a model that chooses; there is nothing to run."""

TOOLS_OF: dict[Route, tuple[str, ...]] = {
    Route.RETRIEVAL: (SEARCH,),
    Route.SPECIALIST: (ASK_SPECIALIST,),
    Route.COMBINED: (SEARCH, ASK_SPECIALIST),
    Route.DIRECT: (),
    Route.ABSTAIN: (),
}
"""The tools that a route runs, in order."""


@dataclass(frozen=True, slots=True)
class Run:
    """One question on its way through the agent."""

    question: Question
    decision: RouteDecision
    route: Route
    """The route that is taken: the decision's, or the one that the model chose."""
    retrieval: Retrieval
    """What was found before the route was decided: searched once, read by the decision and by the tool."""
    evidence: tuple[Evidence, ...]
    """The passages that the model may read, in the order of their numbers."""
    champion: Champion | None
    tools_run: list[str] = field(default_factory=list)
    """Filled as they run: what really happened, beside what the decision names."""
    label_probabilities: list[float] = field(default_factory=list)
    """Filled with how sure the tuned model was of the label that it said, where it said one."""


def build_tools(specialists: SpecialistsPort) -> list[BaseTool]:
    """Both tools, bound to the guild's tuned models."""

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
