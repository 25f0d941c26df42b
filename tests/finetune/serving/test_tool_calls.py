"""Calls are taken out of the text, however it is cut into pieces, and the local model's answer is read so."""

from __future__ import annotations

import json
from functools import reduce
from operator import add
from pathlib import Path

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.tools import tool

from finetune.serving.local_model import LocalChatModel
from finetune.serving.tool_calls import ToolCallSplitter, forced_prefix

NAMES = ("search", "decline")
SEARCH = '<tool_call>\n{"name": "search", "arguments": {"query": "泊位 <b>"}}\n</tool_call>'
DECLINE = '<tool_call>\n{"name": "decline"}\n</tool_call>'


def split(text: str, size: int | None = None, names: tuple[str, ...] = NAMES) -> AIMessageChunk:
    """The whole message of `text`, pushed `size` characters at a time."""
    splitter, size = ToolCallSplitter(names), size or len(text)
    pieces = [chunk for at in range(0, len(text), size) for chunk in splitter.push(text[at : at + size])]
    return reduce(add, [*pieces, *splitter.flush()], AIMessageChunk(""))


@pytest.mark.parametrize("size", range(1, len(SEARCH) + 14))
def test_a_call_is_found_in_pieces_of_any_size(size: int) -> None:
    said = split(f"Let me < see.{SEARCH} Done.", size)
    assert said.text == "Let me < see. Done."
    (call,) = said.tool_calls
    assert (call["name"], call["args"]) == ("search", {"query": "泊位 <b>"})
    assert call["id"]
    assert said.invalid_tool_calls == []


def test_two_calls_have_ids_of_their_own() -> None:
    first, second = split(f"{SEARCH}\n{DECLINE}").tool_calls
    assert (first["name"], second["name"], second["args"]) == ("search", "decline", {})
    assert first["id"] != second["id"]


@pytest.mark.parametrize("size", [1, 7, 500])
@pytest.mark.parametrize(
    "body",
    ["search for it", '{"name": "search", "arguments": {"query": "a"', '{"name": "search", "arguments": 3}', "[]", ""],
)
def test_what_is_no_whole_call_is_an_invalid_one_that_keeps_its_words(body: str, size: int) -> None:
    said = split(f"<tool_call>{body}</tool_call>", size)
    assert (said.text, said.tool_calls) == ("", [])
    (call,) = said.invalid_tool_calls
    assert json.loads(call["args"] or "") == body


def test_a_tool_that_was_not_shown_is_an_invalid_call_under_its_name() -> None:
    (call,) = split('<tool_call>{"name": "shell", "arguments": {}}</tool_call>').invalid_tool_calls
    assert call["name"] == "shell"


def test_a_call_that_nothing_closes_counts_where_it_is_whole() -> None:
    assert [call["name"] for call in split(SEARCH.removesuffix("</tool_call>")).tool_calls] == ["search"]
    assert split(SEARCH[:40]).invalid_tool_calls


def test_text_goes_on_at_once_and_only_a_beginning_tag_is_held_back() -> None:
    splitter = ToolCallSplitter(NAMES)
    assert [chunk.text for chunk in splitter.push("a <tool")] == ["a "]
    assert [chunk.text for chunk in splitter.push("box>")] == ["<toolbox>"]
    assert splitter.push("<") == []
    assert [chunk.text for chunk in splitter.flush()] == ["<"]


def test_without_tools_a_tag_is_text() -> None:
    assert split(SEARCH, 5, names=()).text == SEARCH


@pytest.mark.parametrize(("choice", "rest"), [("search", "{}}</tool_call>"), ("any", 'search"}</tool_call>')])
def test_a_forced_beginning_goes_on_to_a_call(choice: str, rest: str) -> None:
    assert [call["name"] for call in split(forced_prefix(choice, NAMES) + rest).tool_calls] == ["search"]


def test_a_free_choice_forces_nothing_and_an_unknown_tool_is_refused() -> None:
    assert [forced_prefix(choice, NAMES) for choice in (None, "auto", "none")] == ["", "", ""]
    with pytest.raises(ValueError, match="'shell', but the tools are decline, search"):
        forced_prefix("shell", NAMES)


@tool
def search(query: str) -> str:
    """Look it up."""
    return query


@pytest.fixture
def with_tools(small_model_folder: Path, tmp_path: Path) -> Path:
    """The real small model under a template that knows tools."""
    for file in small_model_folder.iterdir():
        if file.name not in {"chat_template.jinja", "routewise.json"}:
            (tmp_path / file.name).symlink_to(file)
    own = (small_model_folder / "chat_template.jinja").read_text("utf-8")
    shown = "{% if tools %}{{ tools | tojson }} Call one between <tool_call> and </tool_call>.\n{% endif %}"
    (tmp_path / "chat_template.jinja").write_text(shown + own, "utf-8")
    return tmp_path


async def test_a_local_model_is_shown_the_tools_and_a_forced_call_is_no_text(with_tools: Path) -> None:
    model = LocalChatModel(folder=with_tools, shown_as="with tools", max_new_tokens=12)
    try:
        question = [HumanMessage("Where is the harbour?")]
        plain = await model.ainvoke(question)
        shown = await model.bind_tools([search]).ainvoke(question)
        forced = await model.bind_tools([search], tool_choice="search").ainvoke(question)
    finally:
        model.close()
    assert shown.usage_metadata["input_tokens"] > plain.usage_metadata["input_tokens"] + 20
    assert forced.text == ""
    assert len([*forced.tool_calls, *forced.invalid_tool_calls]) == 1
