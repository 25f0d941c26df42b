"""What the bot says about its models follows from the settings, and names no folder of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import load_settings
from bot.startup.models import model_facts
from chains.bot_facts import ModelFact, ModelFacts, SelfDescription
from chains.types import Language
from weights.catalog import CHAT_MODELS


def _facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chat_model: str, **named: str) -> ModelFacts:
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    return model_facts(load_settings(tmp_path / ".env"), chat_model)


def test_pinned_models_are_named_by_their_titles_and_run_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = _facts(tmp_path, monkeypatch, "Qwen2.5-Coder-0.5B-Instruct")
    assert facts == ModelFacts(
        chat=ModelFact("Qwen2.5-Coder-0.5B-Instruct", is_external=False),
        chat_quality="embedded",
        search=ModelFact("multilingual-e5-small", is_external=False),
        reranker=None,
    )
    assert facts.external == ()


def test_models_in_folders_are_named_without_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"CHAT_MODEL": "hf:/srv/models/mine", "EMBEDDING_MODEL": "hf:~/e5", "RERANKER": "hf:BAAI/bge-reranker-base"}
    facts = _facts(tmp_path, monkeypatch, "/srv/models/mine", **named)
    assert (facts.chat.title, facts.search.title, facts.reranker) == ("mine", "e5", "BAAI/bge-reranker-base")
    assert facts.chat_quality == "other"
    assert facts.external == ()


@pytest.mark.parametrize("chat_model", [*CHAT_MODELS, "auto", "gguf:/srv/models/mine.gguf"])
def test_every_chat_model_on_this_machine_has_a_sentence_on_how_good_it_is_and_is_not_external(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chat_model: str
) -> None:
    facts = _facts(tmp_path, monkeypatch, "mine", CHAT_MODEL=chat_model)
    for language in Language:
        assert SelfDescription().quality(facts.chat_quality, language)
    assert facts.external == ()


@pytest.mark.parametrize(("address", "external"), [("", ("openai:gpt-5-mini",)), ("http://127.0.0.1:9/v1", ())])
def test_a_providers_model_is_told_as_one_unless_its_server_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, external: tuple[str, ...]
) -> None:
    named = {"CHAT_MODEL": "openai:gpt-5-mini", "CHAT_BASE_URL": address, "CHAT_API_KEY": "k"}
    facts = _facts(tmp_path, monkeypatch, "openai:gpt-5-mini", **named)
    assert facts.external == external
    assert facts.chat.is_external is bool(external)
