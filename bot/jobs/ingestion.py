"""Ingests uploaded files as durable jobs, and shows their progress in a message that it finds by its id.

The files' names and bytes are in the uploads until the job is done; the job itself contains ids and hashes.
Edit this file to change the steps, the cancelling or the messages of an ingestion.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import discord
from pydantic import BaseModel

from bot.discord_io import access
from bot.errors import IngestionOver, TooManyUploads, UploadAltered, UploadMissing
from bot.jobs.runner import Jobs
from bot.jobs.types import Job, Step
from bot.jobs.uploads import Uploads, download
from bot.messages.buttons import CancelIngestButton, make_view, namesake_buttons
from bot.messages.live_message import Content, LiveMessage
from bot.messages.message_targets import ExistingMessage
from bot.messages.throttling import EditIntervals, EditSchedule
from bot.ports import DocumentsPort
from bot.render.ingestion import batch_report, file_report, ingestion_progress, unfinished_batch_report
from bot.render.message_text import loading_line, split_message, subtext
from bot.render.sources import namesakes_question
from bot.replies import Services
from bot.transport_errors import TRANSPORT_ERRORS
from chains.types import Language
from knowledge.errors import DocumentError, Reason
from knowledge.types import Audience, BatchProgress, BatchReport, IngestFile, IngestOutcome, IngestReport, Source
from storage.sizes import MEGABYTE

_log = logging.getLogger(__name__)

INGESTION_KIND = "ingest"
_INGEST_STEP = "take in"
"""The step after which an ingestion counts as finished: the next one only deletes its uploads."""
MOST_UNFINISHED = 5
"""The uploads of one server that may be unfinished: all servers share one queue."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IngestionDestination:
    """Keeps where documents belong, and the message that reports on them."""

    guild_id: int
    channel_id: int
    message_id: int
    member_id: int
    audience: Audience
    language: Language


class _File(BaseModel):
    """Keeps what an upload says about a file, beside its bytes."""

    name: str
    size_bytes: int
    sha256: str | None
    """None if the file is too large, and was not stored."""


class _Manifest(BaseModel):
    """Keeps which files a job ingests."""

    job: str
    """The job's id makes each manifest a different upload, so that no job deletes another job's manifest."""
    files: list[_File]
    link: str | None = None
    """The link of a single file, as the moderator gave it, unchecked."""


class Ingestion:
    """Keeps and runs all ingestions."""

    def __init__(
        self,
        client: discord.Client,
        services: Services,
        jobs: Jobs,
        uploads: Uploads,
        limit_mb: int,
        intervals: EditIntervals,
    ) -> None:
        self._client = client
        self._services = services
        self._jobs = jobs
        self._uploads = uploads
        self._limit_mb = limit_mb
        self._intervals = intervals
        self._messages: dict[str, LiveMessage] = {}
        """The messages of the jobs that this process submitted; a resumed job finds its message by the id."""
        self._reports: dict[str, list[IngestReport]] = {}
        """The reports on the files that the running job has finished."""
        self._closing: dict[str, Content] = {}
        """The closing reports, by job: once a job has one, it is too late to cancel it."""
        self._submitting: Counter[int] = Counter()
        """The uploads that are being downloaded, by server."""
        self._sharing = asyncio.Lock()
        """Two jobs may share an upload: none is deleted between storing it and submitting its job."""

    @property
    def steps(self) -> Sequence[tuple[str, Step]]:
        """Return the steps of an ingestion, in order."""
        return ((_INGEST_STEP, self._ingest_uploads), ("discard the upload", self._discard))

    async def submit(
        self,
        files: Sequence[discord.Attachment],
        destination: IngestionDestination,
        message: LiveMessage,
        link: str | None,
    ) -> None:
        """Store files and submit a job that ingests them. `message` is the one in `destination`, not followed yet.

        Raises:
            TooManyUploads: the server has as many unfinished ones as it may, and the others wait for it.
            DownloadFailed: Discord does not deliver a file.
            OSError: the disk is full.
        """
        waiting = [job for job in await self._jobs.unfinished(INGESTION_KIND) if _is_of(job, destination)]
        if len(waiting) + self._submitting[destination.guild_id] >= MOST_UNFINISHED:
            raise TooManyUploads(MOST_UNFINISHED)
        self._submitting[destination.guild_id] += 1
        try:
            await self._submit(files, destination, message, link)
        finally:
            self._submitting[destination.guild_id] -= 1

    async def _submit(
        self,
        files: Sequence[discord.Attachment],
        destination: IngestionDestination,
        message: LiveMessage,
        link: str | None,
    ) -> None:
        job_id = secrets.token_hex(8)
        contents = [await download(file) if file.size <= self._limit_mb * MEGABYTE else None for file in files]
        self._messages[job_id] = message
        try:
            async with self._sharing:
                hashes = [None if data is None else await self._uploads.put(data) for data in contents]
                kept = [
                    _File(name=file.filename, size_bytes=file.size, sha256=sha256)
                    for file, sha256 in zip(files, hashes, strict=True)
                ]
                manifest = _Manifest(job=job_id, files=kept, link=link)
                manifest_sha256 = await self._uploads.put(manifest.model_dump_json().encode())
                uploads = ",".join(sha256 for sha256 in hashes if sha256 is not None)
                await self._jobs.submit(
                    INGESTION_KIND, job_id, {"uploads": uploads, "about": manifest_sha256, **_inputs(destination)}
                )
        except BaseException:
            self._messages.pop(job_id, None)
            raise

    async def cancel(self, job_id: str, guild_id: int, member_id: int) -> None:
        """Cancel a job and say so in its message; files already ingested stay. Raise IngestionOver if it is over."""
        jobs = await self._jobs.unfinished(INGESTION_KIND)
        job = next((job for job in jobs if job.id == job_id and job.inputs["guild"] == str(guild_id)), None)
        if job is None or job_id in self._closing:
            raise IngestionOver
        reports = self._reports.get(job_id, [])
        if not await self._jobs.cancel(job_id, unless_done=_INGEST_STEP):
            raise IngestionOver
        if (report := self._closing.get(job_id)) is not None:  # It finished meanwhile, and its last edit was cut off.
            await self._find_message(_destination(job.inputs)).finish(report)
            await self._discard(job)
            raise IngestionOver
        self._messages.pop(job_id, None)
        await self._discard(job)
        destination, texts = _destination(job.inputs), self._services.texts
        heading = texts(destination.language, "ingest.cancelled", member=member_id)
        text = unfinished_batch_report(heading, reports, destination.language, texts, self._limit_mb)
        await self._find_message(destination).finish(Content((text,)))

    async def sweep(self) -> None:
        """Delete the uploads that no job needs: a kill came between storing them and submitting their job."""
        async with self._sharing:
            kept = {sha256 for job in await self._jobs.unfinished(INGESTION_KIND) for sha256 in _uploads(job)}
            if not self._jobs.is_closing:
                await self._uploads.sweep(kept)

    async def _ingest_uploads(self, job: Job) -> None:
        destination = _destination(job.inputs)
        message = await self._open_message(job, destination)
        try:
            report = self._closing[job.id] = await self._outcome(job, destination, message)
            await message.finish(report)
        except TRANSPORT_ERRORS as error:
            _log.warning("could not show the report on documents: %r", error)
        finally:
            self._reports.pop(job.id, None)
            await message.close()

    async def _discard(self, job: Job) -> None:
        async with self._sharing:
            others = [other for other in await self._jobs.unfinished(INGESTION_KIND) if other.id != job.id]
            needed = {sha256 for other in others for sha256 in _uploads(other)}
            for sha256 in _uploads(job) - needed:
                await self._uploads.discard(sha256)
        self._closing.pop(job.id, None)

    async def _open_message(self, job: Job, destination: IngestionDestination) -> LiveMessage:
        """Return the followed message of a job; after a restart, a new follower of the message that is there."""
        message = self._messages.pop(job.id, None)
        if message is not None:
            message.follow()
            return message
        message = self._find_message(destination)
        try:
            await message.open(Content((self._services.texts(destination.language, "ingest.resumed"),)))
        except TRANSPORT_ERRORS as error:
            _log.warning("resumed an upload, but could not show its progress: %r", error)
            message.follow()
        return message

    def _find_message(self, destination: IngestionDestination) -> LiveMessage:
        channel = self._client.get_partial_messageable(destination.channel_id, guild_id=destination.guild_id)
        target = ExistingMessage(channel.get_partial_message(destination.message_id))
        return LiveMessage(target, self._services.throttles.of(destination.channel_id), lambda: None)

    async def _outcome(self, job: Job, destination: IngestionDestination, message: LiveMessage) -> Content:
        """Ingest the files and return the closing report."""
        language, texts = destination.language, self._services.texts
        try:
            manifest = _Manifest.model_validate_json(await self._uploads.read(job.inputs["about"]))
            report = await self._ingest(job, manifest, destination, message)
            namesakes = await self._namesakes(report, job, destination)
        except Exception as error:  # noqa: BLE001 - the boundary of this job: it is logged and shown
            sentence = self._services.error_boundary.sentence(error, language)
            reports = self._reports.get(job.id, ())
            return Content(split_message(unfinished_batch_report(sentence, reports, language, texts, self._limit_mb)))
        if len(report.reports) == 1:
            text = file_report(report.reports[0], language, texts, self._limit_mb)
        else:
            text = batch_report(report, destination.audience, language, texts, self._limit_mb)
        if not namesakes:
            return Content(split_message(text))
        question = namesakes_question(namesakes, language, texts)
        return Content(split_message(f"{text}\n{question}"), make_view(*namesake_buttons(job.id, language, texts)))

    async def _namesakes(self, report: BatchReport, job: Job, destination: IngestionDestination) -> Sequence[Source]:
        """Return the documents that have the name of a new one, as far as everyone may know who reads the report."""
        guild = self._client.get_guild(destination.guild_id)
        place = None if guild is None else guild.get_channel_or_thread(destination.channel_id)
        if place is None or not report.of(IngestOutcome.NEW):
            return ()
        documents = await self._services.documents.get()
        return await documents.namesakes(str(destination.guild_id), job.id, access.public_reader(place))

    async def _ingest(
        self, job: Job, manifest: _Manifest, destination: IngestionDestination, message: LiveMessage
    ) -> BatchReport:
        documents = await self._loaded_documents(destination, message)
        await self._client.wait_until_ready()  # After a restart, the servers come later than the jobs.
        guild = self._client.get_guild(destination.guild_id)
        if guild is not None:
            await documents.register_guild(str(guild.id), guild.name)
        language, texts, loop = destination.language, self._services.texts, asyncio.get_running_loop()
        cancel = make_view(CancelIngestButton(job.id, language, texts(language, "ingest.cancel")))
        schedule, reports = EditSchedule(self._intervals), self._reports.setdefault(job.id, [])

        def show(progress: BatchProgress) -> None:
            if schedule.take_turn():
                message.show(Content((ingestion_progress(progress, language, texts),), cancel))

        return await documents.ingest_all(
            [IngestFile(file.name, file.size_bytes, partial(self._bytes_of, file)) for file in manifest.files],
            guild_id=str(destination.guild_id),
            audience=destination.audience,
            ingested_by=str(destination.member_id),
            batch=job.id,
            link=manifest.link,
            on_progress=lambda progress: _call(loop, show, progress),
            on_report=lambda report: _call(loop, reports.append, report),
        )

    def _bytes_of(self, file: _File) -> bytes:
        """Return the bytes of a file. Raise DocumentError if they are lost. Blocks."""
        if file.sha256 is None:
            raise DocumentError(Reason.TOO_LARGE, f"{file.name}: the file is over the limit of {self._limit_mb} MB")
        try:
            return self._uploads.load(file.sha256)
        except (UploadMissing, UploadAltered) as error:
            raise DocumentError(Reason.NOT_FOUND, f"{file.name}: the upload is lost") from error

    async def _loaded_documents(self, destination: IngestionDestination, message: LiveMessage) -> DocumentsPort:
        """Return the documents; show the progress of their loading until then."""
        service = self._services.documents
        async with aclosing(service.progress()) as reports:
            async for loading in reports:
                line = loading_line(service.name, loading, destination.language, self._services.texts)
                message.show(Content((subtext(line),)))
        return await service.get()


def _call(loop: asyncio.AbstractEventLoop, listener: Callable[[T], object], news: T) -> None:
    """Call `listener` with `news` in the event loop's thread, from any thread."""
    loop.call_soon_threadsafe(listener, news)


def _is_of(job: Job, destination: IngestionDestination) -> bool:
    return job.inputs["guild"] == str(destination.guild_id)


def _uploads(job: Job) -> set[str]:
    return {job.inputs["about"], *filter(None, job.inputs.get("uploads", "").split(","))}


def _inputs(destination: IngestionDestination) -> dict[str, str]:
    return {
        "guild": str(destination.guild_id),
        "channel": str(destination.channel_id),
        "message": str(destination.message_id),
        "member": str(destination.member_id),
        "audience": destination.audience.key,
        "language": str(destination.language),
    }


def _destination(inputs: Mapping[str, str]) -> IngestionDestination:
    return IngestionDestination(
        guild_id=int(inputs["guild"]),
        channel_id=int(inputs["channel"]),
        message_id=int(inputs["message"]),
        member_id=int(inputs["member"]),
        audience=Audience.from_key(inputs["audience"]),
        language=Language(inputs["language"]),
    )
