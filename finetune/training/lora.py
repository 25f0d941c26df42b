"""Trains an adapter on a base: LoRA by peft, the loop by transformers' Trainer.

Only the completions are learnt, and the vocabulary is only computed for them: prompts are padded on the left, so that
the completions of a batch end together. Imports torch, transformers and peft: for the training process only. Edit this
file to change how a step, a batch or a checkpoint is made.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch.nn.functional import cross_entropy
from transformers import (
    AutoModelForCausalLM,
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from finetune.data.encoding import TokenizedExample
from finetune.training.run_folder import Plan, RunFolder, step_of
from finetune.types import Recipe
from weights.torch_setup import configure_torch

_IGNORED = -100
_MAX_PASS_TOKENS = 2048
"""The most tokens of one pass: what the backward pass keeps of them takes most of the memory."""


class Listener(Protocol):
    """Describes what follows a training, and can pause it."""

    def step(self, step: int, loss: float, tokens_per_s: float, seconds_left: float) -> None:
        """Note that a step was made."""
        ...

    def wait(self) -> float:
        """Block until the training may go on, and return the seconds that it waited."""
        ...


@dataclass(frozen=True, slots=True)
class Trained:
    """Holds what a training took."""

    steps: int
    seconds: float
    """The seconds of the steps, without pauses and what came before a kill."""
    tokens_per_s: float
    """The rate of all tokens read, without padding."""


def load_base(folder: Path, threads: int) -> PreTrainedModel:
    """Return the base in the number format that trains fastest here.

    On a CPU that is fp32, multiplied in bf16 where the CPU can: bf16 weights trained at 0.6 of that speed, and the
    fused attention at 0.9 of the eager one's (docs/decisions.md).
    """
    configure_torch(threads)
    on_gpu = torch.cuda.is_available()
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.bfloat16 if on_gpu and torch.cuda.is_bf16_supported() else torch.float32,
        attn_implementation="sdpa" if on_gpu else "eager",
        local_files_only=True,
        trust_remote_code=False,
    )
    if on_gpu:
        model.cuda()  # type: ignore[call-arg]
    model.eval()  # type: ignore[no-untyped-call]
    return model


def multiplies_in_bf16(threads: int) -> bool:
    """Return whether a pass is to run under bf16 autocast."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return configure_torch(threads) is torch.bfloat16


def with_adapter(base: PreTrainedModel, recipe: Recipe) -> PeftModel:
    """Return the base with a new adapter on all linear layers, which changes nothing until it is trained."""
    torch.manual_seed(recipe.seed)
    config = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(base, config)


def train(
    model: PeftModel, examples: Sequence[TokenizedExample], plan: Plan, folder: RunFolder, pad: int, listener: Listener
) -> Trained:
    """Train as planned, to the end, from the latest whole checkpoint where there is one. `pad` may be any token."""
    recipe = plan.recipe
    pass_size = _pass_size(recipe.batch_size, max(map(len, examples)))
    arguments = TrainingArguments(
        output_dir=str(folder.path),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=pass_size,
        gradient_accumulation_steps=recipe.batch_size // pass_size,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=recipe.warmup,
        weight_decay=0.0,
        bf16=multiplies_in_bf16(plan.threads),
        use_cpu=not torch.cuda.is_available(),
        logging_steps=1,
        logging_first_step=True,
        save_strategy="no",
        save_total_limit=2,
        train_sampling_strategy="group_by_length",
        remove_unused_columns=False,
        report_to=[],
        disable_tqdm=True,
        seed=recipe.seed,
        dataloader_pin_memory=False,
    )
    progress = _ProgressCallback(listener, examples, recipe)
    trainer = _CompletionTrainer(
        model=model,
        args=arguments,
        train_dataset=_Examples(examples),
        data_collator=_Collator(pad),
        callbacks=[progress],
    )
    trainer.remove_callback(PrinterCallback)
    checkpoint = folder.checkpoint()
    _delete_broken_checkpoints(folder, checkpoint)
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    return Trained(trainer.state.global_step, progress.seconds, progress.tokens_per_s)


def _pass_size(batch_size: int, longest: int) -> int:
    """Return how many examples of a batch pass through the model together: a divisor of the batch."""
    fitting = [
        size for size in range(1, batch_size + 1) if batch_size % size == 0 and size * longest <= _MAX_PASS_TOKENS
    ]
    return max(fitting, default=1)


def _delete_broken_checkpoints(folder: RunFolder, last_complete: Path | None) -> None:
    """Delete checkpoints that a kill cut off, and those after the one that is resumed from."""
    for checkpoint in folder.path.glob("checkpoint-*"):
        if last_complete is None or step_of(checkpoint) > step_of(last_complete):
            shutil.rmtree(checkpoint)


class _Examples(torch.utils.data.Dataset[dict[str, list[int]]]):
    """Holds the examples that the Trainer draws from."""

    def __init__(self, examples: Sequence[TokenizedExample]) -> None:
        self._examples = examples

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, index: int) -> dict[str, list[int]]:
        example = self._examples[index]
        return {"input_ids": [*example.prompt, *example.completion], "completion": list(example.completion)}


class _Collator:
    """Makes a batch, padded on the left: shapes (examples, tokens) and, for the completions, (examples, longest)."""

    def __init__(self, pad: int) -> None:
        self._pad = pad

    def __call__(self, rows: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        labels = _left_padded([row["completion"] for row in rows], _IGNORED)
        return {
            "input_ids": _left_padded([row["input_ids"] for row in rows], self._pad),
            "attention_mask": _left_padded([[1] * len(row["input_ids"]) for row in rows], 0),
            "labels": labels,
            # The Trainer counts a batch's tokens by these; with `labels` alone it would leave out the first column.
            "shift_labels": labels,
        }


def _left_padded(sequences: Sequence[Sequence[int]], pad: int) -> torch.Tensor:
    longest = max(map(len, sequences))
    return torch.tensor([[pad] * (longest - len(ids)) + list(ids) for ids in sequences])


def completion_losses(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return each completion token's loss in nats, shape (examples, longest); 0 where a shorter one has none."""
    labels = batch["labels"]
    mask = batch["attention_mask"]
    output = model(
        input_ids=batch["input_ids"],
        attention_mask=mask,
        position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
        # Each completion token is predicted by the one before it; the last one predicts nothing.
        logits_to_keep=labels.shape[1] + 1,
        use_cache=False,
    )
    learnt = labels != _IGNORED
    # The vocabulary is large: padding is left out before anything is computed over it.
    losses = cross_entropy(output.logits[:, :-1][learnt].float(), labels[learnt], reduction="none")
    return torch.zeros(labels.shape, device=losses.device).masked_scatter(learnt, losses)


def collate(examples: Sequence[TokenizedExample], pad: int) -> dict[str, torch.Tensor]:
    """Return a batch for `completion_losses`."""
    return _Collator(pad)(
        [{"input_ids": [*e.prompt, *e.completion], "completion": list(e.completion)} for e in examples]
    )


class _CompletionTrainer(Trainer):
    """Computes the loss of the completions."""

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Return the mean loss over the tokens of the whole batch."""
        losses = completion_losses(model, inputs)
        count = (inputs["labels"] != _IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
        return losses.sum() / count


class _ProgressCallback(TrainerCallback):
    """Reports each step to the listener, waits while that pauses, and has checkpoints saved by the clock."""

    def __init__(self, listener: Listener, examples: Sequence[TokenizedExample], recipe: Recipe) -> None:
        self._listener = listener
        self._tokens_a_step = sum(map(len, examples)) / len(examples) * recipe.batch_size
        self._checkpoint_s = recipe.checkpoint_s
        self._started = self._saved = 0.0
        self._waited = 0.0
        self._first_step = 0

    @property
    def seconds(self) -> float:
        """Return the seconds that the steps took."""
        return time.monotonic() - self._started - self._waited

    @property
    def tokens_per_s(self) -> float:
        """Return the average rate so far."""
        return self._tokens_a_step * self._steps / self.seconds if self._steps else 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Start the clock."""
        self._started = self._saved = time.monotonic()
        self._first_step = state.global_step
        self._steps = 0

    def on_substep_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Wait between the passes of a step too: one can take seconds."""
        self._waited += self._listener.wait()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Have a checkpoint saved at intervals and at the end."""
        self._steps = state.global_step - self._first_step
        self._waited += self._listener.wait()
        if time.monotonic() - self._saved >= self._checkpoint_s or state.global_step == state.max_steps:
            control.should_save = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: object,
    ) -> None:
        """Report a step."""
        if logs is None or "loss" not in logs:
            return
        remaining_s = self.seconds / max(1, self._steps) * (state.max_steps - state.global_step)
        self._listener.step(state.global_step, logs["loss"], self.tokens_per_s, remaining_s)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:
        """Mark the checkpoint as complete: without the mark, one that a kill cut off would be resumed from."""
        (Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / "whole").touch()
        self._saved = time.monotonic()
