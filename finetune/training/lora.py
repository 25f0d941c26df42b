"""Trains an adapter on a base: LoRA by peft, the loop by transformers' Trainer. Knows no guild, process or registry.

Only the completions are learnt, and only where they stand is the vocabulary computed: prompts are padded on the left,
so that the completions of a batch end together. Imports torch, transformers and peft: for the training child alone.
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
_TOKENS_AT_ONCE = 2048
"""Of one pass: what is kept of them for the way back takes most of the memory."""


class Listener(Protocol):
    """Who follows a training."""

    def step(self, step: int, loss: float, tokens_per_s: float, seconds_left: float) -> None:
        """A step was made."""
        ...

    def wait(self) -> float:
        """Return when the training may go on; the seconds that it waited."""
        ...


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training took."""

    steps: int
    seconds: float
    """Of the steps, pauses and what came before a kill left out."""
    tokens_per_s: float
    """Of all tokens read, padding left out."""


def load_base(folder: Path, threads: int) -> PreTrainedModel:
    """The base in the format that trains fastest here.

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
    )
    if on_gpu:
        model.cuda()  # type: ignore[call-arg]
    model.eval()  # type: ignore[no-untyped-call]
    return model


def multiplies_in_bf16(threads: int) -> bool:
    """Whether a pass is to run under bf16 autocast."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return configure_torch(threads) is torch.bfloat16


def with_adapter(base: PreTrainedModel, recipe: Recipe) -> PeftModel:
    """The base with a new adapter on all linear layers. Until it is trained, it changes nothing."""
    torch.manual_seed(recipe.seed)
    config = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(base, config)


def train(
    model: PeftModel, examples: Sequence[TokenizedExample], plan: Plan, folder: RunFolder, pad: int, listener: Listener
) -> Trained:
    """Train as planned, to the end, from the latest whole checkpoint where there is one. `pad` may be any token."""
    recipe = plan.recipe
    at_once = _at_once(recipe.batch_size, max(map(len, examples)))
    arguments = TrainingArguments(
        output_dir=str(folder.path),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=recipe.batch_size // at_once,
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
    following = _Following(listener, examples, recipe)
    trainer = _CompletionTrainer(
        model=model,
        args=arguments,
        train_dataset=_Examples(examples),
        data_collator=_Collator(pad),
        callbacks=[following],
    )
    trainer.remove_callback(PrinterCallback)
    checkpoint = folder.checkpoint()
    _discard_broken(folder, checkpoint)
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    return Trained(trainer.state.global_step, following.seconds, following.tokens_per_s)


def _at_once(batch_size: int, longest: int) -> int:
    """How many examples of a batch pass through the model together: a divisor of the batch."""
    fitting = [
        size for size in range(1, batch_size + 1) if batch_size % size == 0 and size * longest <= _TOKENS_AT_ONCE
    ]
    return max(fitting, default=1)


def _discard_broken(folder: RunFolder, whole: Path | None) -> None:
    """Take away checkpoints that a kill cut off, and those after the one that is gone on from."""
    for checkpoint in folder.path.glob("checkpoint-*"):
        if whole is None or step_of(checkpoint) > step_of(whole):
            shutil.rmtree(checkpoint)


class _Examples(torch.utils.data.Dataset[dict[str, list[int]]]):
    """What the Trainer draws from."""

    def __init__(self, examples: Sequence[TokenizedExample]) -> None:
        self._examples = examples

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, index: int) -> dict[str, list[int]]:
        example = self._examples[index]
        return {"input_ids": [*example.prompt, *example.completion], "completion": list(example.completion)}


class _Collator:
    """A batch, padded on the left: shapes (examples, tokens) and, for the completions, (examples, longest)."""

    def __init__(self, pad: int) -> None:
        self._pad = pad

    def __call__(self, rows: Sequence[dict[str, list[int]]]) -> dict[str, torch.Tensor]:
        labels = _left_padded([row["completion"] for row in rows], _IGNORED)
        return {
            "input_ids": _left_padded([row["input_ids"] for row in rows], self._pad),
            "attention_mask": _left_padded([[1] * len(row["input_ids"]) for row in rows], 0),
            "labels": labels,
            # The Trainer counts a batch's tokens by these; of `labels` alone it would leave out the first column.
            "shift_labels": labels,
        }


def _left_padded(rows: Sequence[Sequence[int]], pad: int) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[pad] * (longest - len(row)) + list(row) for row in rows])


def completion_losses(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """The loss of each completion token in nats, shape (examples, longest); 0 where a shorter one has none."""
    labels = batch["labels"]
    mask = batch["attention_mask"]
    output = model(
        input_ids=batch["input_ids"],
        attention_mask=mask,
        position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
        # The token before each of the completion's says it, and the last one says nothing more.
        logits_to_keep=labels.shape[1] + 1,
        use_cache=False,
    )
    learnt = labels != _IGNORED
    # The vocabulary is wide: what is padding is left out before anything is computed over it.
    losses = cross_entropy(output.logits[:, :-1][learnt].float(), labels[learnt], reduction="none")
    return torch.zeros(labels.shape, device=losses.device).masked_scatter(learnt, losses)


def collate(examples: Sequence[TokenizedExample], pad: int) -> dict[str, torch.Tensor]:
    """A batch for `completion_losses`."""
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
        """The mean over the tokens of the whole batch."""
        losses = completion_losses(model, inputs)
        count = (inputs["labels"] != _IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
        return losses.sum() / count


class _Following(TrainerCallback):
    """Tells the listener of each step, waits where it says so, and has checkpoints made by the clock."""

    def __init__(self, listener: Listener, examples: Sequence[TokenizedExample], recipe: Recipe) -> None:
        self._listener = listener
        self._tokens_a_step = sum(map(len, examples)) / len(examples) * recipe.batch_size
        self._checkpoint_s = recipe.checkpoint_s
        self._began = self._saved = 0.0
        self._waited = 0.0
        self._first_step = 0

    @property
    def seconds(self) -> float:
        """What the steps took."""
        return time.monotonic() - self._began - self._waited

    @property
    def tokens_per_s(self) -> float:
        """So far, on average."""
        return self._tokens_a_step * self._steps / self.seconds if self._steps else 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Start the clock."""
        self._began = self._saved = time.monotonic()
        self._first_step = state.global_step
        self._steps = 0

    def on_substep_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Wait between the parts of a step too: one can take seconds."""
        self._waited += self._listener.wait()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Have a checkpoint made now and then."""
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
        """Tell of a step."""
        if logs is None or "loss" not in logs:
            return
        left_s = self.seconds / max(1, self._steps) * (state.max_steps - state.global_step)
        self._listener.step(state.global_step, logs["loss"], self.tokens_per_s, left_s)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:
        """Mark the checkpoint: without its mark, one that a kill cut off would be gone on from."""
        (Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / "whole").touch()
        self._saved = time.monotonic()
