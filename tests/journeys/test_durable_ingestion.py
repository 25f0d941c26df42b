"""A document that is being taken in while the bot ends, and the bot that takes it up: real documents, real jobs."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from bot.local.simulator import RealTimeContext
from bot.messages.throttling import Throttles
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.settings import Settings
from bot.startup.app import App, assemble
from bot.tasks import Tasks
from knowledge.library import Library
from knowledge.types import (
    Audience,
    BatchProgress,
    BatchReport,
    IngestFile,
    IngestProgress,
    IngestReport,
    Passage,
    Reader,
    Removal,
    Source,
)
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.journeys.conftest import Community

PERMITS = ("permits 2.md", b"# Permits\n\nA permit costs nine pounds a night.")
EVERYTHING = Reader(frozenset(), is_owner=True)


class HeldDocuments:
    """Real documents that stop `before` or `after` a document is stored, for as long as they are not let go."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.hold: str | None = None
        self.let_through: int | None = None
        """So many files of a batch are stored before it stops; None: all."""
        self.is_held = asyncio.Event()

    async def ingest_bytes(
        self,
        data: bytes,
        *,
        name: str,
        guild_id: str,
        audience: Audience,
        ingested_by: str,
        link: str | None = None,
        on_progress: Callable[[IngestProgress], None] | None = None,
    ) -> IngestReport:
        return await self._library.ingest_bytes(
            data,
            name=name,
            guild_id=guild_id,
            audience=audience,
            ingested_by=ingested_by,
            link=link,
            on_progress=on_progress,
        )

    async def ingest_all(
        self,
        files: Sequence[IngestFile],
        *,
        guild_id: str,
        audience: Audience,
        ingested_by: str,
        batch: str | None = None,
        link: str | None = None,
        on_progress: Callable[[BatchProgress], None] | None = None,
        on_report: Callable[[IngestReport], None] | None = None,
    ) -> BatchReport:
        await self._stop("before")
        report = await self._library.ingest_all(
            files[: self.let_through],
            guild_id=guild_id,
            audience=audience,
            ingested_by=ingested_by,
            batch=batch,
            link=link,
            on_progress=on_progress,
            on_report=on_report,
        )
        await self._stop("after")
        return report

    async def sources(self, guild_id: str, reader: Reader) -> Sequence[Source]:
        return await self._library.sources(guild_id, reader)

    async def remove(self, guild_id: str, name_or_id: str, reader: Reader) -> Source:
        return await self._library.remove(guild_id, name_or_id, reader)

    async def remove_for_now(self, guild_id: str, names_or_ids: Sequence[str], reader: Reader) -> Removal:
        return await self._library.remove_for_now(guild_id, names_or_ids, reader)

    async def restore(self, guild_id: str, removal_id: str) -> Sequence[Source]:
        return await self._library.restore(guild_id, removal_id)

    async def removed_audiences(self, guild_id: str, removal_id: str) -> Sequence[Audience]:
        return await self._library.removed_audiences(guild_id, removal_id)

    async def namesakes(self, guild_id: str, batch: str, reader: Reader) -> Sequence[Source]:
        return await self._library.namesakes(guild_id, batch, reader)

    async def passage(self, guild_id: str, chunk_id: str, reader: Reader, said: Sequence[str]) -> Passage:
        return await self._library.passage(guild_id, chunk_id, reader, said)

    async def page_image(self, passage: Passage) -> bytes | None:
        return await self._library.page_image(passage)

    async def register_guild(self, guild_id: str, name: str) -> None:
        await self._library.register_guild(guild_id, name)

    async def _stop(self, where: str) -> None:
        if self.hold == where:
            self.is_held.set()
            await asyncio.Event().wait()


@pytest.fixture
async def held(settings: Settings) -> AsyncIterator[HeldDocuments]:
    library = await Library.open(settings.knowledge, HashingEmbeddings())
    yield HeldDocuments(library)
    await library.close()


@pytest.fixture
async def documents_part(held: HeldDocuments) -> LazyService[DocumentsPort]:
    return LazyService.of("documents", held)


@pytest.fixture
def uploads(settings: Settings) -> Path:
    return settings.bot.data_dir / "uploads"


async def _end_in_the_middle(community: Community, held: HeldDocuments, where: str) -> None:
    """Have a document taken in, and end the bot in the middle of it."""
    held.hold = where
    await community.moderator.slash(community.channel, "ingest", file=PERMITS)
    await held.is_held.wait()
    await community.app.close()
    held.hold = None


async def _start_again(
    community: Community, documents: LazyService[DocumentsPort], assistant: LazyService[AssistantPort]
) -> App:
    """A new bot on the same data folder, in the same Discord."""
    scope = RealTimeContext()
    scope.attach(community.env)
    again = assemble(community.settings, documents, assistant, Tasks(scope), throttles=Throttles(0.0), shard_count=1)
    await community.env.restart_bot(again.client)
    return again


async def _finish(community: Community, again: App) -> None:
    await again.tasks.idle()
    await community.env.settle()
    await again.close()


async def _names(community: Community, held: HeldDocuments) -> list[str]:
    return [source.name for source in await held.sources(str(community.guild.id), EVERYTHING)]


def _told(community: Community) -> list[str]:
    """What the bot wrote, edits too, in their order."""
    bodies = [request.json for request in community.env.http_requests]
    return [body["content"] for body in bodies if isinstance(body, dict) and isinstance(body.get("content"), str)]


@pytest.mark.parametrize("where", ["before", "after"])
async def test_what_the_end_of_the_bot_cut_off_goes_on_in_the_same_message(
    community: Community,
    held: HeldDocuments,
    documents_part: LazyService[DocumentsPort],
    assistant_part: LazyService[AssistantPort],
    uploads: Path,
    where: str,
) -> None:
    await _end_in_the_middle(community, held, where)
    begun = community.last()
    assert len(list(uploads.iterdir())) == 2
    again = await _start_again(community, documents_part, assistant_part)
    await _finish(community, again)
    assert await _names(community, held) == ["permits 2.md"]
    assert community.last().id == begun.id
    assert community.last().content.startswith("📄 Added **permits 2.md**: 1 passage")
    assert len([text for text in _told(community) if "The bot was restarted." in text]) == 1
    assert list(uploads.iterdir()) == []


async def test_it_waits_for_the_documents_and_says_so(
    community: Community, held: HeldDocuments, assistant_part: LazyService[AssistantPort]
) -> None:
    await _end_in_the_middle(community, held, "before")
    later: LazyService[DocumentsPort] = LazyService("documents")
    again = await _start_again(community, later, assistant_part)
    while "About to load the search model" not in community.last().content:
        await community.env.settle()
    later.succeed(held)
    await _finish(community, again)
    assert "Added **" in community.last().content


async def test_a_document_is_taken_in_although_its_message_was_deleted(
    community: Community,
    held: HeldDocuments,
    documents_part: LazyService[DocumentsPort],
    assistant_part: LazyService[AssistantPort],
) -> None:
    await _end_in_the_middle(community, held, "before")
    await community.moderator.delete(community.last())
    again = await _start_again(community, documents_part, assistant_part)
    await _finish(community, again)
    assert await _names(community, held) == ["permits 2.md"]
    assert community.channel.history(viewer=community.moderator) == []


async def test_a_second_restart_takes_nothing_up_again(
    community: Community,
    held: HeldDocuments,
    documents_part: LazyService[DocumentsPort],
    assistant_part: LazyService[AssistantPort],
) -> None:
    await _end_in_the_middle(community, held, "before")
    for _ in range(2):
        again = await _start_again(community, documents_part, assistant_part)
        await _finish(community, again)
    assert len([text for text in _told(community) if "The bot was restarted." in text]) == 1
    assert "Added **" in community.last().content


async def test_a_lost_upload_is_told_with_what_to_do(
    community: Community,
    held: HeldDocuments,
    documents_part: LazyService[DocumentsPort],
    assistant_part: LazyService[AssistantPort],
    uploads: Path,
) -> None:
    await _end_in_the_middle(community, held, "before")
    for path in uploads.iterdir():
        path.unlink()
    again = await _start_again(community, documents_part, assistant_part)
    await _finish(community, again)
    assert community.last().content == "The uploaded file is gone. Upload it again."


async def test_two_jobs_with_the_same_bytes_do_not_take_them_from_each_other(
    community: Community,
    held: HeldDocuments,
    documents_part: LazyService[DocumentsPort],
    assistant_part: LazyService[AssistantPort],
) -> None:
    held.hold = "before"
    await community.moderator.slash(community.channel, "ingest", file=PERMITS)
    await held.is_held.wait()
    await community.moderator.slash(community.channel, "ingest", file=("copy.md", PERMITS[1]))
    while len(await community.app.jobs.unfinished("ingest")) < 2:
        await community.env.settle()
    await community.app.close()
    held.hold = None
    again = await _start_again(community, documents_part, assistant_part)
    await _finish(community, again)
    assert sorted(await _names(community, held)) == ["copy.md", "permits 2.md"]
    reports = [message.content for message in community.channel.history(viewer=community.moderator)]
    assert ["Added **" in report for report in reports] == [True, True]


async def test_a_kill_between_two_files_goes_on_with_the_second_and_reports_both_as_new(
    community: Community,
    held: HeldDocuments,
    documents_part: LazyService[DocumentsPort],
    assistant_part: LazyService[AssistantPort],
) -> None:
    held.hold, held.let_through = "after", 1
    other = ("boats.md", b"# Boats\n\nThe club has nine boats.")
    await community.moderator.slash(community.channel, "ingest", file=PERMITS, file_2=other)
    await held.is_held.wait()
    await community.app.close()
    held.hold = held.let_through = None
    assert await _names(community, held) == ["permits 2.md"]
    again = await _start_again(community, documents_part, assistant_part)
    await _finish(community, again)
    assert await _names(community, held) == ["boats.md", "permits 2.md"]
    assert "- 2 new, 0 updated, 0 unchanged, 0 failed\n- 2 passages embedded, 0 reused" in community.last().content
    assert len(community.channel.history(viewer=community.moderator)) == 1


async def test_uploads_of_no_job_are_swept_at_the_start_and_those_of_a_job_are_not(
    community: Community,
    held: HeldDocuments,
    documents_part: LazyService[DocumentsPort],
    assistant_part: LazyService[AssistantPort],
    uploads: Path,
) -> None:
    await _end_in_the_middle(community, held, "before")
    (uploads / ("0" * 64)).write_bytes(b"stored, and never submitted")
    (uploads / f"{'1' * 64}.abcd.part").write_bytes(b"half stored")
    again = await _start_again(community, documents_part, assistant_part)
    await _finish(community, again)
    assert ": 1 passage," in community.last().content
    assert list(uploads.iterdir()) == []


async def test_a_zip_is_taken_apart_and_a_second_time_costs_nothing(
    community: Community, held: HeldDocuments, uploads: Path
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("rules/permits.md", "# Permits\n\nA permit costs nine pounds.")
        archive.writestr("rules/scan.pdf", b"%PDF-nonsense")
    for counts, chunks in (("1 new, 0 updated, 0 unchanged", "1 passage embedded, 0"), ("0 new, 0 updated, 1", "0 p")):
        await community.moderator.slash(community.channel, "ingest", file=("rules.zip", packed.getvalue()))
        await community.rest()
        report = community.last().content
        assert report.startswith("📚 **2 files** processed")
        assert f"- {counts}" in report
        assert f"- {chunks}" in report
        assert "- **scan.pdf**: The file is damaged." in report
    assert await _names(community, held) == ["permits.md"]
    assert list(uploads.iterdir()) == []
