"""What moderators remove at once, take back, and replace because it has the name of something new."""

from __future__ import annotations

from dataclasses import replace

import discord
import pytest

from knowledge.types import EVERY_MEMBER, Audience, QAPair
from tests.fakes.listed_documents import ListedDocuments
from tests.journeys.conftest import Community

PERMITS = ("permits.md", b"# Permits\n\nA permit costs nine pounds a night.")


async def ingest(community: Community, *names: str, **options: str) -> discord.Message:
    files = {f"file_{number}" if number > 1 else "file": (name, PERMITS[1]) for number, name in enumerate(names, 1)}
    await community.moderator.slash(community.channel, "ingest", **files, **options)
    await community.rest()
    return community.last()


async def press(community: Community, message: discord.Message, label: str) -> None:
    await community.moderator.click(message, label=label)
    await community.rest()


def labels(message: discord.Message) -> list[str | None]:
    return [
        item.label
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for item in row.children
        if isinstance(item, discord.Button)
    ]


async def remove(community: Community, **options: str) -> discord.Message:
    await community.moderator.slash(community.channel, "sources remove", **options)
    await community.rest()
    return community.channel.history(viewer=community.moderator)[-1]


async def test_a_removal_says_until_when_it_can_be_undone_and_is_undone_by_a_button(
    community: Community, documents: ListedDocuments
) -> None:
    await ingest(community, "permits.md")
    removed = await remove(community, name="permits.md")
    assert "Undo is possible until everything is deleted for good: <t:" in removed.content
    assert documents.listed == []
    await press(community, removed, "Undo")
    assert [source.name for source in documents.listed] == ["permits.md"]
    assert community.last().content == "↩️ **permits.md** is back. Answers use it again."
    assert labels(community.last()) == []
    documents.removals.clear()
    removed = await remove(community, name="permits.md")
    documents.removals.clear()  # the time is over
    await press(community, removed, "Undo")
    assert community.last_seen_by(community.moderator).startswith("That can't be undone any more")


async def test_several_documents_are_chosen_from_a_list_and_removed_at_once(
    community: Community, documents: ListedDocuments
) -> None:
    await ingest(community, "a.md", "b.md", "c.md")
    offered = await remove(community)
    assert offered.content == "Choose what to remove."
    assert offered.flags.ephemeral
    [row] = offered.components
    assert isinstance(row, discord.ActionRow)
    [select] = row.children
    assert isinstance(select, discord.SelectMenu)
    values = {option.label.partition(" ")[0]: option.value for option in select.options}
    await community.moderator.select(offered, values=[values["a.md"], values["c.md"]])
    await community.rest()
    assert [source.name for source in documents.listed] == ["b.md"]
    report = community.last()
    assert report.content.startswith("🗑️ Removed **a.md**, **c.md** with 4 passages.")
    assert not report.flags.ephemeral
    await press(community, report, "Undo")
    assert sorted(source.name for source in documents.listed) == ["a.md", "b.md", "c.md"]


async def test_a_name_that_several_documents_have_offers_a_choice_that_tells_them_apart(
    community: Community, documents: ListedDocuments
) -> None:
    await ingest(community, "permits.md")
    documents.listed.append(replace(documents.listed[0], id="other", audience=EVERY_MEMBER))
    offered = await remove(community, name="permits.md")
    [row] = offered.components
    assert isinstance(row, discord.ActionRow)
    [select] = row.children
    assert isinstance(select, discord.SelectMenu)
    assert len({option.label for option in select.options}) == 2
    assert len(documents.listed) == 2
    # What everyone saw of the command is gone, and nobody else sees the list.
    assert "Choose" not in community.last_seen_by(community.member)
    assert community.last().content.startswith("📄 Added")


async def test_a_new_document_of_a_known_name_asks_whether_it_replaces_the_other(
    community: Community, documents: ListedDocuments
) -> None:
    await ingest(community, "permits.md", audience="guild")
    report = await ingest(community, "permits.md")
    assert report.content.splitlines()[-1].startswith("❓ There is also **permits.md** for every member (added <t:")
    assert labels(report) == ["Replace", "Keep both"]
    await press(community, report, "Replace")
    assert [source.audience for source in documents.listed] == [Audience(str(community.channel.id))]
    replaced = community.last()
    assert replaced.content.startswith("📄 Added **permits.md**")
    assert "🗑️ Removed **permits.md** with 2 passages." in replaced.content
    assert "❓" not in replaced.content
    await press(community, replaced, "Undo")
    assert len(documents.listed) == 2


async def test_both_documents_of_a_name_can_be_kept(community: Community, documents: ListedDocuments) -> None:
    await ingest(community, "permits.md", audience="guild")
    report = await ingest(community, "permits.md")
    await press(community, report, "Keep both")
    assert community.last().content.endswith("\n-# Both are kept, and answers use both.")
    assert labels(community.last()) == []
    assert len(documents.listed) == 2


async def test_the_question_names_no_document_of_a_channel_that_others_cannot_read(
    community: Community, documents: ListedDocuments
) -> None:
    await community.moderator.slash(community.hidden, "ingest", file=PERMITS)
    await community.rest()
    report = await ingest(community, "permits.md")
    assert "❓" not in report.content
    assert labels(report) == []


async def test_only_who_may_remove_a_document_replaces_it_or_takes_a_removal_back(
    community: Community, documents: ListedDocuments
) -> None:
    await ingest(community, "permits.md", audience="guild")
    report = await ingest(community, "permits.md")
    for label in ("Replace", "Keep both"):
        await community.member.click(report, label=label)
        await community.rest()
        assert community.last_seen_by(community.member).startswith("You need the **Manage Messages** permission")
    assert len(documents.listed) == 2
    removed = await remove(community, name=documents.listed[0].id)
    await community.member.click(removed, label="Undo")
    await community.rest()
    assert len(documents.listed) == 1


async def test_a_removed_answer_can_be_taken_back(community: Community, documents: ListedDocuments) -> None:
    await documents.write_pair(
        QAPair(("Who has the key?",), "Ada."),
        guild_id=str(community.guild.id),
        audience=EVERY_MEMBER,
        written_by=str(community.moderator.id),
    )
    await community.moderator.slash(community.channel, "faq remove", question="Who has the key?")
    await community.rest()
    assert documents.answered == []
    await press(community, community.last(), "Undo")
    assert len(documents.answered) == 1


@pytest.mark.parametrize("command", ["sources remove", "ingest"])
async def test_an_error_is_for_whoever_caused_it_alone(community: Community, command: str) -> None:
    if command == "ingest":
        await community.moderator.slash(community.channel, "ingest", file=("big.md", b"x" * 30_000_000))
    else:
        await community.moderator.slash(community.channel, "sources remove", name="nothing.md")
    await community.rest()
    told = community.channel.history(viewer=community.moderator)[-1]
    assert told.content.startswith(("No document here", "The file has"))
    assert told.flags.ephemeral
    assert list(community.channel.history(viewer=community.member)) == []
