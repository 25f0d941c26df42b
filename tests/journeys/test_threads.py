"""Threads: who can read one decides what an answer in it may draw on, and for whom its documents are."""

from __future__ import annotations

import pytest
from simcord.builders import ChannelHandle
from simcord.enums import ChannelType

from knowledge.types import Audience
from tests.fakes.listed_documents import ListedDocuments
from tests.fakes.scripted_assistant import ScriptedAssistant
from tests.journeys.conftest import Community


def _thread(community: Community, parent: ChannelHandle, kind: ChannelType) -> ChannelHandle:
    backend = community.env.backend
    thread = backend.create_thread(parent.id, "a thread", community.moderator.id, type=kind)
    for user_id in (community.moderator.id, backend.bot_user.id):
        backend.add_thread_member(thread.id, user_id)
    return ChannelHandle(community.env, community.guild, thread)


@pytest.mark.parametrize("kind", [ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD])
async def test_an_answer_in_a_thread_may_draw_on_its_parent(
    community: Community, assistant: ScriptedAssistant, kind: ChannelType
) -> None:
    thread = _thread(community, community.hidden, kind)
    await community.moderator.send(thread, f"{community.mention} Who leads?")
    await community.rest()
    assert community.last(thread).content.startswith("Seven days.")
    assert {str(thread.id), str(community.hidden.id)} <= assistant.questions[0].reader.channel_ids


@pytest.mark.parametrize(
    ("kind", "of_parent"), [(ChannelType.PUBLIC_THREAD, True), (ChannelType.PRIVATE_THREAD, False)]
)
async def test_a_document_of_a_private_thread_stays_in_it(
    community: Community, documents: ListedDocuments, kind: ChannelType, of_parent: bool
) -> None:
    thread = _thread(community, community.channel, kind)
    await community.moderator.slash(thread, "ingest", file=("a.md", b"text"))
    await community.rest()
    expected = community.channel.id if of_parent else thread.id
    assert documents.listed[0].audience == Audience(str(expected))
