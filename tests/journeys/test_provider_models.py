"""A community whose answers come from a provider's model and whose search uses an encoder of its own choice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import simcord
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from bot.local.simulator import RealTimeContext
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.settings import Settings, load_settings
from bot.startup.app import assemble
from bot.startup.loader import Loader
from bot.tasks import Tasks
from chains.composer import READER
from chains.errors import GenerationFailed
from chains.types import AnswerForm, Language, Question, Route
from finetune.serving.local_model import LocalChatModel
from knowledge.types import EVERY_MEMBER, OWNER
from tests.fakes.openai_server import OpenAIServer, serving
from tests.journeys import discord_api
from weights.store import Weights

KEYS = b"# Keys\n\nMira Ostrander keeps the keys of the hall and hands them out at seven in the morning."
QUESTION = Question("Who keeps the keys of the hall?", "1", "2", OWNER, Language.EN)
SLIPS = b"# Slips\n\nThe slip behind the boathouse is dredged each spring, and closed for a week."


@pytest.fixture(scope="module")
def small_model(small_model_folder: Path) -> Iterator[LocalChatModel]:
    model = LocalChatModel(folder=small_model_folder, max_new_tokens=24)
    yield model
    model.close()


@pytest.fixture
def server(small_model: LocalChatModel) -> Iterator[OpenAIServer]:
    def speak(messages: list[dict[str, str]]) -> Iterator[str]:
        kinds: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage}
        said = [kinds[message["role"]](message["content"]) for message in messages]
        return (chunk.text for chunk in small_model.stream(said) if chunk.text)

    with serving(speak) as running:
        yield running


def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: Path, **named: str) -> Settings:
    for name, value in {"DATA_DIR": str(tmp_path / "data"), "MODEL_DIR": str(models), **named}.items():
        monkeypatch.setenv(name, value)
    return load_settings(tmp_path / ".env")


@pytest.mark.parametrize("encoder", ["hf", "provider"])
async def test_a_providers_model_reads_what_any_encoder_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    server: OpenAIServer,
    weights: Weights,
    embedding_folder: Path,
    encoder: str,
) -> None:
    settings = _settings(
        tmp_path,
        monkeypatch,
        embedding_folder.parent,
        CHAT_MODEL="openai:small",
        CHAT_BASE_URL=server.url,
        EMBEDDING_MODEL=f"hf:{weights.ensure('embedding-en')}" if encoder == "hf" else "openai:hashing",
        EMBEDDING_BASE_URL=server.url,
    )
    loader = Loader(settings)
    try:
        encoders, library = await loader.load_documents(lambda _: None)
        await library.register_guild("1", "Harbour Lights")
        for name, page in (("keys.md", KEYS), ("slips.md", SLIPS)):
            report = await library.ingest_bytes(page, name=name, guild_id="1", audience=EVERY_MEMBER, ingested_by="2")
            assert report.chunk_count == 1
        assistant = await loader.load_assistant(library, encoders, lambda _: None)
        answer = await assistant.answer(QUESTION)
        assert answer.decision.route is Route.RETRIEVAL
        assert answer.composition is not None
        writers = {AnswerForm.WRITTEN: "openai:small", AnswerForm.REPLACED: READER}
        assert answer.model == writers[answer.composition.form]
        assert "Mira Ostrander" in answer.evidence[0].chunk.text
        assert answer.text
        server.dies_after = 1
        with pytest.raises(GenerationFailed) as raised:
            await assistant.answer(QUESTION)
        assert raised.value.code == "provider_unreachable"
    finally:
        await loader.close()


@pytest.mark.parametrize(("base_url", "notices"), [("", 1), ("http://127.0.0.1:9/v1", 0)])
async def test_the_owner_is_told_once_that_text_leaves_the_machine(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    documents_part: LazyService[DocumentsPort],
    assistant_part: LazyService[AssistantPort],
    base_url: str,
    notices: int,
) -> None:
    settings = _settings(
        tmp_path, monkeypatch, tmp_path, CHAT_MODEL="openai:gpt-5-mini", CHAT_BASE_URL=base_url, CHAT_API_KEY="k"
    )
    seen = []
    for _ in range(2):
        scope = RealTimeContext()
        tasks = Tasks(scope)
        app = assemble(settings, documents_part, assistant_part, tasks, shard_count=1)
        env = simcord.Env(app.client)
        scope.attach(env)
        guild = env.create_guild("Harbour Lights")
        await env.start()
        await env.settle()
        await tasks.idle()
        sent = [request.json for request in env.http_requests if request.path.endswith("/messages")]
        seen += [str(body["content"]) for body in sent]
        ada, crew = guild.add_member(env.create_user("ada")), guild.create_text_channel("crew")
        await ada.slash(crew, "help")
        assert ("openai:gpt-5-mini" in crew.history(viewer=ada)[-1].content) == bool(notices)
        discord_api.check(env.http_requests)
        await tasks.close()
        await env.shutdown()
    assert len(seen) == notices
    assert all("openai:gpt-5-mini" in content for content in seen)
