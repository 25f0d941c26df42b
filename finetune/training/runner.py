"""Runs a training in a child process of low priority, follows it, and pauses it while answers are generated.

Edit this file to change how the child is started, paused or ended.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel

from finetune.errors import TrainingFailedError
from finetune.serving.generation import Busy
from finetune.training.run_folder import Result, RunFolder
from finetune.types import FailureReason, TrainingProgress, TrainingStage
from storage.child_environment import child_environment

_log = logging.getLogger(__name__)

_END_LIMIT_S = 10
_TURN_INTERVAL_S = 0.5
_LINE_LIMIT = 16 * 2**20
"""The most bytes of one line of progress, which holds every loss."""


class _Message(BaseModel):
    progress: TrainingProgress | None = None
    failed: FailureReason | None = None
    done: bool = False


class Runner:
    """Trains runs, each in a child process."""

    def __init__(self, busy: Busy) -> None:
        self._busy = busy

    async def run(self, folder: RunFolder, on_progress: Callable[[TrainingProgress], None]) -> Result:
        """Train and measure, resuming from the last complete checkpoint. Cancelling it ends the child.

        It waits for a training that another process does on the same data folder: two would take the same memory and
        cores, and both would take longer than they said.

        Raises:
            TrainingFailedError: with the child's reason.
        """
        lock = FileLock(folder.path.parent.with_suffix(".lock"), thread_local=False)
        await _acquire(lock, on_progress)
        try:
            return await self._run(folder, on_progress)
        finally:
            lock.release()

    async def _run(self, folder: RunFolder, on_progress: Callable[[TrainingProgress], None]) -> Result:
        with (folder.path / "training.log").open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "finetune.training.training_process",
                str(folder.path),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=_LINE_LIMIT,
                cwd=Path(__file__).parents[2],
                env=child_environment(),
            )
        try:
            failed = await self._follow(child, on_progress)
        finally:
            await _end(child)
        result = folder.result()
        if result is None:
            was_killed = child.returncode == -signal.SIGKILL
            raise TrainingFailedError(failed or (FailureReason.KILLED if was_killed else FailureReason.UNEXPECTED))
        return result

    async def _follow(
        self, child: asyncio.subprocess.Process, on_progress: Callable[[TrainingProgress], None]
    ) -> FailureReason | None:
        """Pass on the progress until the child ends; return the reason that it gives for a failure."""
        loop = asyncio.get_running_loop()
        stdin, stdout = child.stdin, child.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the training process was started without its pipes")

        def pause(is_busy: bool) -> None:
            loop.call_soon_threadsafe(_send, stdin, b"pause\n" if is_busy else b"go\n")

        failed: FailureReason | None = None
        with self._busy.subscribe(pause):
            async for line in stdout:
                message = _Message.model_validate_json(line)
                if message.progress is not None:
                    on_progress(message.progress)
                failed = message.failed or failed
        return failed


async def _acquire(lock: FileLock, on_progress: Callable[[TrainingProgress], None]) -> None:
    """Wait until no other process holds the lock, and tell that it waits."""
    has_told = False
    while True:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            if not has_told:
                on_progress(TrainingProgress(TrainingStage.WAITING, 0, 0))
                has_told = True
            await asyncio.sleep(_TURN_INTERVAL_S)
        else:
            return


def _send(stdin: asyncio.StreamWriter, command: bytes) -> None:
    if not stdin.is_closing():
        stdin.write(command)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Close the child's stdin, at which it ends by itself; kill it if it does not."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(_END_LIMIT_S):
            await child.wait()
    except TimeoutError:
        _log.warning("the training process did not stop, killing it")
        child.kill()
        await child.wait()
