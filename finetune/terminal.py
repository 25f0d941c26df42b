"""What `python -m finetune` prints: results to stdout, progress and sentences to stderr.

Edit this file to change what a command prints.
"""

# ruff: noqa: T201  # printing is what this module is for

from __future__ import annotations

import sys
from collections.abc import Sequence

from pydantic import TypeAdapter

from finetune.errors import describe
from finetune.types import (
    Card,
    Evaluation,
    ListedAdapter,
    Outcome,
    Preview,
    TaskKind,
    TrainingProgress,
    TrainingStage,
    VerdictReason,
)
from text.plurals import counted
from weights.terminal import ProgressLine

_SHOWN_PROBLEMS = 10
_SHOWN_LABELS = 10
_REASONS = {
    VerdictReason.BETTER: "better than its base, so it is now the champion",
    VerdictReason.NOT_BETTER: "not significantly better than its base, so it is not promoted",
    VerdictReason.COMMONEST: "no better than always giving the commonest label, so it is not promoted",
    VerdictReason.FORGOT: "worse at general questions than its base, so it is not promoted",
}


class TrainingLine(ProgressLine):
    """Shows how far a training or an evaluation is."""

    def preview(self, preview: Preview) -> None:
        """Print what is about to start."""
        self.clear()
        how = "measured here" if preview.minutes_measured else "estimated"
        print_notice(
            f"{preview.skill}: {counted(preview.example_count, 'example')} for training, "
            f"{preview.held_out_count:,} for testing; base {preview.base_title}; "
            f"about {preview.minutes:.0f} min ({how}), {preview.memory_mb:,} MB"
        )
        for each in preview.joined_labels:
            print_notice(f"joined into the label {each.label!r}: {', '.join(map(repr, each.spellings))}")
        if preview.single_labels:
            print_notice(f"only one example each: {', '.join(preview.single_labels)}")
        for problem in preview.problems[:_SHOWN_PROBLEMS]:
            print_notice(f"skipped: {describe(problem)}")
        if len(preview.problems) > _SHOWN_PROBLEMS:
            print_notice(f"skipped: {counted(len(preview.problems) - _SHOWN_PROBLEMS, 'more line')}")

    def trained(self, progress: TrainingProgress) -> None:
        """Show how far the training is."""
        if progress.stage is TrainingStage.WAITING:
            self.show("waiting for another training on this machine to end")
            return
        if progress.stage is TrainingStage.EVALUATING:
            self.show(f"evaluating {progress.done}/{progress.total}")
            return
        loss = f", loss {progress.losses[-1][1]:.2f}" if progress.losses else ""
        speed = "" if progress.tokens_per_s is None else f", {progress.tokens_per_s:.0f} tokens/s"
        left = "" if progress.seconds_left is None else f", {progress.seconds_left / 60:.1f} minutes left"
        resumed = f", resumed from step {progress.resumed_from}" if progress.resumed_from else ""
        self.show(f"{progress.stage} {progress.step}/{progress.total_steps}{loss}{speed}{left}{resumed}")

    def measured(self, done: int, total: int) -> None:
        """Show how far an evaluation is."""
        self.show(f"evaluating {done}/{total}")


def print_outcome(outcome: Outcome, *, as_json: bool) -> None:
    """Print how a training ended."""
    if as_json:
        print(TypeAdapter(Outcome).dump_json(outcome, indent=2).decode())
        return
    card = outcome.card
    print_evaluation(card, card.evaluation, as_json=False)
    minutes = card.training_seconds / 60
    print(f"{card.adapter_sha256[:12]}: {_REASONS[outcome.reason]}")
    print(
        f"{counted(card.steps, 'step')} in {minutes:.1f} minutes, {card.tokens_per_s:.0f} tokens/s, "
        f"{card.peak_memory_mb:,} MB"
    )


def print_evaluation(card: Card, evaluation: Evaluation, *, as_json: bool) -> None:
    """Print the figures of the base against those of the adapter."""
    if as_json:
        print(TypeAdapter(Evaluation).dump_json(evaluation, indent=2).decode())
        return
    what = "correct labels" if card.kind is TaskKind.LABEL else "average probability of a reference token"
    unit = "" if card.kind is TaskKind.LABEL else " nats per token"
    gain = evaluation.gain
    print(
        f"{what}, {counted(evaluation.held_out_count, 'held-out example')}: base {evaluation.base_score:.3f}, "
        f"tuned {evaluation.tuned_score:.3f}; gain {gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]{unit}"
    )
    if evaluation.label_scores:
        told = ", ".join(f"{each.label} {each.right}/{each.count}" for each in evaluation.label_scores[:_SHOWN_LABELS])
        more = len(evaluation.label_scores) - _SHOWN_LABELS
        print(f"correct by label, the worst first: {told}{f' and {more} more' if more > 0 else ''}")
    print(
        f"loss on general questions: base {evaluation.general_loss_base:.2f}, "
        f"tuned {evaluation.general_loss_tuned:.2f}; an answer takes "
        f"{evaluation.answer_seconds_p50:.2f} s (p50), {evaluation.answer_seconds_p95:.2f} s (p95)"
    )


def print_adapters(adapters: Sequence[ListedAdapter], *, as_json: bool) -> None:
    """Print one line for each adapter."""
    if as_json:
        print(TypeAdapter(list[ListedAdapter]).dump_json(list(adapters), indent=2).decode())
        return
    for listed in adapters:
        card, evaluation = listed.card, listed.card.evaluation
        mark = "champion" if listed.is_champion else "        "
        print(
            f"{mark}  {card.adapter_sha256[:12]}  {card.skill}  "
            f"{evaluation.base_score:.3f} -> {evaluation.tuned_score:.3f}  "
            f"{counted(card.example_count, 'example')}  {card.base}  {card.created_at[:10]}"
        )
    print_notice(counted(len(adapters), "adapter"))


def print_card(what: str, card: Card, *, as_json: bool) -> None:
    """Print one adapter and what became of it."""
    if as_json:
        print(TypeAdapter(Card).dump_json(card, indent=2).decode())
        return
    print(f"{card.adapter_sha256[:12]} of the skill {card.skill} {what}")


def print_notice(sentence: str) -> None:
    """Print a sentence on stderr."""
    print(sentence, file=sys.stderr)
