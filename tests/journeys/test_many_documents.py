"""Several files at once: by the command, as a zip, and from the menu of a message."""

from __future__ import annotations

import asyncio

import pytest
from simcord.backend.errors import SetupError

from bot.locales import load_texts
from bot.render.ingestion import batch_report, ingestion_progress
from bot.render.message_text import MESSAGE_LIMIT
from chains.types import Language
from knowledge.types import (
    EVERY_MEMBER,
    Audience,
    BatchProgress,
    BatchReport,
    IngestOutcome,
    IngestReport,
)
from tests.fakes.listed_documents import ListedDocuments
from tests.journeys.conftest import Community

PERMITS = ("permits.md", b"# Permits\n\nA permit costs nine pounds a night.")
BOATS = ("boats.md", b"# Boats\n\nThe club has nine boats.")
MENU = "Add these files"


async def test_several_files_are_taken_in_with_one_report(community: Community, documents: ListedDocuments) -> None:
    await community.moderator.slash(community.channel, "ingest", file=PERMITS, file_2=BOATS, audience="guild")
    await community.rest()
    assert community.last().content.splitlines() == [
        "📚 **2 files** processed in 0.1 s. Used in answers for every member.",
        "- 2 new, 0 updated, 0 unchanged, 0 failed",
        "- 4 passages embedded, 0 reused",
        "- New: **permits.md**, **boats.md**",
    ]
    assert [source.name for source in documents.listed] == ["permits.md", "boats.md"]
    assert documents.listed[0].audience == EVERY_MEMBER
    assert len(community.channel.history(viewer=community.moderator)) == 1
    assert community.last().components == []


async def test_one_file_that_is_too_large_does_not_stop_the_others(
    community: Community, documents: ListedDocuments
) -> None:
    big = ("**big**.md", b"x" * 30_000_000)
    await community.moderator.slash(community.channel, "ingest", file=big, file_2=BOATS)
    await community.rest()
    report = community.last().content
    assert "- 1 new, 0 updated, 0 unchanged, 1 failed" in report
    assert "**Not added:**\n- **\\*\\*big\\*\\*.md**: The file is larger than 10 MB, or unpacks to too much." in report
    assert [source.name for source in documents.listed] == ["boats.md"]


async def test_what_is_attached_to_a_message_is_taken_in_from_its_menu(
    community: Community, documents: ListedDocuments
) -> None:
    message = await community.member.send(community.channel, "the papers", attachments=[PERMITS, BOATS])
    result = await community.moderator.context_menu(community.channel, MENU, message)
    assert result.acknowledged
    await community.rest()
    assert community.last().content.startswith("📚 **2 files** processed")
    assert {source.audience for source in documents.listed} == {Audience(str(community.channel.id))}
    assert {source.ingested_by for source in documents.listed} == {str(community.moderator.id)}


async def test_a_message_without_files_is_answered_with_what_to_do(
    community: Community, documents: ListedDocuments
) -> None:
    message = await community.member.send(community.channel, "no papers")
    await community.moderator.context_menu(community.channel, MENU, message)
    await community.rest()
    assert community.last_seen_by(community.moderator).startswith("That message has no files attached.")
    assert documents.listed == []


async def test_a_member_takes_no_message_in(community: Community, documents: ListedDocuments) -> None:
    message = await community.member.send(community.channel, "the papers", attachments=[PERMITS])
    with pytest.raises(SetupError, match="not visible"):
        await community.member.context_menu(community.channel, MENU, message)
    command = next(c for c in await community.app.client.tree.fetch_commands() if c.name == MENU)
    community.guild.set_command_permissions(command, {community.guild.default_role: True})
    await community.member.context_menu(community.channel, MENU, message)
    await community.rest()
    assert community.last_seen_by(community.member).startswith("You need the **Manage Messages** permission for that.")
    assert documents.listed == []


class TestCancelling:
    @pytest.fixture
    def documents(self) -> ListedDocuments:
        return HeldAfterOne()

    async def test_a_moderator_ends_it_and_what_was_done_stays(
        self, community: Community, documents: HeldAfterOne
    ) -> None:
        await community.moderator.slash(community.channel, "ingest", file=PERMITS, file_2=BOATS)
        await documents.is_held.wait()
        while "file 2 of 2" not in community.last().content:
            await community.env.settle()
        await community.moderator.click(community.last(), label="Cancel")
        await community.rest()
        assert community.last().content.splitlines() == [
            f"✖️ Cancelled by <@{community.moderator.id}>. Files already added are kept.",
            "- 1 new, 0 updated, 0 unchanged, 0 failed",
            "- 2 passages embedded, 0 reused",
            "- New: **permits.md**",
        ]
        assert community.last().components == []
        assert list((community.settings.bot.data_dir / "uploads").iterdir()) == []
        assert await community.app.jobs.unfinished() == []

    async def test_a_member_cannot(self, community: Community, documents: HeldAfterOne) -> None:
        await community.moderator.slash(community.channel, "ingest", file=PERMITS, file_2=BOATS)
        await documents.is_held.wait()
        while "file 2 of 2" not in community.last().content:
            await community.env.settle()
        await community.member.click(community.last(), label="Cancel")
        await community.env.settle()
        assert community.last_seen_by(community.member).startswith("You need the **")
        assert len(await community.app.jobs.unfinished()) == 1


class HeldAfterOne(ListedDocuments):
    """Takes one file in, and never comes to the end of the second."""

    def __init__(self) -> None:
        super().__init__()
        self.is_held = asyncio.Event()

    async def ingest_all(self, files, *, on_progress=None, on_report=None, **options):  # type: ignore[no-untyped-def]
        await super().ingest_all(files[:1], on_report=on_report, **options)
        on_progress(BatchProgress("boats.md", 2, 2, 0, 2, 4, None, None))
        self.is_held.set()
        await asyncio.Event().wait()


class TestWords:
    texts = load_texts()

    def closing(self, report: BatchReport, language: Language = Language.EN) -> str:
        return batch_report(report, EVERY_MEMBER, language, self.texts, 10)

    @pytest.mark.parametrize("language", Language)
    def test_a_thousand_failures_fit_into_one_message_which_says_how_many_more(self, language: Language) -> None:
        reports = [
            IngestReport(f"{'long ' * 30}{n}.pdf", IngestOutcome.FAILED, None, 0, None, 0.1, 0, "corrupt", "", n)
            for n in range(1000)
        ]
        text = self.closing(BatchReport(tuple(reports), 5.0), language)
        assert len(text) <= MESSAGE_LIMIT
        shown = text.count(".pdf") + text.count("…")
        assert shown > 5
        assert f" {1000 - shown} " in text.splitlines()[-1]

    def test_a_failure_names_its_page(self) -> None:
        report = IngestReport("x.pdf", IngestOutcome.FAILED, None, 0, None, 0.1, 0, "corrupt", "", 7)
        assert "- **x.pdf**: On page 7: The file is damaged." in self.closing(BatchReport((report,), 1.0))

    def test_many_new_names_are_cut(self) -> None:
        reports = [IngestReport(f"{n}.md", IngestOutcome.NEW, None, 3, None, 0.1, 3) for n in range(40)]
        assert "- New: **0.md**, **1.md**, **2.md**, **3.md**, **4.md**, and 35 more" in self.closing(
            BatchReport(tuple(reports), 1.0)
        )

    def test_progress_says_file_pages_passages_rate_and_time_left(self) -> None:
        now = BatchProgress("a_b.pdf", 3, 9, 120, 400, 480, 16.04, 300.0)
        assert ingestion_progress(now, Language.EN, self.texts) == (
            "-# Adding file 3 of 9, **a\\_b.pdf**: 400 passages so far · 120 pages read · 16.0 passages/s · "
            "about 5 min left"
        )
        one = BatchProgress("a.md", 1, 1, 0, 16, 40, None, None)
        assert ingestion_progress(one, Language.ZH, self.texts) == "-# 正在添加 **a.md**：已完成 16 段，共 40 段"
