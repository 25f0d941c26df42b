"""Takes uploaded files in, as durable jobs. Knows no interaction: it edits messages by their ids.

The files' names and bytes lie in the uploads until the job is done; the job itself holds ids and hashes.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import discord
from pydantic import BaseModel

from bot.errors import IngestionOver, UploadAltered, UploadMissing
from bot.jobs.runner import Jobs
from bot.jobs.types import Job, Step
from bot.jobs.uploads import Uploads, download
from bot.messages.buttons import CancelIngestButton, make_view
from bot.messages.live_message import Content, LiveMessage
from bot.messages.message_targets import ExistingMessage
from bot.messages.throttling import EditIntervals, EditSchedule
from bot.ports import DocumentsPort
from bot.render.ingestion import batch_report, file_report, ingestion_progress, unfinished_batch_report
from bot.render.message_text import loading_line, split_message, subtext
from bot.replies import Services
from bot.transport_errors import TRANSPORT_ERRORS
from chains.types import Language
from knowledge.errors import DocumentError, Reason
from knowledge.types import Audience, BatchProgress, BatchReport, IngestFile, IngestReport
from weights.units import MEGABYTE

_log = logging.getLogger(__name__)

KIND = "ingest"
_REPORTING = "take in"
"""The step with which an ingestion is at its end: the next one only discards its uploads."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IngestionDestination:
    """Where documents go, and where they are reported."""

    guild_id: int
    channel_id: int
    message_id: int
    member_id: int
    audience: Audience
    language: Language


class _File(BaseModel):
    """What is kept of a file beside its bytes."""

    name: str
    size_bytes: int
    sha256: str | None
    """None: it is too large, and was not kept."""


class _Manifest(BaseModel):
    """What a job is about."""

    job: str
    """Makes it another upload for each job, so that the end of one takes no name from another."""
    files: list[_File]
    link: str | None = None
    """Of a single file, as the moderator gave it, unchecked."""


class Ingestion:
    """All files that are being taken in."""

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
        self._drafts: dict[str, LiveMessage] = {}
        """Of the jobs that this process submitted; a job that it took up finds its message by the id."""
        self._reports: dict[str, list[IngestReport]] = {}
        """On what is done with, of the job that runs now."""
        self._over: dict[str, Content] = {}
        """The closing reports that are being written, or stand there, by job: too late to be cancelled."""
        self._sharing = asyncio.Lock()
        """Two jobs may have the same bytes: no upload is discarded between its keeping and its job's submission."""

    @property
    def steps(self) -> Sequence[tuple[str, Step]]:
        """The steps of a job of this kind."""
        return ((_REPORTING, self._take_in), ("discard the upload", self._discard))

    async def submit(
        self,
        files: Sequence[discord.Attachment],
        destination: IngestionDestination,
        draft: LiveMessage,
        link: str | None,
    ) -> None:
        """Keep files and have them taken in. `draft` stands where `destination` says, and nothing follows it yet.

        Raises:
            DownloadFailed: Discord doesn't hand a file out.
            OSError: the disk takes no more.
        """
        job_id = secrets.token_hex(8)
        contents = [await download(file) if file.size <= self._limit_mb * MEGABYTE else None for file in files]
        self._drafts[job_id] = draft
        try:
            async with self._sharing:
                hashes = [None if data is None else await self._uploads.put(data) for data in contents]
                kept = [
                    _File(name=file.filename, size_bytes=file.size, sha256=sha256)
                    for file, sha256 in zip(files, hashes, strict=True)
                ]
                manifest = _Manifest(job=job_id, files=kept, link=link)
                about = await self._uploads.put(manifest.model_dump_json().encode())
                uploads = ",".join(sha256 for sha256 in hashes if sha256 is not None)
                await self._jobs.submit(KIND, job_id, {"uploads": uploads, "about": about, **_inputs(destination)})
        except BaseException:
            self._drafts.pop(job_id, None)
            raise

    async def cancel(self, job_id: str, guild_id: int, member_id: int) -> None:
        """Give a job up, and say so in its message; what is taken in stays. Raises IngestionOver."""
        jobs = await self._jobs.unfinished(KIND)
        job = next((job for job in jobs if job.id == job_id and job.inputs["guild"] == str(guild_id)), None)
        if job is None or job_id in self._over:
            raise IngestionOver
        reports = self._reports.get(job_id, [])
        if not await self._jobs.cancel(job_id, unless_done=_REPORTING):
            raise IngestionOver
        if (report := self._over.get(job_id)) is not None:  # It ended meanwhile, and its last edit was cut off.
            await self._new_draft(_destination(job.inputs)).finish(report)
            await self._discard(job)
            raise IngestionOver
        self._drafts.pop(job_id, None)
        await self._discard(job)
        destination, texts = _destination(job.inputs), self._services.texts
        heading = texts(destination.language, "ingest.cancelled", member=member_id)
        text = unfinished_batch_report(heading, reports, destination.language, texts, self._limit_mb)
        await self._new_draft(destination).finish(Content((text,)))

    async def sweep(self) -> None:
        """Forget the uploads of no job: a kill came between their keeping and its submission."""
        async with self._sharing:
            kept = {sha256 for job in await self._jobs.unfinished(KIND) for sha256 in _uploads(job)}
            if not self._jobs.is_closing:
                await self._uploads.sweep(kept)

    async def _take_in(self, job: Job) -> None:
        destination = _destination(job.inputs)
        draft = await self._draft(job, destination)
        try:
            closing = self._over[job.id] = Content(split_message(await self._outcome(job, destination, draft)))
            await draft.finish(closing)
        except TRANSPORT_ERRORS as error:
            _log.warning("could not show the report on documents: %r", error)
        finally:
            self._reports.pop(job.id, None)
            await draft.close()

    async def _discard(self, job: Job) -> None:
        async with self._sharing:
            others = [other for other in await self._jobs.unfinished(KIND) if other.id != job.id]
            needed = {sha256 for other in others for sha256 in _uploads(other)}
            for sha256 in _uploads(job) - needed:
                await self._uploads.discard(sha256)
        self._over.pop(job.id, None)

    async def _draft(self, job: Job, destination: IngestionDestination) -> LiveMessage:
        """The draft of this job's message; after a restart, a new one on the message that stands there."""
        draft = self._drafts.pop(job.id, None)
        if draft is not None:
            draft.follow()
            return draft
        draft = self._new_draft(destination)
        try:
            await draft.open(Content((self._services.texts(destination.language, "ingest.resumed"),)))
        except TRANSPORT_ERRORS as error:
            _log.warning("resumed an upload, but could not show its progress: %r", error)
            draft.follow()
        return draft

    def _new_draft(self, destination: IngestionDestination) -> LiveMessage:
        channel = self._client.get_partial_messageable(destination.channel_id, guild_id=destination.guild_id)
        outlet = ExistingMessage(channel.get_partial_message(destination.message_id))
        return LiveMessage(outlet, self._services.throttles.of(destination.channel_id), lambda: None)

    async def _outcome(self, job: Job, destination: IngestionDestination, draft: LiveMessage) -> str:
        """Take the files in; returns what is to stand there in the end."""
        language, texts = destination.language, self._services.texts
        try:
            manifest = _Manifest.model_validate_json(await self._uploads.read(job.inputs["about"]))
            report = await self._ingest(job, manifest, destination, draft)
        except Exception as error:  # noqa: BLE001 - the boundary of this job: it is logged and shown
            sentence = self._services.error_boundary.sentence(error, language)
            return unfinished_batch_report(sentence, self._reports.get(job.id, ()), language, texts, self._limit_mb)
        if len(report.reports) == 1:
            return file_report(report.reports[0], language, texts, self._limit_mb)
        return batch_report(report, destination.audience, language, texts, self._limit_mb)

    async def _ingest(
        self, job: Job, manifest: _Manifest, destination: IngestionDestination, draft: LiveMessage
    ) -> BatchReport:
        documents = await self._opened(destination, draft)
        await self._client.wait_until_ready()  # After a restart, the servers come later than the jobs.
        guild = self._client.get_guild(destination.guild_id)
        if guild is not None:
            await documents.register_guild(str(guild.id), guild.name)
        language, texts, loop = destination.language, self._services.texts, asyncio.get_running_loop()
        cancel = make_view(CancelIngestButton(job.id, language, texts(language, "ingest.cancel")))
        turns, reports = EditSchedule(self._intervals), self._reports.setdefault(job.id, [])

        def show(progress: BatchProgress) -> None:
            if turns.take_turn():
                draft.show(Content((ingestion_progress(progress, language, texts),), cancel))

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
        """Raises DocumentError. Blocks."""
        if file.sha256 is None:
            raise DocumentError(Reason.TOO_LARGE, f"{file.name}: the file is over the limit of {self._limit_mb} MB")
        try:
            return self._uploads.load(file.sha256)
        except (UploadMissing, UploadAltered) as error:
            raise DocumentError(Reason.NOT_FOUND, f"{file.name}: the upload is lost") from error

    async def _opened(self, destination: IngestionDestination, draft: LiveMessage) -> DocumentsPort:
        """The documents; until they are there, how far the loading is."""
        part = self._services.documents
        async with aclosing(part.progress()) as reports:
            async for loading in reports:
                line = loading_line(part.name, loading, destination.language, self._services.texts)
                draft.show(Content((subtext(line),)))
        return await part.get()


def _call(loop: asyncio.AbstractEventLoop, listener: Callable[[T], object], news: T) -> None:
    """Tell `listener` in the loop's thread, from whichever thread."""
    loop.call_soon_threadsafe(listener, news)


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
