"""What a moderator does with documents, and what a member may not."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.ports import DocumentsPort
from bot.readiness import LazyService
from knowledge.errors import IndexUnavailable
from knowledge.types import EVERY_MEMBER, Audience
from tests.fakes.listed_documents import ListedDocuments
from tests.fakes.scripted_assistant import TAKEN_IN
from tests.journeys.conftest import Community

PERMITS = ("permits.md", b"# Permits\n\nA permit costs nine pounds a night.")


async def _ingest(community: Community, file: tuple[str, bytes] = PERMITS, **options: str) -> str:
    result = await community.moderator.slash(community.channel, "ingest", file=file, **options)
    assert result.acknowledged
    await community.rest()
    return community.last().content


async def test_a_document_is_taken_in_for_those_who_can_read_the_channel(
    community: Community, documents: ListedDocuments
) -> None:
    report = await _ingest(community)
    assert report.startswith("📄 Added **permits.md**: 2 passages, 0.1 s.")
    assert f"<#{community.channel.id}>" in report
    [source] = documents.listed
    assert source.audience == Audience(str(community.channel.id))
    assert source.ingested_by == str(community.moderator.id)
    assert documents.guilds == {str(community.guild.id): "Harbour Lights"}


async def test_a_document_may_be_for_every_member(community: Community, documents: ListedDocuments) -> None:
    report = await _ingest(community, audience="guild")
    assert report.endswith("Used in answers for every member.")
    assert documents.listed[0].audience == EVERY_MEMBER


async def test_a_document_may_have_a_link_which_the_report_and_the_list_show(
    community: Community, documents: ListedDocuments
) -> None:
    report = await _ingest(community, link="https://club.example/permits")
    assert report.endswith("\n-# Citations link to <https://club.example/permits>")
    assert documents.listed[0].link == "https://club.example/permits"
    await community.moderator.slash(community.channel, "sources list")
    await community.rest()
    assert "**[permits.md](<https://club.example/permits>)**" in community.last_seen_by(community.moderator)


async def test_a_link_that_cannot_be_used_is_told(community: Community, documents: ListedDocuments) -> None:
    documents.fails_with = "bad_link"
    report = await _ingest(community, link="javascript:alert(1)")
    assert "I can't use this link. It must start with http:// or https://" in report


async def test_a_member_cannot_use_the_moderators_commands(community: Community) -> None:
    with pytest.raises(SetupError, match="not visible"):
        await community.member.slash(community.channel, "ingest", file=PERMITS)


async def test_the_command_checks_again_where_a_server_opened_it_to_everyone(
    community: Community, documents: ListedDocuments
) -> None:
    command = next(c for c in await community.app.client.tree.fetch_commands() if c.name == "ingest")
    community.guild.set_command_permissions(command, {community.guild.default_role: True})
    await community.member.slash(community.channel, "ingest", file=PERMITS)
    await community.rest()
    told = community.channel.history(viewer=community.member)[-1].content
    assert told == "You need the **Manage Messages** permission for that. Ask a moderator."
    assert documents.listed == []


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("empty", "The file is empty."),
        ("binary", "This is a binary file without text."),
        ("corrupt", "The file is damaged."),
        ("encrypted", "The file is password-protected."),
        ("unsupported", "Unsupported file type."),
    ],
)
async def test_a_file_that_cannot_be_taken_in_is_answered_with_what_to_do(
    community: Community, documents: ListedDocuments, reason: str, sentence: str
) -> None:
    documents.fails_with = reason
    report = await _ingest(community)
    assert report.startswith("**permits.md** was not added.")
    assert sentence in report


async def test_a_file_of_30_mb_is_refused_before_it_is_downloaded(
    community: Community, documents: ListedDocuments
) -> None:
    await community.moderator.slash(community.channel, "ingest", file=("big.md", b"x" * 30_000_000))
    await community.rest()
    told = community.channel.history(viewer=community.moderator)[-1].content
    assert told.startswith("The file has 30.0 MB; the limit is 10 MB.")
    assert documents.listed == []


async def test_a_name_with_a_path_in_it_changes_nothing_around_it(community: Community) -> None:
    report = await _ingest(community, ("../../**x**.md", b"text"))
    assert "\\*\\*x\\*\\*" in report


async def test_an_index_that_is_down_is_told_and_logged(
    community: Community, documents: ListedDocuments, caplog: pytest.LogCaptureFixture
) -> None:
    documents.raises = IndexUnavailable("the Chroma server on port 1 does not answer")
    await _ingest(community)
    told = community.channel.history(viewer=community.moderator)[-1].content
    assert told.startswith("The search index isn't responding.")
    assert "port 1" in caplog.text


async def test_sources_are_listed_to_the_moderator_alone(community: Community) -> None:
    await _ingest(community)
    await community.moderator.slash(community.channel, "sources list")
    await community.rest()
    listed = community.channel.history(viewer=community.moderator)[-1].content
    assert listed.splitlines()[0] == "**Documents** (1)"
    assert "**permits.md** · 2 passages · 1 kB" in listed
    assert "**Documents**" not in community.last_seen_by(community.member)


@pytest.mark.parametrize(
    ("erases_vectors", "told"),
    [(True, "erased from the disk in the background"), (False, "can stay in the files of the Chroma server")],
)
async def test_a_removal_says_what_becomes_of_the_vectors(
    community: Community, documents: ListedDocuments, erases_vectors: bool, told: str
) -> None:
    documents.erases_vectors = erases_vectors
    await _ingest(community)
    (source,) = documents.listed
    await community.moderator.slash(community.channel, "sources remove", name=source.id)
    await community.rest()
    assert told in community.last().content


async def test_a_source_is_found_by_what_is_typed_and_removed(community: Community, documents: ListedDocuments) -> None:
    await _ingest(community)
    choices = await community.moderator.autocomplete(community.channel, "sources remove", "name", "PERM")
    assert [choice["name"] for choice in choices] == [f"permits.md · #crew · {TAKEN_IN.date()}"]
    await community.moderator.slash(community.channel, "sources remove", name=choices[0]["value"])
    await community.rest()
    assert community.last().content.startswith("🗑️ Removed **permits.md** with 2 passages.")
    assert documents.listed == []


async def test_documents_of_one_name_are_told_apart_by_who_gets_answers_from_them(
    community: Community, documents: ListedDocuments
) -> None:
    await _ingest(community)
    documents.listed.append(replace(documents.listed[0], id="other", audience=EVERY_MEMBER))
    choices = await community.moderator.autocomplete(community.channel, "sources remove", "name", "perm")
    assert [choice["name"] for choice in choices] == [
        f"permits.md · #crew · {TAKEN_IN.date()}",
        f"permits.md · every member · {TAKEN_IN.date()}",
    ]


async def test_removing_what_is_not_there_says_so(community: Community) -> None:
    await community.moderator.slash(community.channel, "sources remove", name="nothing.md")
    await community.rest()
    told = community.last_seen_by(community.moderator)
    assert told.startswith("No document here has exactly that name")


async def test_a_moderator_lists_no_source_of_a_channel_that_is_hidden_from_them(
    community: Community, documents: ListedDocuments
) -> None:
    secret = community.guild.create_text_channel("secret")
    await documents.ingest_bytes(
        b"x", name="s.md", guild_id=str(community.guild.id), audience=Audience("1"), ingested_by="terminal"
    )
    await community.moderator.slash(secret, "sources list")
    await community.rest()
    assert community.last_seen_by(community.moderator, secret).startswith("There are no documents")


async def test_help_is_in_the_members_language(community: Community) -> None:
    await community.member.slash(community.channel, "help")
    assert "Routewise answers questions" in community.last_seen_by(community.member)


class TestBeforeTheDocumentsAreOpen:
    @pytest.fixture
    async def documents_part(self) -> LazyService[DocumentsPort]:
        return LazyService("documents")

    async def test_ingesting_waits_for_them(
        self, community: Community, documents: ListedDocuments, documents_part: LazyService[DocumentsPort]
    ) -> None:
        await community.moderator.slash(community.channel, "ingest", file=PERMITS)
        while "About to load the search model" not in community.last().content:
            await community.env.settle()
        documents_part.succeed(documents)
        await community.rest()
        assert "Added **" in community.last().content


async def test_a_moderator_of_one_channel_manages_what_its_readers_read_and_nothing_else(
    community: Community, documents: ListedDocuments
) -> None:
    await _ingest(community)
    keeping = community.guild.create_role("Keeper")
    keeper = community.guild.add_member(community.env.create_user("kay"), roles=[keeping])
    sees = discord.PermissionOverwrite(view_channel=True)
    own = community.guild.create_text_channel(
        "garden",
        overwrites={
            community.guild.default_role: discord.PermissionOverwrite(view_channel=False),
            community.guild.roles["Routewise"]: sees,
            keeping: discord.PermissionOverwrite(view_channel=True, manage_messages=True),
        },
    )
    await keeper.slash(own, "sources remove", name="permits.md")
    await community.rest()
    assert own.history(viewer=keeper)[-1].content.startswith("You need the **Manage Messages** permission for that.")
    await keeper.slash(own, "ingest", file=PERMITS, audience="guild")
    await community.rest()
    assert own.history(viewer=keeper)[-1].content.startswith("You need the **Manage Messages** permission for that.")
    assert [source.audience for source in documents.listed] == [Audience(str(community.channel.id))]
    await keeper.slash(own, "ingest", file=("beds.md", PERMITS[1]))
    await community.rest()
    await keeper.slash(own, "sources remove", name="beds.md")
    await community.rest()
    assert [source.name for source in documents.listed] == ["permits.md"]


async def test_a_completion_that_is_refused_is_empty_and_no_failure_in_the_log(
    community: Community, documents: ListedDocuments, caplog: pytest.LogCaptureFixture
) -> None:
    await _ingest(community)
    command = next(c for c in await community.app.client.tree.fetch_commands() if c.name == "sources")
    community.guild.set_command_permissions(command, {community.guild.default_role: True})
    caplog.clear()
    assert await community.member.autocomplete(community.channel, "sources remove", "name", "") == []
    assert [record for record in caplog.records if record.levelname in {"ERROR", "WARNING"}] == []


async def test_a_failed_download_ends_the_message_with_a_sentence(
    community: Community, documents: ListedDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(community.env.backend.cdn, "get", lambda url: None)
    assert await _ingest(community) == "**permits.md** couldn't be downloaded from Discord. Upload it again."
    assert documents.listed == []


async def test_a_disk_that_takes_no_upload_ends_the_message_with_a_sentence(
    community: Community, documents: ListedDocuments
) -> None:
    community.settings.bot.data_dir.mkdir(parents=True, exist_ok=True)
    (community.settings.bot.data_dir / "uploads").write_bytes(b"in the way of the folder")
    assert (await _ingest(community)).startswith("Something unexpected went wrong.")
    assert documents.listed == []


async def test_the_end_of_the_bot_in_the_middle_of_a_download_is_said(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def slow(self: discord.Attachment, *, use_cached: bool = False) -> bytes:
        begun.set()
        await asyncio.Event().wait()
        return b""

    monkeypatch.setattr(discord.Attachment, "read", slow)
    await community.moderator.slash(community.channel, "ingest", file=PERMITS)
    await begun.wait()
    await community.app.close()
    assert community.last().content == "The bot was stopped before it had read everything. Upload it again."
