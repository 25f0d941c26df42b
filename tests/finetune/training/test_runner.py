"""When a training may begin: one at a time on a data folder, whichever process started it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from filelock import FileLock

from finetune.errors import TrainingFailedError
from finetune.serving.generation import Busy
from finetune.training.run_folder import RunFolder
from finetune.training.runner import Runner
from finetune.types import TrainingProgress, TrainingStage


async def test_a_training_waits_for_another_process_and_says_so(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "run")
    folder.path.mkdir(parents=True)
    told: list[TrainingProgress] = []
    is_waiting = asyncio.Event()

    def on_progress(now: TrainingProgress) -> None:
        told.append(now)
        is_waiting.set()

    with FileLock(tmp_path / "runs.lock", thread_local=False):
        running = asyncio.create_task(Runner(Busy()).run(folder, on_progress))
        async with asyncio.timeout(20):
            await is_waiting.wait()
        assert not running.done()
        assert list(folder.path.iterdir()) == []  # nothing has begun
    # Nothing was prepared in this folder: once it is its turn, it begins, and fails.
    with pytest.raises(TrainingFailedError):
        await running
    assert [now.stage for now in told] == [TrainingStage.WAITING]
