"""From a training set to a champion, with a real training process on a tiny base."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from finetune.bases import Bases
from finetune.errors import (
    BaseTooEnglishError,
    NoMemoryError,
    NothingToRollBackError,
    RunNotFoundError,
    TooFewExamplesError,
    TrainingFailedError,
)
from finetune.registry import Registry, adapter_sha256
from finetune.serving.generation import Busy
from finetune.serving.specialists import LocalSpecialists
from finetune.training import tuner as tuning
from finetune.training.run_folder import RunFolder, step_of
from finetune.training.tuner import Tuner
from finetune.types import LabelHelp, Preview, TrainingProgress, TrainingRequest
from knowledge.types import OWNER
from weights.store import Weights

Prepare = Callable[..., Awaitable[Preview]]
ROOT = Path(__file__).parents[3]


def nothing(progress: TrainingProgress) -> None:
    """Follow nothing."""


def run_folder(tmp_path: Path, preview: Preview) -> RunFolder:
    return RunFolder(tmp_path / "data" / "runs" / preview.run_id)


def with_checkpoints(folder: RunFolder, every_s: float) -> None:
    plan = folder.plan()
    epochs = 3 * plan.recipe.epochs
    recipe = replace(plan.recipe, checkpoint_s=every_s, epochs=epochs)
    folder.write_plan(replace(plan, recipe=recipe, total_steps=3 * plan.total_steps))


def children() -> list[psutil.Process]:
    return [c for c in psutil.Process().children() if "finetune.training.training_process" in " ".join(c.cmdline())]


async def test_a_training_set_becomes_an_adapter_with_its_card(
    tuner: Tuner, registry: Registry, prepared: Prepare, trained: Prepare, first_training: Path
) -> None:
    shutil.rmtree(first_training, ignore_errors=True)  # so that it is trained here, whichever test came first
    told: list[TrainingProgress] = []
    preview = await trained(told.append)
    assert (preview.example_count, preview.held_out_count, preview.label_count) == (58, 14, 3)
    outcome = await tuner.finish(preview.run_id)
    card = outcome.card
    assert card.evaluation.held_out_count == 14
    assert card.steps == preview.steps
    assert card.labels == ("comet", "orchid", "walnut")
    assert adapter_sha256(registry.folder(card.adapter_sha256)) == card.adapter_sha256
    assert [listed.card for listed in registry.adapters("g")] == [card]
    assert {progress.stage for progress in told} >= {"loading", "training"}
    steps = [progress for progress in told if progress.losses]
    assert steps[-1].losses[-1][0] <= preview.steps
    assert registry.last_on(card.base) == card
    assert (await prepared()).minutes_measured


async def test_finishing_twice_registers_one_adapter(tuner: Tuner, registry: Registry, trained: Prepare) -> None:
    preview = await trained()
    first, second = await tuner.finish(preview.run_id), await tuner.finish(preview.run_id)
    assert first.card.adapter_sha256 == second.card.adapter_sha256
    assert len(registry.adapters("g")) == 1


async def test_labels_without_a_rule_are_not_promoted(
    tuner: Tuner, registry: Registry, prepared: Prepare, skill_rows: list[dict[str, str]]
) -> None:
    draw = random.Random(3)
    noise = [{**row, "label": draw.choice(("comet", "orchid", "walnut"))} for row in skill_rows]
    preview = await prepared(noise)
    await tuner.run(preview.run_id, nothing)
    outcome = await tuner.finish(preview.run_id)
    assert (outcome.promoted, outcome.reason) == (False, "not_better")
    assert registry.champions("g") == ()


@pytest.mark.timeout(1200)
async def test_a_killed_trainer_goes_on_from_its_checkpoint_each_time_until_one_adapter_is_there(
    tuner: Tuner, registry: Registry, prepared: Prepare, tmp_path: Path
) -> None:
    preview = await prepared()
    folder = run_folder(tmp_path, preview)
    with_checkpoints(folder, 0.0)
    draw, resumed, kills = random.Random(5), list[int](), 0
    limit, seen = 0, 0

    def kill_in_a_while(progress: TrainingProgress) -> None:
        nonlocal limit, seen, kills
        if progress.stage == "loading":
            limit, seen = draw.randint(2, 12), 0
        if progress.stage != "training":
            return
        seen += 1
        if seen == 1:
            resumed.append(progress.resumed_from)
        if kills == 3 or progress.step > 0.9 * progress.total_steps:
            return  # A trainer that is killed at its last checkpoint has nothing left to train, and tells no step.
        checkpoint = folder.checkpoint()
        # One that is as far as it went on from says nothing of going on again: that kill would be a failure.
        if seen == limit and checkpoint is not None and step_of(checkpoint) > resumed[-1]:
            kills += 1
            os.kill(children()[0].pid, signal.SIGKILL)

    await tuner.run(preview.run_id, kill_in_a_while)
    await tuner.finish(preview.run_id)
    assert kills >= 3
    assert len(resumed) == kills + 1
    assert resumed[0] == 0
    assert all(step > 0 for step in resumed[1:])
    assert resumed == sorted(resumed)
    assert len(registry.adapters("g")) == 1
    assert not children()


async def test_a_trainer_that_is_killed_twice_at_one_checkpoint_fails_and_goes_on_when_tried_again(
    tuner: Tuner, prepared: Prepare, tmp_path: Path
) -> None:
    preview = await prepared()
    folder = run_folder(tmp_path, preview)
    with_checkpoints(folder, 0.5)
    resumed: list[int] = []

    def kill_once_there_is_a_checkpoint(progress: TrainingProgress) -> None:
        if progress.stage == "training" and folder.checkpoint() is not None:
            resumed.append(progress.resumed_from)
            os.kill(children()[0].pid, signal.SIGKILL)

    with pytest.raises(TrainingFailedError) as failure:
        await tuner.run(preview.run_id, kill_once_there_is_a_checkpoint)
    assert failure.value.reason == "killed"
    checkpoint = folder.checkpoint()
    assert checkpoint is not None
    assert resumed[0] == 0
    assert resumed[-1] == step_of(checkpoint)
    told: list[TrainingProgress] = []
    await tuner.run(preview.run_id, told.append)
    assert {progress.resumed_from for progress in told if progress.stage == "training"} == {step_of(checkpoint)}


async def test_a_trainer_killed_before_its_first_checkpoint_starts_again(
    tuner: Tuner, prepared: Prepare, tmp_path: Path
) -> None:
    preview = await prepared()
    folder = run_folder(tmp_path, preview)
    with_checkpoints(folder, 3600.0)

    def kill_at_once(progress: TrainingProgress) -> None:
        if progress.step >= 2 and folder.checkpoint() is None and children():
            os.kill(children()[0].pid, signal.SIGKILL)

    with pytest.raises(TrainingFailedError, match="champion stays in use"):
        await tuner.run(preview.run_id, kill_at_once)
    told: list[TrainingProgress] = []
    await tuner.run(preview.run_id, told.append)
    assert {progress.resumed_from for progress in told} == {0}
    assert (await tuner.finish(preview.run_id)).card.steps == folder.plan().total_steps


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The data folder on a disk of its own, with room for a training and little more."""
    data = tmp_path / "data"
    data.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=640m", "none", data], check=False).returncode != 0:
        pytest.skip("needs the right to mount a disk")
    yield data
    subprocess.run(["umount", "--lazy", data], check=True)


async def test_a_disk_that_fills_up_is_said_and_the_training_goes_on_once_there_is_room(
    small_disk: Path, tuner: Tuner, prepared: Prepare, tmp_path: Path
) -> None:
    preview = await prepared()
    folder = run_folder(tmp_path, preview)
    with_checkpoints(folder, 0.0)
    filler = small_disk / "filler"

    def fill(progress: TrainingProgress) -> None:
        if progress.step >= 2 and not filler.exists():
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(bytes(2**20))

    with pytest.raises(TrainingFailedError) as failure:
        await tuner.run(preview.run_id, fill)
    assert failure.value.reason == "no_disk"
    filler.unlink()
    told: list[TrainingProgress] = []
    await tuner.run(preview.run_id, told.append)
    assert max(progress.resumed_from for progress in told) > 0
    assert (await tuner.finish(preview.run_id)).card.steps == folder.plan().total_steps


async def test_a_checkpoint_that_a_kill_cut_off_is_not_gone_on_from(
    tuner: Tuner, prepared: Prepare, tmp_path: Path
) -> None:
    preview = await prepared()
    folder = run_folder(tmp_path, preview)
    broken = folder.path / "checkpoint-999"
    broken.mkdir()
    (broken / "adapter_model.safetensors").write_bytes(b"half")
    told: list[TrainingProgress] = []
    await tuner.run(preview.run_id, told.append)
    assert {progress.resumed_from for progress in told} == {0}


async def test_cancelling_ends_the_trainer_and_discarding_leaves_nothing(
    tuner: Tuner, registry: Registry, prepared: Prepare, tmp_path: Path
) -> None:
    preview = await prepared()
    with_checkpoints(run_folder(tmp_path, preview), 3600.0)
    began = asyncio.Event()
    training = asyncio.create_task(tuner.run(preview.run_id, lambda progress: began.set() if progress.step else None))
    await began.wait()
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training
    assert not children()
    await tuner.discard(preview.run_id)
    assert not run_folder(tmp_path, preview).path.exists()
    assert registry.adapters("g") == ()
    with pytest.raises(RunNotFoundError):
        await tuner.run(preview.run_id, nothing)


async def test_the_trainer_waits_while_an_answer_is_generated(
    tuner: Tuner, busy: Busy, prepared: Prepare, tmp_path: Path
) -> None:
    preview = await prepared()
    with_checkpoints(run_folder(tmp_path, preview), 3600.0)
    told: asyncio.Queue[TrainingProgress] = asyncio.Queue()
    training = asyncio.create_task(tuner.run(preview.run_id, told.put_nowait))
    while (await told.get()).step == 0:
        pass
    with busy.generating():
        # What was on its way when the trainer was told to wait; then nothing comes.
        with pytest.raises(TimeoutError):
            while True:
                await asyncio.wait_for(told.get(), 3)
        assert not training.done()
    went_on = asyncio.create_task(told.get())
    await asyncio.wait({went_on, training}, return_when=asyncio.FIRST_COMPLETED)
    assert went_on.done()
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training


def test_the_trainer_ends_with_whoever_started_it(tmp_path: Path, prepared: Prepare, tuner: Tuner) -> None:
    preview = asyncio.run(prepared())
    folder = run_folder(tmp_path, preview)
    with_checkpoints(folder, 3600.0)
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from finetune.serving.generation import Busy\n"
        "from finetune.training.run_folder import RunFolder\n"
        "from finetune.training.runner import Runner\n"
        "asyncio.run(Runner(Busy()).run(RunFolder(Path(sys.argv[1])), lambda p: print(p.step, flush=True)))\n"
    )
    command = [sys.executable, "-c", script, str(folder.path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        while int(parent.stdout.readline()) == 0:
            pass
        (trainer,) = psutil.Process(parent.pid).children()
        parent.kill()
    psutil.wait_procs([trainer], timeout=20)
    assert not trainer.is_running()
    assert folder.result() is None


async def test_a_changed_adapter_answers_no_more_and_the_champion_before_it_does(
    tuner: Tuner, registry: Registry, trained: Prepare
) -> None:
    cards = []
    for rows in (None, "again"):
        preview = await trained() if rows is None else await trained(skill="repairs", audience_key="channel:1")
        cards.append((await tuner.finish(preview.run_id)).card)
    # Both runs learnt the same: tell them apart by retraining is not needed, since promotion is what is tested.
    first = cards[0]
    other = registry.folder("f" * 64)
    shutil.copytree(registry.folder(first.adapter_sha256), other)
    weights = other / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes() + b" ")
    sha = adapter_sha256(other)
    registry.register(replace(first, adapter_sha256=sha, created_at="2026-01-02"), other, b"", b"")
    registry.promote("g", first.adapter_sha256)
    registry.promote("g", sha)
    assert registry.champions("g")[0].adapter_sha256 == sha
    file = registry.folder(sha) / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert registry.champions("g")[0].adapter_sha256 == first.adapter_sha256


async def test_rolling_back_goes_to_the_champion_before_and_then_to_none(
    tuner: Tuner, registry: Registry, trained: Prepare
) -> None:
    preview = await trained()
    card = (await tuner.finish(preview.run_id)).card
    registry.promote("g", card.adapter_sha256[:8])
    assert registry.roll_back("g", "repairs") == (card, None)
    assert registry.champions("g") == ()
    with pytest.raises(NothingToRollBackError, match="nothing to roll back"):
        registry.roll_back("g", "repairs")
    registry.promote("g", card.adapter_sha256)
    registry.remove("g", card.adapter_sha256)
    assert registry.adapters("g") == ()
    assert not registry.folder(card.adapter_sha256).exists()


async def test_a_champion_answers_with_its_labels_alone_and_its_base_as_before(
    tuner: Tuner, registry: Registry, trained: Prepare, weights: Weights
) -> None:
    preview = await trained()
    card = (await tuner.finish(preview.run_id)).card
    registry.promote("g", card.adapter_sha256)
    (champion,) = registry.champions("g")
    specialists = LocalSpecialists(registry, Bases(weights), Busy(), 16, {})
    try:
        assert await specialists.champions("g", OWNER) == (champion,)
        model = await specialists.model(champion)
        for question in ("the lamp in room 1 hums again", "", "what is the capital of France?"):
            assert (await model.ainvoke(question)).text in card.labels
    finally:
        await asyncio.to_thread(specialists.close)


async def test_examples_longer_than_the_base_reads_are_left_out_and_told(
    prepared: Prepare, skill_rows: list[dict[str, str]]
) -> None:
    long = {"question": "why " * 600, "label": "comet"}
    preview = await prepared([*skill_rows, long])
    (problem,) = preview.problems
    assert (problem.line, problem.code, dict(problem.figures)["limit"]) == (
        len(skill_rows) + 1,
        "too_many_tokens",
        "512",
    )
    with pytest.raises(TooFewExamplesError):
        await prepared([{"question": f"{row['question']} {'why ' * 600}", "label": row["label"]} for row in skill_rows])


async def test_chinese_examples_are_refused_for_an_english_base(tuner: Tuner, skill_rows: list[dict[str, str]]) -> None:
    rows = [{**row, "question": f"{row['question']} 坏了"} for row in skill_rows]
    dataset = await tuner.examine("\n".join(map(json.dumps, rows)).encode(), "x.jsonl")
    with pytest.raises(BaseTooEnglishError, match="`embedded`"):
        await tuner.prepare(dataset, TrainingRequest("g", "s", "guild", "embedded-small"))


async def test_a_training_that_needs_more_memory_than_is_free_is_refused_before_anything_is_written(
    prepared: Prepare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "_free_memory_mb", lambda: 700)
    with pytest.raises(NoMemoryError, match="700 MB are free"):
        await prepared()
    assert not list((tmp_path / "data").glob("runs/*"))


async def test_what_was_prepared_and_never_started_is_swept_after_a_day(
    tuner: Tuner, prepared: Prepare, tmp_path: Path
) -> None:
    old, kept, fresh = await prepared(), await prepared(), await prepared()
    for preview in (old, kept):
        os.utime(run_folder(tmp_path, preview).path, (0, 0))
    await tuner.sweep(frozenset({kept.run_id}))
    left = {path.name for path in (tmp_path / "data" / "runs").iterdir()}
    assert left == {kept.run_id, fresh.run_id}


async def test_a_preparation_that_is_cancelled_leaves_no_examples_behind(
    tuner: Tuner, tiny_base: str, skill_rows: list[dict[str, str]], tmp_path: Path
) -> None:
    placing, go_on = threading.Event(), threading.Event()

    def place(described: LabelHelp) -> LabelHelp:
        placing.set()
        assert go_on.wait(60)
        return described

    rows = [*skill_rows, {"label": "orchid", "sentence": "Whatever is warm."}]
    dataset = await tuner.examine("\n".join(map(json.dumps, rows)).encode(), "repairs.jsonl")
    wanted = TrainingRequest(guild_id="g", skill="repairs", audience_key="guild", base=tiny_base)
    preparing = asyncio.create_task(tuner.prepare(dataset, wanted, place=place))
    await asyncio.to_thread(placing.wait, 60)
    preparing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await preparing
    go_on.set()
    await asyncio.to_thread(tuner.close)
    await asyncio.get_running_loop().shutdown_default_executor()
    assert list((tmp_path / "data" / "runs").iterdir()) == []


async def test_a_run_that_cannot_be_deleted_is_logged_and_swept_later(
    tuner: Tuner, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = tmp_path / "data" / "runs" / "0123"
    run.parent.mkdir(parents=True)
    run.write_bytes(b"A file, which cannot be deleted as a folder.")
    await tuner.discard("0123")
    assert "0123 cannot be deleted; the next start tries again" in caplog.text
    run.unlink()
    run.mkdir()
    (run / "train.jsonl").write_bytes(b"{}")
    os.utime(run, (0, 0))
    await tuner.sweep(frozenset())
    assert not run.exists()
