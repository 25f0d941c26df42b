"""Runs trainings as durable jobs, one at a time, and shows each in its message.

The prepared training is kept beside the job, by the id of its run; the job itself contains ids only.
Edit this file to change the steps, the queue or the cancelling of a training.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing

import discord

from bot.errors import AlreadyTraining, NothingToCancel
from bot.jobs.runner import Jobs
from bot.jobs.types import Job, Step
from bot.messages.progress_message import ProgressMessage
from bot.messages.throttling import EditIntervals
from bot.messages.training_message import TrainingDestination, TrainingMessage
from bot.ports import TunerPort
from bot.prepared_trainings import PreparedTraining, PreparedTrainings
from bot.readiness import LazyService, Loading
from bot.render.adapters import ActiveTraining
from bot.render.message_text import loading_line
from bot.replies import Services
from bot.tasks import AlreadyReported
from chains.types import Language
from finetune.errors import RunNotFoundError
from finetune.types import LabelHelp, Preview, TrainingProgress, TrainingRequest, TrainingStage
from weights.types import Progress

TUNING_KIND = "tune"
_FINISH_STEP = "finish"
"""The step after which a training counts as finished: the next one only deletes its files."""


class Tuning:
    """Keeps and runs all trainings."""

    def __init__(
        self,
        client: discord.Client,
        services: Services,
        jobs: Jobs,
        tuner: LazyService[TunerPort],
        prepared_trainings: PreparedTrainings,
        intervals: EditIntervals,
    ) -> None:
        self._client = client
        self._services = services
        self._jobs = jobs
        self._tuner = tuner
        self._prepared = prepared_trainings
        self._intervals = intervals
        self._starting = asyncio.Lock()
        self._progress: dict[str, TrainingProgress] = {}
        """The progress of the run that is being trained."""
        self._ending: set[str] = set()
        """Runs that are being cancelled, or are registered and not deleted yet: what comes first wins."""

    @property
    def steps(self) -> Sequence[tuple[str, Step]]:
        """Return the steps of a training, in order."""
        return (("train", self._train), (_FINISH_STEP, self._finish), ("discard the run", self._discard))

    async def sweep(self) -> None:
        """Delete the runs that were prepared over a day ago and never started."""
        tuner = await self._tuner.get()
        await tuner.sweep(frozenset(job.inputs["run"] for job in await self._jobs.unfinished(TUNING_KIND)))

    async def prepare(
        self,
        data: bytes,
        name: str,
        wanted: TrainingRequest,
        language: Language,
        channels: Mapping[str, str],
        show: Callable[[str], None],
    ) -> Preview:
        """Check a training set and prepare a run. `channels` has the mention of each channel, by its name.

        `show` is called with a line about the progress, in the event loop's thread.

        Raises:
            FinetuneError, WeightsError, PartFailed, OSError: nothing was prepared.
        """
        texts, loop = self._services.texts, asyncio.get_running_loop()
        tuner = await self._loaded_tuner(language, show)

        def on_fetch(fetched: Progress) -> None:
            loading = Loading(fetched.stage, fetched.done_bytes, fetched.total_bytes)
            loop.call_soon_threadsafe(show, loading_line("base", loading, language, texts))

        def mention_channel(described: LabelHelp) -> LabelHelp:
            mention = channels.get((described.channel or "").removeprefix("#"), described.channel)
            return LabelHelp(described.label, described.sentence, mention)

        show(texts(language, "tuning.examining"))
        preview = await tuner.prepare(await tuner.examine(data, name), wanted, on_fetch, mention_channel)
        try:
            await self._prepared.keep(
                preview.run_id, PreparedTraining(wanted.guild_id, preview.skill, preview.base_title)
            )
        except OSError:
            await tuner.discard(preview.run_id)
            raise
        return preview

    async def start(self, run_id: str, destination: TrainingDestination) -> None:
        """Queue a prepared run behind those that wait. Calling it twice starts the run once.

        Raises:
            AlreadyTraining: another run of the same skill is trained or waits: the later one would replace it.
        """
        message = self._message(run_id, destination)
        async with self._starting:
            before = await self._jobs.unfinished(TUNING_KIND)
            if any(job.inputs["run"] == run_id for job in before):
                return
            prepared = await self._prepared.find(run_id, destination.guild_id)
            if prepared is None:
                await message.put_sentence(
                    self._services.error_boundary.sentence(RunNotFoundError(), destination.language)
                )
                return
            for other in await self.active_trainings(destination.guild_id):
                if other.prepared.skill.casefold() == prepared.skill.casefold():
                    raise AlreadyTraining(other.prepared.skill, other.link)
            # A new id for each try: a failed job never runs again.
            await self._jobs.submit(TUNING_KIND, secrets.token_hex(8), {"run": run_id, **destination.as_inputs()})
            if before:
                await message.put_waiting(prepared, len(before))

    async def discard(self, run_id: str, destination: TrainingDestination) -> None:
        """Delete a prepared run, unless it was started."""
        async with self._starting:
            if any(job.inputs["run"] == run_id for job in await self._jobs.unfinished(TUNING_KIND)):
                return
            if await self._prepared.find(run_id, destination.guild_id) is not None:
                await self._delete_run(run_id)
            sentence = self._services.texts(destination.language, "tuning.discarded")
            await self._message(run_id, destination).put_sentence(sentence)

    async def cancel(self, run_id: str, guild_id: int, member_id: int) -> PreparedTraining:
        """Cancel a training that runs or waits, say so in its message, and return what was prepared.

        Raises:
            NothingToCancel: this server has no such training, or it has finished.
        """
        jobs = await self._jobs.unfinished(TUNING_KIND)
        job = next((job for job in jobs if job.inputs["run"] == run_id), None)
        prepared = await self._prepared.find(run_id, guild_id)
        if job is None or prepared is None or run_id in self._ending:
            raise NothingToCancel
        self._ending.add(run_id)
        try:
            at = self._progress.get(run_id)
            if not await self._jobs.cancel(job.id, unless_done=_FINISH_STEP):
                raise NothingToCancel
            message = self._message(run_id, TrainingDestination.from_inputs(job.inputs))
            await message.finish_cancelled(prepared, at, member_id)
            await self._delete_run(run_id)
        finally:
            self._ending.discard(run_id)
        await self._update_queue_positions()
        return prepared

    async def active_trainings(self, guild_id: int) -> Sequence[ActiveTraining]:
        """Return the trainings of one server that run or wait."""
        found = []
        for ahead, job in enumerate(await self._jobs.unfinished(TUNING_KIND)):
            run_id = job.inputs["run"]
            prepared = await self._prepared.find(run_id, guild_id)
            if prepared is not None:
                link = TrainingDestination.from_inputs(job.inputs).link
                found.append(ActiveTraining(run_id, prepared, link, ahead, self._progress.get(run_id)))
        return found

    async def _train(self, job: Job) -> None:
        run_id, destination = job.inputs["run"], TrainingDestination.from_inputs(job.inputs)
        message = self._message(run_id, destination)
        message.follow()
        try:
            await self._train_prepared(run_id, destination, message)
        except Exception as error:  # noqa: BLE001 - the boundary of this job: it is logged and shown
            await self._fail(run_id, destination, message, error)
            raise AlreadyReported(f"The run {run_id} was not trained.") from None
        finally:
            self._progress.pop(run_id, None)
            await message.close()

    async def _train_prepared(self, run_id: str, destination: TrainingDestination, message: TrainingMessage) -> None:
        prepared = await self._prepared.find(run_id, destination.guild_id)
        if prepared is None:
            raise RunNotFoundError

        def on_progress(now: TrainingProgress) -> None:
            self._progress[run_id] = now
            message.show_progress(prepared, now)

        on_progress(TrainingProgress(TrainingStage.LOADING, 0, 0))
        await self._update_queue_positions()
        tuner = await self._loaded_tuner(destination.language, message.show_line)
        await tuner.run(run_id, on_progress)

    async def _finish(self, job: Job) -> None:
        run_id, destination = job.inputs["run"], TrainingDestination.from_inputs(job.inputs)
        if run_id in self._ending:
            return
        self._ending.add(run_id)
        message = self._message(run_id, destination)
        try:
            outcome = await (await self._tuner.get()).finish(run_id)
            await message.finish_report(outcome)
        except BaseException as error:
            self._ending.discard(run_id)
            if not isinstance(error, Exception):
                raise
            await self._fail(run_id, destination, message, error)
            raise AlreadyReported(f"The run {run_id} was not registered.") from None

    async def _discard(self, job: Job) -> None:
        await self._delete_run(job.inputs["run"])
        self._ending.discard(job.inputs["run"])

    async def _fail(
        self, run_id: str, destination: TrainingDestination, message: TrainingMessage, error: Exception
    ) -> None:
        """Show what failed. The run's files stay, so that another try resumes at the last checkpoint."""
        sentence = self._services.error_boundary.sentence(error, destination.language)
        is_gone = isinstance(error, RunNotFoundError)
        prepared = None if is_gone else await self._prepared.find(run_id, destination.guild_id)
        await message.finish_failed(prepared, sentence)

    async def _update_queue_positions(self) -> None:
        """Let each waiting training show how many are ahead of it."""
        for ahead, job in enumerate(await self._jobs.unfinished(TUNING_KIND)):
            run_id, destination = job.inputs["run"], TrainingDestination.from_inputs(job.inputs)
            prepared = await self._prepared.find(run_id, destination.guild_id)
            if ahead and prepared is not None:
                await self._message(run_id, destination).put_waiting(prepared, ahead)

    async def _delete_run(self, run_id: str) -> None:
        """Delete a run with its files. If the tuner is not loaded yet, its next sweep deletes the files."""
        await self._prepared.forget(run_id)
        if self._tuner.is_ready:
            await (await self._tuner.get()).discard(run_id)

    async def _loaded_tuner(self, language: Language, show: Callable[[str], None]) -> TunerPort:
        """Return the tuner; show the progress of its loading until then."""
        async with aclosing(self._tuner.progress()) as reports:
            async for loading in reports:
                show(loading_line(self._tuner.name, loading, language, self._services.texts))
        return await self._tuner.get()

    def _message(self, run_id: str, destination: TrainingDestination) -> TrainingMessage:
        channel = self._client.get_partial_messageable(destination.channel_id, guild_id=destination.guild_id)
        throttle = self._services.throttles.of(destination.channel_id)
        progress_message = ProgressMessage(channel, destination.message_id, throttle, self._intervals)
        return TrainingMessage(progress_message, run_id, destination, self._services.texts)
