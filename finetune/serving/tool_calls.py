"""Extracts tool calls from a growing text, in which a model writes them between tags.

The form is that of Qwen2.5 and Hermes: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`. Edit this file for that
of another family of models.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk

OPEN, CLOSE = "<tool_call>", "</tool_call>"

_ANY = ("any", "required")
_FREE = ("auto", "none")


def forced_prefix(tool_choice: str | None, names: Collection[str]) -> str:
    """Return the start of an answer that calls the tool `tool_choice`, or, for `any` and `required`, some tool.

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
    """Passes text on at once and a call once it is complete. Without tools, everything is text."""

    def __init__(self, names: Collection[str]) -> None:
        """Take the `names` of the tools that were shown to the model."""
        self._names = frozenset(names)
        self._held = ""
        self._calls = 0

    def push(self, text: str) -> list[AIMessageChunk]:
        """Return what is complete now, in order."""
        if not self._names:
            return [AIMessageChunk(content=text)]
        self._held += text
        chunks: list[AIMessageChunk] = []
        while OPEN in self._held:
            before, _, rest = self._held.partition(OPEN)
            body, closed, after = rest.partition(CLOSE)
            chunks += _text_chunks(before)
            if not closed:
                self._held = OPEN + rest
                return chunks
            chunks.append(self._call(body))
            self._held = after
        keep = overlap(self._held, OPEN)
        chunks += _text_chunks(self._held[: len(self._held) - keep])
        self._held = self._held[len(self._held) - keep :]
        return chunks

    def flush(self) -> list[AIMessageChunk]:
        """Return what was held back: the text has ended, so a call without its closing tag ends here."""
        held, self._held = self._held, ""
        return [self._call(held.removeprefix(OPEN))] if held.startswith(OPEN) else _text_chunks(held)

    def _call(self, body: str) -> AIMessageChunk:
        """Return a call with its own id; an invalid one where it is not JSON, or names a tool that was not shown."""
        name, arguments = _parse_call(body)
        # LangChain completes what looks like half an object, but keeps a JSON string as an invalid call.
        args = json.dumps(body.strip() if name not in self._names else arguments, ensure_ascii=False)
        call = tool_call_chunk(name=name, args=args, id=f"call_{uuid.uuid4().hex[:12]}", index=self._calls)
        self._calls += 1
        return AIMessageChunk(content="", tool_call_chunks=[call])


def _parse_call(body: str) -> tuple[str | None, dict[str, object]]:
    """Return the name, None where `body` is no call, and the arguments, empty where it has none."""
    try:
        call = json.loads(body)
    except json.JSONDecodeError:
        return None, {}
    match call:
        case {"name": str(name), "arguments": dict(arguments)}:
            return name, arguments
        case {"name": str(name)} if "arguments" not in call:
            return name, {}
        case _:
            return None, {}


def _text_chunks(text: str) -> list[AIMessageChunk]:
    return [AIMessageChunk(content=text)] if text else []


def overlap(text: str, string: str) -> int:
    """Return the length of the longest end of `text` that is a start of `string`."""
    for length in range(min(len(text), len(string) - 1), 0, -1):
        if text.endswith(string[:length]):
            return length
    return 0
