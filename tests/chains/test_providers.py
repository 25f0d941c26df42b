"""A provider's model over its real protocol, and each way in which such a server fails."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from pydantic import SecretStr

from chains.errors import ProviderUnusable
from chains.providers import Failure, failure_of, make_chat_model
from tests.fakes.openai_server import OpenAIServer, serving

QUESTION = [HumanMessage("How long?")]


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with serving(lambda _: ("Seven ", "whole ", "days.")) as running:
        yield running


def model(url: str, key: str | None = None, timeout_s: float = 20.0) -> BaseChatModel:
    api_key = None if key is None else SecretStr(key)
    return make_chat_model("openai:some-model", base_url=url, api_key=api_key, timeout_s=timeout_s, max_tokens=50)


async def failure(asked: BaseChatModel) -> tuple[str, Failure]:
    """What was said before it failed, and how it failed."""
    words = ""
    try:
        async for chunk in asked.astream(QUESTION):
            words += chunk.text
    except Exception as error:  # noqa: BLE001 - that it is told apart is what is tested
        return words, failure_of(error)
    pytest.fail("it did not fail")


async def test_an_answer_is_streamed_from_the_named_model(server: OpenAIServer) -> None:
    pieces = [chunk.text async for chunk in model(server.url).astream(QUESTION)]
    assert [piece for piece in pieces if piece] == ["Seven ", "whole ", "days."]
    (request,) = server.requests
    assert request["model"] == "some-model"
    assert request["temperature"] == 0


async def test_a_model_that_is_to_vary_its_words_is_asked_to(server: OpenAIServer) -> None:
    varied = make_chat_model(
        "openai:some-model", base_url=server.url, api_key=None, timeout_s=20.0, max_tokens=50, temperature=0.7
    )
    await varied.ainvoke(QUESTION)
    assert server.requests[0]["temperature"] == 0.7


async def test_a_server_of_ones_own_needs_no_key_and_a_given_key_is_sent(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "the-real-one")
    await model(server.url).ainvoke(QUESTION)
    await model(server.url, "k-123").ainvoke(QUESTION)
    assert server.keys == ["Bearer none", "Bearer k-123"]


async def test_a_busy_server_is_asked_again_and_then_answers(server: OpenAIServer) -> None:
    server.answers_with = [429, 503]
    assert (await model(server.url).ainvoke(QUESTION)).text == "Seven whole days."
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "expected", "tries"),
    [
        (401, Failure.REFUSED, 1),
        (403, Failure.REFUSED, 1),
        (404, Failure.UNKNOWN_MODEL, 1),
        (429, Failure.BUSY, 3),
        (500, Failure.DOWN, 3),
        (400, Failure.OTHER, 1),
    ],
)
async def test_a_failure_is_told_apart_and_retried_only_where_it_helps(
    server: OpenAIServer, status: int, expected: Failure, tries: int
) -> None:
    server.answers_with = [status] * 3
    assert await failure(model(server.url)) == ("", expected)
    assert len(server.requests) == tries


async def test_a_server_that_says_nothing_for_too_long_is_slow(server: OpenAIServer) -> None:
    server.waits_s = 1.0
    assert await failure(model(server.url, timeout_s=0.2)) == ("", Failure.SLOW)


async def test_a_server_that_dies_within_an_answer_leaves_the_words_that_came(server: OpenAIServer) -> None:
    server.dies_after = 2
    assert await failure(model(server.url)) == ("Seven whole ", Failure.UNREACHABLE)


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    assert await failure(model(url)) == ("", Failure.UNREACHABLE)


@pytest.mark.parametrize(
    ("name", "told"),
    [("openai:some-model", "OPENAI_API_KEY"), ("anthropic:x", "langchain-anthropic"), ("nobody:x", "nobody")],
)
def test_a_provider_that_cannot_be_set_up_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ProviderUnusable, match=told):
        make_chat_model(name, base_url=None, api_key=None, timeout_s=1, max_tokens=1)


def test_what_is_not_the_providers_is_no_failure_of_a_provider() -> None:
    assert failure_of(ValueError("something else")) is Failure.OTHER


@pytest.mark.parametrize("status", [None, "503", True])
def test_an_error_whose_status_is_no_number_is_told_by_its_name(status: object) -> None:
    class AnsweredError(Exception):
        status_code = status

    assert failure_of(AnsweredError()) is Failure.OTHER
