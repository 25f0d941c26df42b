"""LangChain's messages as the turns that a chat template renders.

What a person or a document says is data: a control token inside it is broken up, so that it can end no turn. Edit this
file when messages of another kind have to be rendered.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NotRequired, TypedDict

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from finetune.types import TaskKind

_NEUTRAL_SYSTEM = "You are a helpful assistant."
LABEL_INSTRUCTION = "Sort the message: answer with its label alone."
"""The system turn of every label task; short, since it is read with each example and each question."""

_MESSAGE_OF = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}


class ToolCallFunction(TypedDict):
    """Holds the name of a tool and its arguments as JSON."""

    name: str
    arguments: str


class TurnToolCall(TypedDict):
    """Holds a call that the model made."""

    type: str
    function: ToolCallFunction


class TemplateTurn(TypedDict):
    """Holds what a chat template reads of one message."""

    role: str
    content: str
    tool_calls: NotRequired[list[TurnToolCall]]


def messages_of(turns: Sequence[tuple[str, str]], kind: TaskKind) -> list[BaseMessage]:
    """Return an example's turns as messages; in a label task they follow its instruction."""
    messages: list[BaseMessage] = [_MESSAGE_OF[role](text) for role, text in turns]
    return [SystemMessage(LABEL_INSTRUCTION), *messages] if kind is TaskKind.LABEL else messages


def turns_of(
    messages: Sequence[BaseMessage], *, knows_tools: bool, control_tokens: Sequence[str]
) -> list[TemplateTurn]:
    """Return the turns, always with a system turn: a template invents one otherwise.

    For a template without tools, a tool's result becomes a user's turn, and calls are left out.
    """
    turns: list[TemplateTurn] = []
    if not any(isinstance(message, SystemMessage) for message in messages):
        turns.append({"role": "system", "content": _NEUTRAL_SYSTEM})
    for message in messages:
        turn = _template_turn(message, knows_tools, control_tokens)
        if turn is not None:
            turns.append(turn)
    return turns


def _template_turn(message: BaseMessage, knows_tools: bool, control_tokens: Sequence[str]) -> TemplateTurn | None:
    text = _without_control_tokens(message.text, control_tokens)
    match message:
        case SystemMessage():
            return {"role": "system", "content": text}
        case HumanMessage():
            return {"role": "user", "content": text}
        case ToolMessage():
            return {"role": "tool" if knows_tools else "user", "content": text}
        case AIMessage(tool_calls=calls) if calls and knows_tools:
            return {
                "role": "assistant",
                "content": text,
                "tool_calls": [
                    {
                        "type": "function",
                        "function": {
                            "name": call["name"],
                            "arguments": _without_control_tokens(
                                json.dumps(call["args"], ensure_ascii=False), control_tokens
                            ),
                        },
                    }
                    for call in calls
                ],
            }
        case AIMessage():
            return {"role": "assistant", "content": text} if text else None
        case _:
            raise ValueError(f"A message of type {message.type!r} cannot be shown to a local model.")


def _without_control_tokens(text: str, control_tokens: Sequence[str]) -> str:
    for token in control_tokens:
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return text
