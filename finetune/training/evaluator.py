"""Measures an adapter against its untuned base, on the same held-out examples.

Imports torch: for the training process, and for benchmarks. Edit this file to measure something more, or otherwise.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from peft import PeftModel
from transformers import PreTrainedModel

from finetune.data.encoding import ChatTokenizer, TokenizedExample
from finetune.serving.label_decoding import LabelTree, choose_label
from finetune.training.lora import collate, completion_losses
from finetune.training.promotion_gate import gain_over_commonest, paired_interval
from finetune.types import Evaluation, LabelScore, TaskKind

_TIMED_TEXTS = 8
_TIMED_TOKENS = 64
_BATCH = 8
_MOST_RIGHT_DECLINED = 0.05
_HIGHEST_THRESHOLD = 0.9
"""The share of right labels that may be declined so that wrong ones, and those for other questions, are."""


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Holds the examples that are measured on."""

    kind: TaskKind
    held_out: Sequence[TokenizedExample]
    answers: Sequence[str]
    """The right completion of each held-out example."""
    labels: Sequence[str]
    general: Sequence[TokenizedExample]


class Evaluator:
    """Measures one model with and without its adapter."""

    def __init__(
        self, model: PeftModel, encoder: ChatTokenizer, examples: EvaluationSet, on_done: Callable[[int, int], None]
    ) -> None:
        """Take `on_done`, which gets the measurements that are done and all; it may block while answers are written."""
        self._model = model
        self._plain = cast("PreTrainedModel", model.get_base_model())  # It is annotated as any module.
        self._end = int(encoder.tokenizer.eos_token_id)
        self._pad = int(encoder.tokenizer.pad_token_id or 0)
        self._examples = examples
        self._tree = LabelTree.of(examples.labels, encoder.labels(examples.labels))
        self._on_done = on_done
        self._done = 0
        self._total = 2 * (len(examples.held_out) + len(examples.general))
        if examples.kind is TaskKind.TEXT:
            self._total += _TIMED_TEXTS

    @torch.inference_mode()
    def run(self) -> Evaluation:
        """Measure the base first, then the adapter, and return both."""
        self._model.eval()
        with untuned(self._model):
            base, _, _ = self._scores()
            general_base = self._losses(self._examples.general)
        tuned, seconds, probabilities = self._scores()
        general_tuned = self._losses(self._examples.general)
        is_label = self._examples.kind is TaskKind.LABEL
        gain = np.subtract(tuned, base) if is_label else np.subtract(base, tuned)
        answers = self._examples.answers
        p50, p95 = np.percentile(seconds, [50, 95])
        return Evaluation(
            held_out_count=len(tuned),
            tuned_score=float(np.mean(tuned)) if is_label else math.exp(-float(np.mean(tuned))),
            base_score=float(np.mean(base)) if is_label else math.exp(-float(np.mean(base))),
            gain=paired_interval(gain.tolist()),
            general_loss_tuned=float(np.mean(general_tuned)),
            general_loss_base=float(np.mean(general_base)),
            answer_seconds_p50=float(p50),
            answer_seconds_p95=float(p95),
            label_threshold=label_threshold(tuned, probabilities) if is_label else None,
            label_scores=label_scores(answers, tuned) if is_label else (),
            over_commonest=gain_over_commonest(answers, tuned) if is_label else None,
        )

    def _scores(self) -> tuple[list[float], list[float], list[float]]:
        """Return each held-out example's score (label task) or loss (free text) and the seconds of its answer.

        In a label task, the probability of each label that was chosen comes with them.
        """
        if self._examples.kind is TaskKind.TEXT:
            return self._losses(self._examples.held_out), self._timed_texts(), []
        scores: list[float] = []
        seconds: list[float] = []
        probabilities: list[float] = []
        for example, answer in zip(self._examples.held_out, self._examples.answers, strict=True):
            started = time.perf_counter()
            label, probability = choose_label(self._plain, example.prompt, self._tree, self._end)
            seconds.append(time.perf_counter() - started)
            scores.append(float(label == answer))
            probabilities.append(probability)
            self._count(1)
        return scores, seconds, probabilities

    def _losses(self, examples: Sequence[TokenizedExample]) -> list[float]:
        """Return each example's mean loss per completion token."""
        losses: list[float] = []
        for first in range(0, len(examples), _BATCH):
            batch_examples = examples[first : first + _BATCH]
            batch = {name: tensor.to(self._model.device) for name, tensor in collate(batch_examples, self._pad).items()}
            sums = completion_losses(self._model, batch).sum(-1)
            losses += [float(total) / len(e.completion) for total, e in zip(sums, batch_examples, strict=True)]
            self._count(len(batch_examples))
        return losses

    def _timed_texts(self) -> list[float]:
        seconds: list[float] = []
        for example in self._examples.held_out[:_TIMED_TEXTS]:
            ids = torch.tensor([example.prompt], device=self._model.device)
            started = time.perf_counter()
            self._model.generate(  # type: ignore[no-untyped-call]
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=_TIMED_TOKENS,
                do_sample=False,
                pad_token_id=self._pad,
            )
            seconds.append(time.perf_counter() - started)
            self._count(1)
        return seconds

    def _count(self, more: int) -> None:
        self._done += more
        self._on_done(min(self._done, self._total), self._total)


def label_scores(answers: Sequence[str], scores: Sequence[float]) -> tuple[LabelScore, ...]:
    """Return how many examples of each label were given it, the label with the lowest share first."""
    right: dict[str, list[float]] = {}
    for answer, score in zip(answers, scores, strict=True):
        right.setdefault(answer, []).append(score)
    found = [LabelScore(label, len(each), round(sum(each))) for label, each in right.items()]
    return tuple(sorted(found, key=lambda each: (each.right / each.count, -each.count, each.label)))


def label_threshold(scores: Sequence[float], probabilities: Sequence[float]) -> float | None:
    """Return the probability that all but one in twenty of the right labels reach; None where none is right.

    Each adapter has its own: how sure a model is of a label depends on how many there are and how long it was trained.
    """
    right = [probability for score, probability in zip(scores, probabilities, strict=True) if score]
    lowest = float(np.quantile(right, _MOST_RIGHT_DECLINED, method="lower")) if right else None
    # A model that is nearly certain of all its labels may be a little less so in another number format.
    return None if lowest is None else min(lowest, _HIGHEST_THRESHOLD)


@contextmanager
def untuned(model: PeftModel) -> Iterator[None]:
    """Use the untuned base while the block lasts."""
    with model.disable_adapter():
        yield
