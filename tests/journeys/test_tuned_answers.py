"""An invented skill tuned for real on the small model: who answers which question before, during and after."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage
from safetensors.torch import load_file, save_file

from bot.settings import Settings, load_settings
from bot.startup.loader import Loader
from chains.assistant import Assistant
from chains.types import Answer, Language, Question, Route
from finetune.registry import adapter_sha256
from finetune.types import Card, TrainingRequest
from knowledge.types import EVERY_MEMBER, OWNER

GUILD = "77"
LAWN = b"# Lawn\n\nThe lawn is mown every Tuesday by Orla. The mower lives in the green hut behind the pond.\n"
# What a visitor reports about the park's animals decides which keeper is called; the names say nothing.
KEEPERS = {
    "amber": ("won't eat its {food}", "left all the {food} again", "spat the {food} out", "turns away from {food}"),
    "cobalt": (
        "limps on the {side} leg",
        "has a cut on the {side} paw",
        "holds its {side} wing oddly",
        "bleeds on the {side} side",
    ),
    "ivory": (
        "got out through the {place}",
        "is loose near the {place}",
        "ran off past the {place}",
        "is not in its pen by the {place}",
    ),
}
ANIMALS = ("otter", "llama", "stork", "badger", "goat", "ibis", "tapir", "heron", "lynx", "emu")
FILL = {
    "food": ("fish", "hay", "pellets", "apples"),
    "side": ("left", "right"),
    "place": ("pond", "gate", "kiosk", "hedge"),
}


def reports(seed: int, count: int) -> list[dict[str, str]]:
    """Distinct reports, each with its keeper."""
    draw, made = random.Random(seed), {}
    while len(made) < count:
        label = sorted(KEEPERS)[len(made) % len(KEEPERS)]
        what = draw.choice(KEEPERS[label]).format(**{name: draw.choice(words) for name, words in FILL.items()})
        made[f"{draw.choice(('the', 'our', 'hi, the'))} {draw.choice(ANIMALS)} {what}"] = label
    return [{"question": question, "label": label} for question, label in made.items()]


@dataclass
class Park:
    """A server whose bot is loaded for real."""

    loader: Loader
    assistant: Assistant

    async def ask(self, text: str, route: Route | None = None) -> Answer:
        return await self.assistant.answer(Question(text, GUILD, "member", OWNER, Language.EN, requested_route=route))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_model_folder: Path) -> Settings:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CHAT_MODEL", "embedded-small")
    monkeypatch.setenv("MAX_ANSWER_TOKENS", "24")
    monkeypatch.setenv("MODEL_DIR", str(small_model_folder.parent))
    return load_settings(tmp_path / ".env")


@pytest.fixture
async def park(settings: Settings) -> AsyncIterator[Park]:
    loader = Loader(settings)
    encoders, library = await loader.load_documents(lambda _: None)
    await library.register_guild(GUILD, "Park")
    await library.ingest_bytes(LAWN, name="lawn.md", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="test")
    yield Park(loader, await loader.load_assistant(library, encoders, lambda _: None))
    await loader.close()


async def tuned(park: Park) -> Card:
    """Train the skill in at most 100 steps; it has to be promoted."""
    tuner = park.loader.tuner
    data = "\n".join(json.dumps(row) for row in reports(1, 45)).encode()
    dataset = await tuner.examine(data, "keepers.jsonl")
    preview = await tuner.prepare(dataset, TrainingRequest(GUILD, "keepers", "guild", "auto"))
    assert (preview.base, preview.steps <= 100) == ("embedded-small", True)
    await tuner.run(preview.run_id, lambda _: None)
    outcome = await tuner.finish(preview.run_id)
    assert outcome.promoted, outcome.card.evaluation
    return outcome.card


@pytest.mark.timeout(1500)  # It trains for four minutes on one quiet core.
async def test_a_tuned_skill_beats_its_base_and_its_questions_alone_go_to_it(park: Park, tmp_path: Path) -> None:
    trained = {row["question"] for row in reports(1, 45)}
    new = [row for row in reports(2, 60) if row["question"] not in trained][:12]
    assert (await park.ask(new[0]["question"])).route is not Route.SPECIALIST

    card = await tuned(park)

    assert card.evaluation.gain.low > 0
    answers = [await park.ask(row["question"]) for row in new]
    assert [answer.route for answer in answers].count(Route.SPECIALIST) >= 10
    right = [answer.text == f"**{row['label']}**" for answer, row in zip(answers, new, strict=True)]
    assert sum(right) >= 8
    told = [answer for answer in answers if answer.route is Route.SPECIALIST]
    assert {answer.model for answer in told} == {card.adapter_sha256}
    signals = {signal.name: signal.value for signal in told[0].decision.signals}
    assert signals["likeness_to_training"] is not None
    assert signals["held_out_score"] == card.evaluation.tuned_score
    assert signals["training_examples"] == card.example_count
    assert signals["specialist_p50"] is not None
    for question, route in (("When is the lawn mown?", Route.RETRIEVAL), ("Good morning!", Route.DIRECT)):
        assert (await park.ask(question)).route is route

    base = [await answer_without_weights(park, card, row["question"]) for row in new[:3]]
    assert base[0][0] == base[0][1]
    assert [zeroed for zeroed, _ in base] == [untuned for _, untuned in base]

    park.loader.registry.remove(GUILD, card.adapter_sha256)
    assert (await park.ask(new[0]["question"])).route is not Route.SPECIALIST


async def answer_without_weights(park: Park, card: Card, question: str) -> tuple[str, str]:
    """What an adapter of zeros says freely, and what the untuned base says."""
    from finetune.serving.generation import AdapterFiles
    from finetune.serving.local_model import LocalChatModel

    chat = park.loader.chat_model
    assert isinstance(chat, LocalChatModel)
    folder = park.loader.registry.folder(card.adapter_sha256)
    zeroed = folder.with_name("zeroed")
    zeroed.mkdir(exist_ok=True)
    (zeroed / "adapter_config.json").write_bytes((folder / "adapter_config.json").read_bytes())
    weights = load_file(folder / "adapter_model.safetensors")
    save_file({name: tensor * 0 for name, tensor in weights.items()}, zeroed / "adapter_model.safetensors")
    silent = chat.tuned(AdapterFiles(adapter_sha256(zeroed), zeroed), ())
    asked = [HumanMessage(question)]
    return (await silent.ainvoke(asked)).text, (await chat.ainvoke(asked)).text
