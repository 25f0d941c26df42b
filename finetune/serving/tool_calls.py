"""Takes the calls of tools out of a growing text, in which a model writes them between tags.

The form is that of Qwen2.5 and Hermes: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`. Knows no model and
runs no tool.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk

from finetune.serving.stop_strings import overlap

OPEN, CLOSE = "<tool_call>", "</tool_call>"

_ANY = ("any", "required")
_FREE = ("auto", "none")


def beginning(tool_choice: str | None, names: Collection[str]) -> str:
    """How an answer has to begin to be a call of the tool `tool_choice`, or, at `any` or `required`, of some tool.

    Raises:
        ValueError: it is none of `names`.
    """
    if tool_choice is None or tool_choice in _FREE:
        return ""
    if tool_choice in _ANY:
        return f'{OPEN}\n{{"name": "'
    if tool_choice not in names:
        raise ValueError(f"tool_choice names {tool_choice!r}, but the tools are {', '.join(sorted(names))}")
    return f'{OPEN}\n{{"name": {json.dumps(tool_choice)}, "arguments": '


class ToolCallSplitter:
    """Text goes on at once, a call when it is whole. Without tools, everything is text."""

    def __init__(self, names: Collection[str]) -> None:
        """`names` are those of the tools that were shown to the model."""
        self._names = frozenset(names)
        self._held = ""
        self._calls = 0

    def push(self, text: str) -> list[AIMessageChunk]:
        """What is complete now, in order."""
        if not self._names:
            return [AIMessageChunk(content=text)]
        self._held += text
        chunks: list[AIMessageChunk] = []
        while OPEN in self._held:
            before, _, rest = self._held.partition(OPEN)
            body, closed, after = rest.partition(CLOSE)
            chunks += _text(before)
            if not closed:
                self._held = OPEN + rest
                return chunks
            chunks.append(self._call(body))
            self._held = after
        keep = overlap(self._held, OPEN)
        chunks += _text(self._held[: len(self._held) - keep])
        self._held = self._held[len(self._held) - keep :]
        return chunks

    def flush(self) -> list[AIMessageChunk]:
        """What was held back: the text ended, so nothing closes the last call but its own end."""
        held, self._held = self._held, ""
        return [self._call(held.removeprefix(OPEN))] if held.startswith(OPEN) else _text(held)

    def _call(self, body: str) -> AIMessageChunk:
        """A call with an id of its own; an invalid one where it is no JSON, or of a tool that was not shown."""
        name, arguments = _parsed(body)
        # LangChain completes what looks like half an object; a JSON string it keeps, as an invalid call.
        args = json.dumps(body.strip() if name not in self._names else arguments, ensure_ascii=False)
        call = tool_call_chunk(name=name, args=args, id=f"call_{uuid.uuid4().hex[:12]}", index=self._calls)
        self._calls += 1
        return AIMessageChunk(content="", tool_call_chunks=[call])


def _parsed(body: str) -> tuple[str | None, dict[str, object]]:
    """The name, None where `body` is no call, and the arguments, empty where it has none."""
    try:
        said = json.loads(body)
    except json.JSONDecodeError:
        return None, {}
    match said:
        case {"name": str(name), "arguments": dict(arguments)}:
            return name, arguments
        case {"name": str(name)} if "arguments" not in said:
            return name, {}
        case _:
            return None, {}


def _text(text: str) -> list[AIMessageChunk]:
    return [AIMessageChunk(content=text)] if text else []
