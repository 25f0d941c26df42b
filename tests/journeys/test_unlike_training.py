"""A community whose tuned model is promoted: what is not its kind is refused, and "Why?" says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.settings import Settings, load_settings
from bot.startup.loader import Loader
from chains.assistant import Assistant as RealAssistant
from chains.types import Decided, Language, Question, Route, RouteDecision
from finetune.data.dataset import load_dataset, split_dataset, to_jsonl
from finetune.registry import adapter_sha256
from finetune.types import Card, Evaluation, Interval
from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, OWNER, QAPair
from tests.fakes.recording_assistant import RecordingAssistant
from tests.journeys.conftest import Community

EXAMPLES = Path(__file__).parents[2] / "examples"
HELP_DESK = EXAMPLES / "training" / "help-desk.jsonl"
MEASURED = Evaluation(65, 0.85, 0.2, Interval(0.65, 0.5, 0.8), 2.0, 2.0, 0.5, 0.9, 0.5)


@dataclass
class Loaded:
    loader: Loader
    library: Library
    documents: LazyService[DocumentsPort]
    assistant: LazyService[AssistantPort]
    real: RealAssistant


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_model_folder: Path) -> Settings:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CHAT_MODEL", "embedded-small")
    monkeypatch.setenv("MODEL_DIR", str(small_model_folder.parent))
    return load_settings(tmp_path / ".env")


@pytest.fixture
async def loaded(settings: Settings) -> AsyncIterator[Loaded]:
    loader = Loader(settings)
    embeddings, library = await loader.load_documents(lambda _: None)
    real = await loader.load_assistant(library, embeddings, lambda _: None)
    record = RecordingAssistant(real)
    yield Loaded(loader, library, LazyService.of("documents", library), LazyService.of("chat_model", record), real)
    await loader.close()


@pytest.fixture
async def assistant_part(loaded: Loaded) -> LazyService[AssistantPort]:
    return loaded.assistant


@pytest.fixture
async def documents_part(loaded: Loaded) -> LazyService[DocumentsPort]:
    return loaded.documents


def promote(loader: Loader, guild_id: str, folder: Path) -> None:
    """Make the club's help desk champion. Its weights, which no question here reaches, are an empty file."""
    dataset = load_dataset(HELP_DESK.read_bytes(), HELP_DESK.name)
    parts = split_dataset(dataset)
    folder.mkdir()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        (folder / name).touch()
    card = Card(
        adapter_sha256=adapter_sha256(folder),
        guild_id=guild_id,
        skill="help-desk",
        kind=dataset.kind,
        base="embedded-small",
        audience_key="guild",
        dataset_sha256=dataset.sha256,
        example_count=len(parts.train),
        labels=dataset.labels,
        label_help=dataset.label_help,
        evaluation=MEASURED,
        steps=400,
        training_seconds=600.0,
        tokens_per_s=300.0,
        peak_memory_mb=3000,
        created_at="2026-11-28T00:00:00+00:00",
    )
    loader.registry.register(card, folder, to_jsonl(parts.train), to_jsonl(parts.held_out))
    loader.registry.promote(guild_id, card.adapter_sha256)


async def decision(assistant: RealAssistant, guild_id: str, text: str) -> RouteDecision:
    """How a question is decided; the writing is given up before it begins."""
    question = Question(text, guild_id, "member", OWNER, Language.of(text))
    async with aclosing(assistant.stream(question)) as events:
        async for event in events:
            if isinstance(event, Decided):
                return event.decision
    raise AssertionError("no decision was made")


async def test_what_is_not_its_kind_never_goes_to_a_promoted_model(
    community: Community, loaded: Loaded, tmp_path: Path
) -> None:
    guild_id = str(community.guild.id)
    library = loaded.library
    await library.register_guild(guild_id, "Harbour Lights")
    for page in ("tools.md", "welcome.md"):
        data = (EXAMPLES / "handbook" / page).read_bytes()
        await library.ingest_bytes(data, name=page, guild_id=guild_id, audience=EVERY_MEMBER, ingested_by="test")
    promote(loaded.loader, guild_id, tmp_path / "trained")

    shown = await community.ask(community.member, "What is the capital of Mongolia?")
    assert shown.content.startswith("I couldn't find this in the documents")
    assert "Your question isn't like those that the tuned model was trained on, either." in shown.content
    assert "safety-report" not in shown.content
    assert "no answer ·" in shown.content
    await community.member.click(shown, label="Why?")
    await community.rest()
    seen = community.channel.history(viewer=community.member)
    explained = "\n".join(message.content for message in seen if message.flags.ephemeral)
    assert "match with what the tuned model was trained on: only" in explained
    assert "+0.0" not in explained

    for text in ("asdf qwer zxcv", "How much does a mooring permit for a visiting boat cost?", "蒙古的首都是哪里？"):
        assert (await decision(loaded.real, guild_id, text)).route is Route.ABSTAIN, text
    request = "the thicknesser spits out chips on the wrong side, can someone take it apart?"
    assert (await decision(loaded.real, guild_id, request)).route is Route.SPECIALIST
    assert (await decision(loaded.real, guild_id, "How long can I borrow a tool?")).route is Route.RETRIEVAL


async def test_a_correction_answers_no_question_beside_its_own(community: Community, loaded: Loaded) -> None:
    guild_id = str(community.guild.id)
    library = loaded.library
    await library.register_guild(guild_id, "Harbour Lights")
    for question, answer in (
        ("Who has the key of the kayak rack?", "Sunniva Park"),
        ("When is the cafe open on Sundays?", "From 10:00 to 18:00."),
    ):
        await library.write_pair(QAPair((question,), answer), guild_id=guild_id, audience=EVERY_MEMBER, written_by="7")
    asked = {
        "Who has the key of the kayak rack?": Route.RETRIEVAL,
        "Who has the key of the workshop?": Route.ABSTAIN,
        "When is the cafe open on Mondays?": Route.ABSTAIN,
    }
    assert {text: (await decision(loaded.real, guild_id, text)).route for text in asked} == asked
