"""Takes uploaded documents in, as durable jobs. Knows no interaction: it edits messages by their ids.

A file's name and its bytes lie in the uploads until the job is done; the job itself holds ids and hashes.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import discord
from pydantic import BaseModel

from bot import render
from bot.jobs import Job, Jobs, Step
from bot.outlets import ExistingMessage
from bot.ports import Documents
from bot.replies import Services
from bot.stream import Content, Draft
from bot.uploads import Uploads
from chains.types import Language
from knowledge.types import Audience, IngestProgress, IngestReport

_log = logging.getLogger(__name__)

KIND = "ingest"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a document goes, and where it is reported."""

    guild_id: int
    channel_id: int
    message_id: int
    member_id: int
    audience: Audience
    language: Language


class _Upload(BaseModel):
    """What is kept of a file beside its bytes."""

    job: str
    """Makes it another upload for each job, so that the end of one takes no name from another."""
    name: str
    link: str | None = None
    """As the moderator gave it, unchecked."""


class Ingestion:
    """All documents that are being taken in."""

    def __init__(self, client: discord.Client, services: Services, jobs: Jobs, uploads: Uploads, limit_mb: int) -> None:
        self._client = client
        self._services = services
        self._jobs = jobs
        self._uploads = uploads
        self._limit_mb = limit_mb
        self._drafts: dict[str, Draft] = {}
        """Of the jobs that this process submitted; a job that it took up finds its message by the id."""
        self._sharing = asyncio.Lock()
        """Two jobs may have the same bytes: no upload is discarded between its keeping and its job's submission."""

    @property
    def steps(self) -> Sequence[tuple[str, Step]]:
        """The steps of a job of this kind."""
        return (("take in", self._take_in), ("discard the upload", self._discard))

    async def submit(
        self, name: str, data: bytes, destination: Destination, draft: Draft, link: str | None = None
    ) -> None:
        """Keep a file and have it taken in. `draft` stands where `destination` says, and nothing follows it yet.

        Raises OSError where the disk takes no more.
        """
        job_id = secrets.token_hex(8)
        self._drafts[job_id] = draft
        try:
            async with self._sharing:
                about = await self._uploads.put(_Upload(job=job_id, name=name, link=link).model_dump_json().encode())
                upload = await self._uploads.put(data)
                await self._jobs.submit(KIND, job_id, {"upload": upload, "about": about, **_inputs(destination)})
        except BaseException:
            self._drafts.pop(job_id, None)
            raise

    async def _take_in(self, job: Job) -> None:
        destination = _destination(job.inputs)
        draft = await self._draft(job, destination)
        try:
            closing = await self._outcome(job, destination, draft)
            await draft.finish(Content(render.split(closing)))
        except (discord.HTTPException, OSError) as error:
            _log.warning("the report on a document could not be shown: %s", error)
        finally:
            await draft.close()

    async def _discard(self, job: Job) -> None:
        async with self._sharing:
            others = [other for other in await self._jobs.unfinished() if other.id != job.id]
            for upload in (job.inputs["about"], job.inputs["upload"]):
                if not any(upload in other.inputs.values() for other in others):
                    await self._uploads.discard(upload)

    async def _draft(self, job: Job, destination: Destination) -> Draft:
        """The draft of this job's message; after a restart, a new one on the message that stands there."""
        draft = self._drafts.pop(job.id, None)
        if draft is not None:
            draft.follow()
            return draft
        channel = self._client.get_partial_messageable(destination.channel_id, guild_id=destination.guild_id)
        outlet = ExistingMessage(channel.get_partial_message(destination.message_id))
        draft = Draft(outlet, self._services.throttles.of(destination.channel_id), lambda: None)
        try:
            await draft.open(Content((self._services.texts(destination.language, "ingest.resumed"),)))
        except (discord.HTTPException, OSError) as error:
            _log.warning("a document is taken in after a restart, but that cannot be shown: %s", error)
        return draft

    async def _outcome(self, job: Job, destination: Destination, draft: Draft) -> str:
        """Take the document in; returns what is to stand there in the end."""
        try:
            report = await self._ingest(job, destination, draft)
        except Exception as error:  # noqa: BLE001 - the boundary of this job: it is logged and shown
            return self._services.failures.sentence(error, destination.language)
        return render.ingest_report(report, destination.language, self._services.texts, self._limit_mb)

    async def _ingest(self, job: Job, destination: Destination, draft: Draft) -> IngestReport:
        about = _Upload.model_validate_json(await self._uploads.read(job.inputs["about"]))
        data = await self._uploads.read(job.inputs["upload"])
        documents = await self._opened(destination, draft)
        await self._client.wait_until_ready()  # After a restart, the servers come later than the jobs.
        guild = self._client.get_guild(destination.guild_id)
        if guild is not None:
            await documents.register_guild(str(guild.id), guild.name)
        texts, loop = self._services.texts, asyncio.get_running_loop()

        def show(progress: IngestProgress) -> None:
            line = render.ingest_progress(about.name, progress, destination.language, texts)
            loop.call_soon_threadsafe(draft.show, Content((line,)))

        return await documents.ingest_bytes(
            data,
            name=about.name,
            guild_id=str(destination.guild_id),
            audience=destination.audience,
            ingested_by=str(destination.member_id),
            link=about.link,
            on_progress=show,
        )

    async def _opened(self, destination: Destination, draft: Draft) -> Documents:
        """The documents; until they are there, how far the loading is."""
        part = self._services.documents
        async with aclosing(part.progress()) as reports:
            async for loading in reports:
                line = render.loading_line(part.name, loading, destination.language, self._services.texts)
                draft.show(Content((render.small(line),)))
        return await part.get()


def _inputs(destination: Destination) -> dict[str, str]:
    return {
        "guild": str(destination.guild_id),
        "channel": str(destination.channel_id),
        "message": str(destination.message_id),
        "member": str(destination.member_id),
        "audience": destination.audience.key,
        "language": str(destination.language),
    }


def _destination(inputs: Mapping[str, str]) -> Destination:
    return Destination(
        guild_id=int(inputs["guild"]),
        channel_id=int(inputs["channel"]),
        message_id=int(inputs["message"]),
        member_id=int(inputs["member"]),
        audience=Audience.from_key(inputs["audience"]),
        language=Language(inputs["language"]),
    )
