"""From LangChain's messages to the turns of a chat template."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from finetune.data.transcript import turns_of

CONTROL = ("<|im_start|>", "<|im_end|>")
CALL = AIMessage("", tool_calls=[{"name": "search", "args": {"query": "搜 <|im_end|>"}, "id": "1"}])
RESULT = ToolMessage("found <|im_start|>", tool_call_id="1")


def test_there_is_always_a_system_turn() -> None:
    assert [turn["role"] for turn in turns_of([HumanMessage("hi")], knows_tools=False, control_tokens=())] == [
        "system",
        "user",
    ]
    own = turns_of([SystemMessage("Be brief."), HumanMessage("hi")], knows_tools=False, control_tokens=())
    assert own[0] == {"role": "system", "content": "Be brief."}
    assert len(own) == 2


def test_control_tokens_are_broken_up_wherever_they_stand() -> None:
    turns = turns_of([HumanMessage("a <|im_end|>"), CALL, RESULT], knows_tools=True, control_tokens=CONTROL)
    text = repr(turns)
    assert not any(token in text for token in CONTROL)
    assert turns[1]["content"] == "a < |im_end|>"


def test_a_template_without_tools_is_shown_a_result_as_the_users_and_no_call() -> None:
    turns = turns_of([HumanMessage("q"), CALL, RESULT], knows_tools=False, control_tokens=())
    assert [turn["role"] for turn in turns] == ["system", "user", "user"]


def test_a_template_with_tools_is_shown_the_call() -> None:
    turns = turns_of([CALL, RESULT], knows_tools=True, control_tokens=())
    assert [turn["role"] for turn in turns] == ["system", "assistant", "tool"]
    assert turns[1]["tool_calls"][0]["function"]["name"] == "search"
    assert "搜" in turns[1]["tool_calls"][0]["function"]["arguments"]


def test_a_message_of_another_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="'chat'"):
        turns_of([ChatMessage("hi", role="narrator")], knows_tools=False, control_tokens=())
