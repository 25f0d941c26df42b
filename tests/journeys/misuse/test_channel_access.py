"""Which channels' documents everybody gets answers from, and who may add to them."""

from __future__ import annotations

import discord
import pytest

from bot.discord_io import access
from knowledge.types import Audience
from tests.fakes.listed_documents import ListedDocuments
from tests.journeys.conftest import Community

PERMITS = ("permits.md", b"# Permits\n\nA permit costs nine pounds a night.")
MODERATES = discord.PermissionOverwrite(view_channel=True, manage_messages=True)


async def test_who_moderates_one_open_channel_writes_for_no_other(
    community: Community, documents: ListedDocuments
) -> None:
    desk = community.guild.create_text_channel("desk", overwrites={community.other: MODERATES})
    await community.rest()
    await community.other.slash(desk, "ingest", file=PERMITS)
    await community.rest()
    told = desk.history(viewer=community.other)[-1].content
    assert "**Manage Messages** permission in the whole server" in told
    assert documents.listed == []


async def test_who_moderates_a_closed_channel_writes_for_that_one(
    community: Community, documents: ListedDocuments
) -> None:
    blind = discord.PermissionOverwrite(view_channel=False)
    sees = discord.PermissionOverwrite(view_channel=True)
    den = community.guild.create_text_channel(
        "den",
        overwrites={
            community.guild.default_role: blind,
            community.guild.roles["Routewise"]: sees,
            community.other: MODERATES,
        },
    )
    await community.rest()
    await community.other.slash(den, "ingest", file=PERMITS)
    await community.rest()
    assert [source.audience for source in documents.listed] == [Audience(str(den.id))]


def _channel(community: Community, id_: int) -> discord.abc.GuildChannel:
    channel = community.app.client.get_channel(id_)
    assert isinstance(channel, discord.abc.GuildChannel)
    return channel


async def test_an_age_restricted_channel_is_not_open_to_everyone(community: Community) -> None:
    here, restricted = _channel(community, community.channel.id), _channel(community, community.open.id)
    assert isinstance(restricted, discord.TextChannel)
    member = await here.guild.fetch_member(community.member.id)
    assert str(restricted.id) in access.public_reader(here).channel_ids
    assert str(restricted.id) in access.private_reader(member, here).channel_ids
    restricted.nsfw = True
    assert str(restricted.id) not in access.public_reader(here).channel_ids
    assert str(restricted.id) not in access.private_reader(member, here).channel_ids
    assert str(restricted.id) not in access.private_reader(member).channel_ids
    assert str(restricted.id) in access.private_reader(member, restricted).channel_ids


@pytest.mark.parametrize("may_connect", [True, False])
async def test_a_voice_channel_is_open_to_those_who_may_connect(community: Community, may_connect: bool) -> None:
    voice_id = community.guild.create_voice_channel("deck").id
    await community.rest()
    here, voice = _channel(community, community.channel.id), _channel(community, voice_id)
    everyone = here.guild.default_role
    everyone._permissions = discord.Permissions(view_channel=True, connect=may_connect).value
    member = await here.guild.fetch_member(community.member.id)
    assert (str(voice.id) in access.public_reader(here).channel_ids) is may_connect
    assert (str(voice.id) in access.private_reader(member, here).channel_ids) is may_connect
