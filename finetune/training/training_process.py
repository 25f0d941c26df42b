"""The process that trains: `python -m finetune.training.training_process RUN_FOLDER`.

It reads `pause` and `go` from stdin, and ends when that closes, so it never outlives its parent. On stdout it writes
one JSON object a line: progress, and at the end `done` or a failure's code. Its priority is low. Edit this file to
change what is reported, or the order of a run's steps.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import resource
import shutil
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from filelock import FileLock
from pydantic import TypeAdapter

from finetune.training.run_folder import Plan, Result, RunFolder, step_of
from finetune.types import FailureReason, TaskKind, TrainingProgress, TrainingStage
from storage.sizes import MEGABYTE

_PROGRESS = TypeAdapter(TrainingProgress)
_NICENESS = 10
_REPORT_INTERVAL_S = 0.5
_PAUSE_SHOWN_AFTER_S = 0.5
"""A shorter pause is not worth two edits of a message."""
_LOCK_LIMIT_S = 60
_SPARE_BYTES = 16 * 2**20


def main(argv: list[str]) -> int:
    """Train and measure. Return 0, or 1 after a failure was reported."""
    os.nice(_NICENESS)
    out = _take_over_stdout()
    channel = _Channel(out)
    threading.Thread(target=channel.listen, daemon=True).start()
    folder = RunFolder(Path(argv[0]))
    try:
        # A child that was started before the bot was killed needs a moment to notice that its stdin is closed.
        with FileLock(folder.path / "training.lock", timeout=_LOCK_LIMIT_S):
            _run(folder, channel)
    except Exception as error:
        logging.exception("the run failed")
        channel.send({"failed": _failure_reason(error, folder)})
    else:
        channel.send({"done": True})
        return 0
    return 1


def _failure_reason(error: Exception, folder: RunFolder) -> FailureReason:
    """Return why the run failed."""
    if isinstance(error, MemoryError) or "allocate memory" in str(error) or "out of memory" in str(error):
        return FailureReason.NO_MEMORY
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return FailureReason.NO_DISK
    # torch's and safetensors' writers raise errors of their own where the disk is full.
    is_full = shutil.disk_usage(folder.path).free < _SPARE_BYTES
    return FailureReason.NO_DISK if is_full else FailureReason.UNEXPECTED


def _take_over_stdout() -> TextIO:
    """Return the pipe to the parent; what libraries print goes to stderr from now on."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return out


class _Channel:
    """Reads and writes both pipes; implements `finetune.training.lora.Listener`."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._may_go_on = threading.Event()
        self._may_go_on.set()
        self._progress = TrainingProgress(TrainingStage.LOADING, 0, 0)
        self._sent_at = 0.0
        self._sent_stage: TrainingStage | None = None

    def listen(self) -> None:
        """Read stdin to its end, and end the process there."""
        for line in sys.stdin:
            if line.strip() == "pause":
                self._may_go_on.clear()
            else:
                self._may_go_on.set()
        # The parent is gone, or wants this to end; an incomplete checkpoint has no mark.
        os._exit(3)

    def send(self, message: dict[str, object]) -> None:
        """Write one line to the parent."""
        self._out.write(f"{json.dumps(message)}\n")
        self._out.flush()

    def show(self, progress: TrainingProgress) -> None:
        """Report how far the run is: a new stage at once, the rest at intervals."""
        self._progress = progress
        is_new = progress.stage is not self._sent_stage
        if is_new or time.monotonic() - self._sent_at >= _REPORT_INTERVAL_S:
            self._sent_at = time.monotonic()
            self._sent_stage = progress.stage
            self.send({"progress": _PROGRESS.dump_python(progress, mode="json")})

    def start(self, total_steps: int, losses: tuple[tuple[int, float], ...], resumed_from: int) -> None:
        """Report that the training starts, or is resumed."""
        self.show(
            TrainingProgress(TrainingStage.TRAINING, resumed_from, total_steps, losses, resumed_from=resumed_from)
        )

    def step(self, step: int, loss: float, tokens_per_s: float, seconds_left: float) -> None:
        """Report that a step was made."""
        self.show(
            TrainingProgress(
                TrainingStage.TRAINING,
                step,
                self._progress.total_steps,
                (*self._progress.losses, (step, round(loss, 4))),
                tokens_per_s,
                seconds_left,
                self._progress.resumed_from,
            )
        )

    def measured(self, done: int, total: int) -> None:
        """Report how many measurements were made, and wait while an answer is being generated."""
        known = self._progress
        self.show(
            TrainingProgress(
                TrainingStage.EVALUATING,
                known.total_steps,
                known.total_steps,
                known.losses,
                known.tokens_per_s,
                resumed_from=known.resumed_from,
                done=done,
                total=total,
            )
        )
        self.wait()

    def wait(self) -> float:
        """Block until no answer is being generated, report a pause that lasts, and return the seconds that it took."""
        started = time.monotonic()
        if not self._may_go_on.wait(_PAUSE_SHOWN_AFTER_S):
            before = self._progress
            self.show(replace(before, stage=TrainingStage.PAUSED))
            self._may_go_on.wait()
            self.show(before)
        return time.monotonic() - started


def _run(folder: RunFolder, channel: _Channel) -> None:
    if folder.result() is not None:
        return
    plan = folder.plan()
    channel.show(TrainingProgress(TrainingStage.LOADING, 0, plan.total_steps))
    import torch

    from finetune.data.dataset import from_jsonl
    from finetune.data.encoding import ChatTokenizer
    from finetune.data.replay import general_examples, replayed_for
    from finetune.training.evaluator import EvaluationSet, Evaluator
    from finetune.training.lora import load_base, multiplies_in_bf16, train, with_adapter

    encoder = ChatTokenizer.of(Path(plan.base_folder), plan.base)
    examples, held_out = from_jsonl(folder.train.read_bytes()), from_jsonl(folder.held_out.read_bytes())
    replayed = replayed_for(len(examples), english_only=plan.english_only)
    _, general = general_examples(english_only=plan.english_only)
    task = [encoder.encode(example, plan.kind) for example in examples]
    replay = [encoder.encode(example, TaskKind.TEXT) for example in replayed]
    model = with_adapter(load_base(Path(plan.base_folder), plan.threads), plan.recipe)
    losses, resumed_from = _progress_at_checkpoint(folder, plan)
    logging.info("training from step %d of %d", resumed_from, plan.total_steps)
    channel.start(plan.total_steps, losses, resumed_from)
    trained = train(model, [*task, *replay], plan, folder, int(encoder.tokenizer.pad_token_id or 0), channel)
    measure = EvaluationSet(
        kind=plan.kind,
        held_out=[encoder.encode(example, plan.kind) for example in held_out],
        answers=[example.completion for example in held_out],
        labels=plan.labels,
        general=[encoder.encode(example, TaskKind.TEXT) for example in general],
    )
    with torch.autocast(model.device.type, torch.bfloat16, enabled=multiplies_in_bf16(plan.threads)):
        evaluation = Evaluator(model, encoder, measure, channel.measured).run()
    model.save_pretrained(str(folder.adapter))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // MEGABYTE  # Linux counts it in KiB.
    folder.write_result(Result(evaluation, trained.steps, trained.seconds, trained.tokens_per_s, peak_mb))


def _progress_at_checkpoint(folder: RunFolder, plan: Plan) -> tuple[tuple[tuple[int, float], ...], int]:
    """Return the losses up to the checkpoint that is resumed from, and its step."""
    checkpoint = folder.checkpoint()
    if checkpoint is None:
        return (), 0
    state = json.loads((checkpoint / "trainer_state.json").read_bytes())
    losses = tuple((int(entry["step"]), float(entry["loss"])) for entry in state["log_history"] if "loss" in entry)
    return losses, step_of(checkpoint)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    sys.exit(main(sys.argv[1:]))
