"""Which chat model `auto` means: the larger one where it fits, and why not where it does not."""

from __future__ import annotations

import pytest

from bot.startup.chat_choice import choose_chat_model
from bot.startup.models import OWN_CHAT_MODELS

MISSING = {"embedded-large": 1_200, "embedded-gguf": 600}


def test_a_machine_with_room_gets_the_larger_model() -> None:
    choice = choose_chat_model(8_000, 20_000, MISSING)
    assert choice.name == "embedded-large"
    assert choice.reason == "embedded-large answers, because 8,000 MB of memory are free"


@pytest.mark.parametrize(
    ("memory_mb", "disk_mb", "told"),
    [(1_800, 20_000, "only 1,800 MB of memory are free"), (8_000, 900, "only 900 MB of disk space are free")],
)
def test_a_small_machine_gets_the_small_model_and_is_told_why(memory_mb: int, disk_mb: int, told: str) -> None:
    choice = choose_chat_model(memory_mb, disk_mb, MISSING)
    assert choice.name == "embedded-gguf"
    assert told in choice.reason


def test_a_model_that_is_on_the_disk_already_needs_no_more_of_it() -> None:
    assert choose_chat_model(8_000, 10, {**MISSING, "embedded-large": 0}).name == "embedded-large"


@pytest.mark.parametrize(
    ("chat_model", "is_own"),
    [("auto", True), ("embedded", True), ("embedded-large", True), ("gguf:/a.gguf", False), ("openai:small", False)],
)
def test_passages_are_quoted_in_place_of_each_model_that_the_bot_brings(chat_model: str, is_own: bool) -> None:
    assert (chat_model in OWN_CHAT_MODELS) is is_own
