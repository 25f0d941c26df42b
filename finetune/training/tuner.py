"""The use case: from a training set's bytes to a registered, perhaps promoted adapter.

Each step can be repeated after a kill: what is there already is kept. Edit this file to change what is checked before a
training, or what becomes of its adapter.
"""

from __future__ import annotations

import asyncio
import logging
import math
import shutil
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TypeVar, TypeVarTuple

import psutil

from finetune.bases import Base, Bases, choose_base
from finetune.data.dataset import MIN_EXAMPLES, load_dataset, split_dataset, to_jsonl
from finetune.data.replay import replayed_for
from finetune.errors import (
    BaseTooEnglishError,
    NoDiskError,
    NoMemoryError,
    RunNotFoundError,
    TooFewExamplesError,
    TrainingFailedError,
)
from finetune.registry import Registry, adapter_sha256, delete_or_log, is_older
from finetune.training.promotion_gate import judge
from finetune.training.run_folder import Plan, RunFolder
from finetune.training.runner import Runner
from finetune.types import (
    Card,
    Dataset,
    FailureReason,
    LabelHelp,
    LineProblem,
    Outcome,
    Preview,
    TrainingProgress,
    TrainingRequest,
)
from storage.atomic_write import delete_tree, write_whole
from storage.sizes import MEGABYTE
from weights.errors import StoppedError
from weights.types import OnProgress

_T = TypeVar("_T")
_Arguments = TypeVarTuple("_Arguments")

_log = logging.getLogger(__name__)

_DISK_MB = 600
"""The room for two checkpoints, the adapter and its copy."""
_KEPT_UNSTARTED_S = 24 * 3600
_MAX_EXAMPLE_TOKENS = 1024
"""The most of one example: a longer one takes gigabytes in the backward pass."""
_TOKENS_PER_S = 250_000
"""Tokens a second times megabytes of weights in fp32, as two cores trained (docs/benchmarks.md); used until a first run
was measured here."""


class Tuner:
    """Prepares, runs and finishes trainings."""

    def __init__(
        self,
        data_dir: Path,
        bases: Bases,
        registry: Registry,
        runner: Runner,
        on_promoted: Callable[[Card], Awaitable[None]] | None = None,
    ) -> None:
        """Take `on_promoted`, which `finish` awaits: it can make ready what answers need of a new champion."""
        self._runs = data_dir / "runs"
        self._bases = bases
        self._registry = registry
        self._runner = runner
        self._on_promoted = on_promoted
        # A pool of its own, since fetching a base takes minutes.
        self._threads = ThreadPoolExecutor(4, "tuning")

    async def examine(self, data: bytes, name: str) -> Dataset:
        """Check a training set line by line. Raises DatasetError."""
        return await self._in_thread(load_dataset, data, name)

    async def prepare(
        self,
        dataset: Dataset,
        wanted: TrainingRequest,
        on_fetch: OnProgress | None = None,
        place: Callable[[LabelHelp], LabelHelp] = lambda described: described,
    ) -> Preview:
        """Make a run's folder, ready to start, and return its preview. Fetches the base where it is not there yet.

        `place` may turn the name of a label's channel into its mention.

        Raises:
            BaseTooEnglishError, NoMemoryError, NoDiskError, WeightsError: nothing is left behind.
        """
        stop = Event()
        try:
            return await self._in_thread(self._prepare, dataset, wanted, on_fetch, place, stop)
        finally:
            stop.set()

    async def run(self, run_id: str, on_progress: Callable[[TrainingProgress], None]) -> None:
        """Train and measure, resuming where a kill cut it off. Cancelling ends it; `discard` deletes it.

        Raises:
            RunNotFoundError.
            TrainingFailedError: also where the system killed it twice without a new checkpoint between.
        """
        folder = self._folder(run_id)
        while folder.result() is None:
            before = folder.checkpoint()
            try:
                await self._runner.run(folder, on_progress)
            except TrainingFailedError as error:
                after = folder.checkpoint()
                if error.reason is not FailureReason.KILLED or after == before or after is None:
                    raise
                _log.warning("the training process of run %s was killed, resuming from %s", run_id, after.name)

    async def finish(self, run_id: str) -> Outcome:
        """Register what was trained, make it champion if it is better than its base, and return the outcome.

        Raises:
            RunNotFoundError.
        """
        outcome = await self._in_thread(self._finish, self._folder(run_id))
        if outcome.promoted and self._on_promoted is not None:
            await self._on_promoted(outcome.card)
        return outcome

    async def discard(self, run_id: str) -> None:
        """Delete a run's folder, whatever is in it. What was registered stays.

        What can't be deleted is logged, and `sweep` tries again, since it holds examples.
        """
        await self._in_thread(delete_or_log, self._runs / run_id)

    async def sweep(self, started: frozenset[str]) -> None:
        """Delete what was prepared a day ago and not started; `started` are the runs that have a job."""
        await self._in_thread(self._sweep, started)

    async def _in_thread(self, call: Callable[[*_Arguments], _T], *arguments: *_Arguments) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)

    def close(self) -> None:
        """Wait for the calls that are running and cancel those that are queued. Blocks."""
        self._threads.shutdown(cancel_futures=True)

    def _folder(self, run_id: str) -> RunFolder:
        folder = RunFolder(self._runs / run_id)
        if not folder.has_plan():
            raise RunNotFoundError
        return folder

    def _prepare(
        self,
        dataset: Dataset,
        wanted: TrainingRequest,
        on_fetch: OnProgress | None,
        place: Callable[[LabelHelp], LabelHelp],
        stop: Event,
    ) -> Preview:
        base = self._bases.ensure(choose_base(wanted.base, has_chinese=dataset.has_chinese), on_fetch, stop)
        if dataset.has_chinese and base.english_only:
            raise BaseTooEnglishError(base.name)
        self._check_room(base)
        dataset, tokens = _without_long_examples(dataset, base)
        parts = split_dataset(dataset)
        plan = self._plan(dataset, wanted, base, len(parts.train), tuple(map(place, dataset.label_help)))
        folder = RunFolder(self._runs / plan.id)
        folder.path.mkdir(parents=True)
        try:
            write_whole(folder.train, to_jsonl(parts.train))
            write_whole(folder.held_out, to_jsonl(parts.held_out))
            folder.write_plan(plan)
            if stop.is_set():  # Nobody waits for the run any more, so nobody would ever discard it.
                raise StoppedError(base.name)
        except (OSError, StoppedError):
            delete_tree(folder.path)
            raise
        minutes, measured = self._minutes(plan, sum(tokens[example.line] for example in parts.train))
        champion = self._registry.champion_of(wanted.guild_id, wanted.skill)
        return Preview(
            run_id=plan.id,
            skill=plan.skill,
            kind=plan.kind,
            base=base.name,
            base_title=base.title,
            example_count=len(parts.train),
            held_out_count=len(parts.held_out),
            label_count=len(plan.labels),
            problems=dataset.problems,
            steps=plan.total_steps,
            minutes=minutes,
            minutes_measured=measured,
            memory_mb=base.training_memory_mb,
            free_memory_mb=_free_memory_mb(),
            replaces=None if champion is None else champion.adapter_sha256,
            joined_labels=dataset.joined_labels,
            single_labels=dataset.single_labels,
        )

    def _check_room(self, base: Base) -> None:
        free_mb = _free_memory_mb()
        if free_mb < base.training_memory_mb:
            raise NoMemoryError(base.training_memory_mb, free_mb)
        self._runs.mkdir(parents=True, exist_ok=True)
        disk_mb = shutil.disk_usage(self._runs).free // MEGABYTE
        if disk_mb < _DISK_MB:
            raise NoDiskError(_DISK_MB, disk_mb)

    def _plan(
        self, dataset: Dataset, wanted: TrainingRequest, base: Base, train_count: int, label_help: tuple[LabelHelp, ...]
    ) -> Plan:
        recipe = base.recipe(dataset.kind, train_count)
        seen = train_count + len(replayed_for(train_count, english_only=base.english_only))
        return Plan(
            id=uuid.uuid4().hex[:12],
            guild_id=wanted.guild_id,
            skill=wanted.skill,
            kind=dataset.kind,
            base=base.name,
            base_folder=str(base.folder),
            audience_key=wanted.audience_key,
            dataset_sha256=dataset.sha256,
            labels=dataset.labels,
            label_help=label_help,
            example_count=train_count,
            held_out_count=len(dataset.examples) - train_count,
            english_only=base.english_only,
            recipe=recipe,
            total_steps=math.ceil(seen / recipe.batch_size) * recipe.epochs,
            base_mb=base.weights_mb,
        )

    def _minutes(self, plan: Plan, tokens: int) -> tuple[float, bool]:
        """Return how long training on so many tokens will take, and whether that was measured here."""
        with_replay = tokens * plan.total_steps * plan.recipe.batch_size / (plan.recipe.epochs * plan.example_count)
        last = self._registry.last_on(plan.base)
        tokens_per_s = _TOKENS_PER_S / (2 * max(1, plan.base_mb)) if last is None else last.tokens_per_s
        return with_replay * plan.recipe.epochs / tokens_per_s / 60, last is not None

    def _finish(self, folder: RunFolder) -> Outcome:
        plan, result = folder.plan(), folder.result()
        if result is None:
            raise RunNotFoundError
        card = Card(
            adapter_sha256=adapter_sha256(folder.adapter),
            guild_id=plan.guild_id,
            skill=plan.skill,
            kind=plan.kind,
            base=plan.base,
            audience_key=plan.audience_key,
            dataset_sha256=plan.dataset_sha256,
            example_count=plan.example_count,
            labels=plan.labels,
            label_help=plan.label_help,
            evaluation=result.evaluation,
            steps=result.steps,
            training_seconds=result.training_seconds,
            tokens_per_s=result.tokens_per_s,
            peak_memory_mb=result.peak_memory_mb,
            created_at=datetime.now(UTC).isoformat(),
        )
        previous = self._registry.champion_of(plan.guild_id, plan.skill)
        self._registry.register(card, folder.adapter, folder.train.read_bytes(), folder.held_out.read_bytes())
        verdict = judge(card.evaluation, card.kind)
        if verdict.promoted:
            self._registry.promote(card.guild_id, card.adapter_sha256)
        return Outcome(card, verdict.promoted, verdict.reason, previous)

    def _sweep(self, started: frozenset[str]) -> None:
        for folder in self._runs.glob("*"):
            if folder.name not in started and is_older(folder, _KEPT_UNSTARTED_S) and delete_or_log(folder):
                _log.info("deleted stale run %s, which was never started", folder.name)
        self._registry.sweep(_KEPT_UNSTARTED_S)


def _without_long_examples(dataset: Dataset, base: Base) -> tuple[Dataset, dict[int, int]]:
    """Return the data set without examples that are too long for the base, and the tokens of each by its line.

    Raises:
        DatasetError: too few are left.
    """
    from finetune.data.encoding import ChatTokenizer

    encoder = ChatTokenizer.of(base.folder, base.title)
    tokens = {example.line: len(encoder.encode(example, dataset.kind)) for example in dataset.examples}
    limit = min(_MAX_EXAMPLE_TOKENS, base.context_tokens or _MAX_EXAMPLE_TOKENS)
    long = [line for line, count in tokens.items() if count > limit]
    figures = {line: (("tokens", f"{tokens[line]:,}"), ("limit", f"{limit:,}")) for line in long}
    problems = (*dataset.problems, *(LineProblem(line, "too_many_tokens", figures[line]) for line in long))
    examples = tuple(example for example in dataset.examples if example.line not in figures)
    if len(examples) < MIN_EXAMPLES:
        raise TooFewExamplesError("The training set", len(examples), MIN_EXAMPLES, problems)
    return replace(dataset, examples=examples, problems=problems), tokens


def _free_memory_mb() -> int:
    return int(psutil.virtual_memory().available) // MEGABYTE
