"""LangChain's messages as the turns that a chat template renders. Knows no model.

What a person or a document says is data: a control token inside it is broken up, so that it can end no turn.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NotRequired, TypedDict

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from finetune.types import TaskKind

_NEUTRAL_SYSTEM = "You are a helpful assistant."
LABEL_INSTRUCTION = "Sort the message: answer with its label alone."
"""The system turn of every label task: short, since it is read with each example and each question."""

_MESSAGE_OF = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}


class ToolCallFunction(TypedDict):
    """The name of a tool and its arguments, as JSON."""

    name: str
    arguments: str


class TurnToolCall(TypedDict):
    """A call that the model made."""

    type: str
    function: ToolCallFunction


class TemplateTurn(TypedDict):
    """What a chat template reads of one message."""

    role: str
    content: str
    tool_calls: NotRequired[list[TurnToolCall]]


def messages_of(turns: Sequence[tuple[str, str]], kind: TaskKind) -> list[BaseMessage]:
    """An example's turns as the model is shown them, in a label task behind its instruction."""
    messages: list[BaseMessage] = [_MESSAGE_OF[role](text) for role, text in turns]
    return [SystemMessage(LABEL_INSTRUCTION), *messages] if kind is TaskKind.LABEL else messages


def turns_of(messages: Sequence[BaseMessage], *, knows_tools: bool, control: Iterable[str]) -> list[TemplateTurn]:
    """The turns, always with a system turn: a template invents one otherwise.

    A template that knows no tools is shown a tool's result as the user's, and no call.
    """
    control = tuple(control)
    turns: list[TemplateTurn] = []
    if not any(isinstance(message, SystemMessage) for message in messages):
        turns.append({"role": "system", "content": _NEUTRAL_SYSTEM})
    for message in messages:
        turn = _turn(message, knows_tools, control)
        if turn is not None:
            turns.append(turn)
    return turns


def _turn(message: BaseMessage, knows_tools: bool, control: tuple[str, ...]) -> TemplateTurn | None:
    text = _inert(message.text, control)
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
                            "arguments": _inert(json.dumps(call["args"], ensure_ascii=False), control),
                        },
                    }
                    for call in calls
                ],
            }
        case AIMessage():
            return {"role": "assistant", "content": text} if text else None
        case _:
            raise ValueError(f"A message of type {message.type!r} cannot be shown to a local model.")


def _inert(text: str, control: tuple[str, ...]) -> str:
    for token in control:
        text = text.replace(token, f"{token[0]} {token[1:]}")
    return text
