"""Profiles of adapters, while the encoder that computes them is slow and others ask questions."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from finetune.data.dataset import to_jsonl
from finetune.registry import Registry
from finetune.serving.domain_classifier import DomainClassifiers
from finetune.types import Example

ONE, OTHER = "1" * 64, "2" * 64
LIMIT_S = 20


@dataclass
class SlowEncoder:
    """Embeds one text at a time, as a real one does, and is held at any text that a test wants."""

    held: str = ""
    """A text with this in it waits for `may_go_on`."""
    is_held: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)
    embedded: list[str] = field(default_factory=list)
    model_name: str = "slow"

    def __post_init__(self) -> None:
        self._working = threading.Lock()

    def embed_query(self, text: str) -> list[float]:
        if self.held and self.held in text:
            self.is_held.set()
            self.may_go_on.wait(LIMIT_S)
        with self._working:
            self.embedded.append(text)
            return [float("lamp" in text), float("boat" in text), 1.0]


@pytest.fixture
def encoder() -> SlowEncoder:
    return SlowEncoder()


@pytest.fixture
def classifiers(registry: Registry, encoder: SlowEncoder) -> DomainClassifiers:
    _train_on(registry.folder(ONE), [f"the lamp in room {room} is broken" for room in range(20)])
    _train_on(registry.folder(OTHER), [f"the boat in bay {bay} leaks" for bay in range(20)])
    return DomainClassifiers(registry, encoder)


def _train_on(folder: Path, questions: Sequence[str]) -> None:
    folder.mkdir(parents=True)
    examples = [Example((("user", question),), "repairs", line) for line, question in enumerate(questions, start=1)]
    (folder / "train.jsonl").write_bytes(to_jsonl(examples))


async def test_a_question_of_another_guild_does_not_wait_for_a_classifier_that_is_fitted(
    classifiers: DomainClassifiers, encoder: SlowEncoder
) -> None:
    known = await classifiers.classifier(OTHER)
    encoder.held = "lamp"
    computing = asyncio.create_task(classifiers.classifier(ONE))
    await asyncio.to_thread(encoder.is_held.wait, LIMIT_S)
    try:
        async with asyncio.timeout(LIMIT_S / 4):
            assert await classifiers.classifier(OTHER) is known
        assert not computing.done()
    finally:
        encoder.may_go_on.set()
    assert (await computing).likeness([1.0, 0.0, 1.0]) > 0.5


async def test_two_guilds_first_classifiers_are_fitted_at_the_same_time(
    classifiers: DomainClassifiers, encoder: SlowEncoder
) -> None:
    encoder.held = "lamp"
    computing = asyncio.create_task(classifiers.classifier(ONE))
    await asyncio.to_thread(encoder.is_held.wait, LIMIT_S)
    try:
        async with asyncio.timeout(LIMIT_S / 4):
            assert (await classifiers.classifier(OTHER)).likeness([0.0, 1.0, 1.0]) > 0.5
        assert not computing.done()
    finally:
        encoder.may_go_on.set()
    await computing


async def test_an_encoder_is_kept_for_a_small_batch_at_most(
    classifiers: DomainClassifiers, encoder: SlowEncoder
) -> None:
    """Else a thread that embeds without a break keeps the encoder from whoever waits for it."""
    encoder.held = "the boat in bay 8"
    computing = asyncio.create_task(classifiers.classifier(OTHER))
    await asyncio.to_thread(encoder.is_held.wait, LIMIT_S)
    computing.cancel()
    encoder.may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await computing
    await asyncio.get_running_loop().shutdown_default_executor()  # What was begun in a thread goes on to its end.
    assert sum("boat in bay" in text for text in encoder.embedded) <= 16


async def test_the_same_classifier_is_requested_many_times_and_fitted_once(
    classifiers: DomainClassifiers, encoder: SlowEncoder
) -> None:
    first, *others = await asyncio.gather(*(classifiers.classifier(ONE) for _ in range(5)))
    assert all(other is first for other in others)
    assert sum("lamp in room" in text for text in encoder.embedded) == 20
