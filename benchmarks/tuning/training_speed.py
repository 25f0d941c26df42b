"""Measures how fast a run's examples are trained on: by our trainer, by transformers' Trainer and by TRL.

    python -m benchmarks.tuning.training_speed RUN_FOLDER TRAINER STEPS

Each trainer has a process of its own, and this command is that process: it trains the base of a run that was prepared
on some of its examples and prints one JSON object. All get the same token ids, recipe, threads and batches of 8
examples of about the same length. The clock runs from the first pass to the end of the last step; a token
counts where a pass reads it and it is no padding. TRL isn't among the project's packages: `pip install trl`.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness.background_load import BackgroundLoad
from finetune.data.dataset import from_jsonl
from finetune.data.encoding import ChatTokenizer, TokenizedExample
from finetune.data.replay import replayed_for
from finetune.training.run_folder import Plan, RunFolder
from finetune.types import TaskKind

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, TrainerCallback, TrainingArguments

TRAINERS = ("ours", "transformers Trainer", "TRL SFTTrainer")
_SEED = 11
_IGNORED = -100
_QUIET_CORES = 0.15
_TRIES = 6


def require_trl() -> None:
    """Check that TRL is installed, before anything is measured. Raises SystemExit."""
    if find_spec("trl") is None or find_spec("datasets") is None:
        raise SystemExit("TRL is not installed, and is compared with: pip install trl")


def compare(run: Path, steps: int, rounds: int) -> dict[str, object]:
    """Measure each trainer in turn, in every round in another order. Blocks for minutes."""
    found: dict[str, list[dict[str, float]]] = {way: [] for way in TRAINERS}
    for number in range(rounds):
        for way in TRAINERS if number % 2 == 0 else TRAINERS[::-1]:
            found[way].append(_measure_quietly(run, way, steps))
    total_steps = RunFolder(run).plan().total_steps
    return {
        "steps": steps,
        "rounds": rounds,
        "steps of a whole training": total_steps,
        **{way: _summary(measured, total_steps) for way, measured in found.items()},
    }


def _measure_quietly(run: Path, way: str, steps: int) -> dict[str, float]:
    """One process's figures; while others use the machine they say nothing, so then they are taken again, in the end
    from the quietest time.
    """
    tried = []
    for _ in range(_TRIES):
        command = [sys.executable, "-m", "benchmarks.tuning.training_speed", str(run), way, str(steps)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{way} failed:\n{done.stderr[-4000:]}")
        tried.append(json.loads(done.stdout.splitlines()[-1]))
        print(f"{way}: {tried[-1]}", file=sys.stderr, flush=True)
        if tried[-1]["elsewhere_cores"] <= _QUIET_CORES:
            break
    return min(tried, key=lambda each: each["elsewhere_cores"])


def _summary(measured: Sequence[dict[str, float]], total_steps: int) -> dict[str, object]:
    """Of the fastest round, beside what all rounds gave."""
    best = max(measured, key=lambda each: each["tokens"] / each["seconds"])
    seconds_a_step = best["seconds"] / best["steps"]
    return {
        "tokens": int(best["tokens"]),
        "tokens a second": round(best["tokens"] / best["seconds"]),
        "tokens a second, by round": [round(each["tokens"] / each["seconds"]) for each in measured],
        "cores used by other processes, by round": [round(each["elsewhere_cores"], 2) for each in measured],
        "seconds a step": round(seconds_a_step, 2),
        "minutes of a whole training, extrapolated": round(seconds_a_step * total_steps / 60, 1),
        "peak memory in MB": int(max(each["peak_mb"] for each in measured)),
        "loss, last ten steps": round(best["loss"], 3),
    }


class _Clock:
    """Counts passes over a model, and the tokens that they read."""

    def __init__(self, model: torch.nn.Module) -> None:
        self._began = self._ended = 0.0
        self._others = BackgroundLoad()
        self._tokens = 0
        self._steps = 0
        self._losses: list[float] = []
        model.register_forward_pre_hook(self._read, with_kwargs=True)

    def _read(self, model: torch.nn.Module, args: object, kwargs: dict[str, torch.Tensor]) -> None:
        if self._began == 0.0:
            self._began, self._others = time.perf_counter(), BackgroundLoad()
        self._tokens += int(kwargs["attention_mask"].sum())

    def step_ended(self) -> None:
        self._ended = time.perf_counter()

    def step(self, step: int, loss: float, tokens_per_s: float, seconds_left: float) -> None:
        """As `finetune.training.lora.Listener`."""
        self._steps = step
        self._losses.append(loss)

    def wait(self) -> float:
        """As `finetune.training.lora.Listener`: it is asked at the end of each part of a step."""
        self.step_ended()
        return 0.0

    def figures(self) -> dict[str, float]:
        return {
            "tokens": self._tokens,
            "seconds": self._ended - self._began,
            "steps": self._steps,
            "loss": sum(self._losses[-10:]) / len(self._losses[-10:]),
            "elsewhere_cores": self._others.cores(),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


def main() -> None:
    """Train, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("trainer", choices=TRAINERS)
    parser.add_argument("steps", type=int)
    arguments = parser.parse_args()
    print(json.dumps(_train(arguments.run, arguments.trainer, arguments.steps).figures()))


def _train(run: Path, way: str, steps: int) -> _Clock:
    folder = RunFolder(run)
    plan, encoder = folder.plan(), ChatTokenizer.of(Path(folder.plan().base_folder), folder.plan().base)
    plan = replace(plan, recipe=replace(plan.recipe, epochs=1), total_steps=steps)
    task = from_jsonl(folder.train.read_bytes())
    encoded = [encoder.encode(example, plan.kind) for example in task]
    encoded += [
        encoder.encode(example, TaskKind.TEXT) for example in replayed_for(len(task), english_only=plan.english_only)
    ]
    count = min(steps * plan.recipe.batch_size, len(encoded) // plan.recipe.batch_size * plan.recipe.batch_size)
    encoded = random.Random(_SEED).sample(encoded, count)
    with tempfile.TemporaryDirectory() as scratch:
        match way:
            case "ours":
                return _train_ours(encoded, plan, RunFolder(Path(scratch)), encoder)
            case "transformers Trainer":
                return _train_plainly(encoded, plan, scratch, encoder)
            case _:
                return _train_by_trl(encoded, plan, scratch, encoder)


def _train_ours(encoded: Sequence[TokenizedExample], plan: Plan, folder: RunFolder, encoder: ChatTokenizer) -> _Clock:
    from finetune.training.lora import load_base, train, with_adapter

    model = with_adapter(load_base(Path(plan.base_folder), plan.threads), plan.recipe)
    clock = _Clock(model)
    train(model, encoded, plan, folder, int(encoder.tokenizer.pad_token_id or 0), clock)
    return clock


def _train_plainly(encoded: Sequence[TokenizedExample], plan: Plan, scratch: str, encoder: ChatTokenizer) -> _Clock:
    from torch.utils.data import Dataset
    from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments

    from finetune.training.lora import with_adapter

    class Rows(Dataset[dict[str, list[int]]]):
        """The encoded examples."""

        def __init__(self, rows: Sequence[dict[str, list[int]]]) -> None:
            self._rows = rows

        def __getitem__(self, index: int) -> dict[str, list[int]]:
            return self._rows[index]

        def __len__(self) -> int:
            return len(self._rows)

    model = with_adapter(_fp32(plan), plan.recipe)
    clock = _Clock(model)
    trainer = Trainer(
        model=model,
        args=TrainingArguments(**_settings(plan, scratch)),
        train_dataset=Rows(_rows(encoded)),
        data_collator=DataCollatorForSeq2Seq(encoder.tokenizer),
        callbacks=[_following(clock)],
    )
    trainer.train()
    return clock


def _train_by_trl(encoded: Sequence[TokenizedExample], plan: Plan, scratch: str, encoder: ChatTokenizer) -> _Clock:
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig, SFTTrainer

    recipe = plan.recipe
    trainer = SFTTrainer(
        model=_fp32(plan),
        args=SFTConfig(**_settings(plan, scratch), gradient_checkpointing=False),
        train_dataset=Dataset.from_list(_rows(encoded)),
        processing_class=encoder.tokenizer,
        peft_config=LoraConfig(
            r=recipe.rank, lora_alpha=recipe.alpha, target_modules="all-linear", task_type="CAUSAL_LM"
        ),
    )
    clock = _Clock(trainer.model)
    trainer.add_callback(_following(clock))
    trainer.train()
    return clock


def _fp32(plan: Plan) -> PreTrainedModel:
    from transformers import AutoModelForCausalLM

    from weights.torch_setup import configure_torch

    configure_torch(plan.threads)
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        plan.base_folder, dtype="float32", attn_implementation="eager", local_files_only=True, trust_remote_code=False
    )
    return model


def _rows(encoded: Sequence[TokenizedExample]) -> list[dict[str, list[int]]]:
    return [
        {
            "input_ids": [*each.prompt, *each.completion],
            "attention_mask": [1] * len(each),
            "labels": [_IGNORED] * len(each.prompt) + list(each.completion),
        }
        for each in encoded
    ]


def _settings(plan: Plan, scratch: str) -> dict[str, Any]:
    """What both are given, as ours has it."""
    recipe = plan.recipe
    return {
        "output_dir": scratch,
        "num_train_epochs": recipe.epochs,
        "per_device_train_batch_size": recipe.batch_size,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": recipe.warmup,
        "bf16": True,
        "use_cpu": True,
        "logging_steps": 1,
        "save_strategy": "no",
        "train_sampling_strategy": "group_by_length",
        "report_to": [],
        "disable_tqdm": True,
        "seed": recipe.seed,
        "dataloader_pin_memory": False,
    }


def _following(clock: _Clock) -> TrainerCallback:
    from transformers import TrainerCallback, TrainerControl, TrainerState

    class Following(TrainerCallback):
        """Tells the clock of each step."""

        def on_step_end(
            self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
        ) -> None:
            clock.step_ended()

        def on_log(
            self,
            args: TrainingArguments,
            state: TrainerState,
            control: TrainerControl,
            logs: dict[str, float] | None = None,
            **kwargs: object,
        ) -> None:
            if logs is not None and "loss" in logs:
                clock.step(state.global_step, float(logs["loss"]), 0.0, 0.0)

    return Following()


if __name__ == "__main__":
    main()
