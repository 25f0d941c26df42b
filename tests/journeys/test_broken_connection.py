"""The bot on a connection that breaks: each call fails once, as Linux's errno 104, which discord.py does not retry."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import discord
import pytest

from bot.cogs.faq import CORRECT
from bot.discord_io.notices import Notices
from bot.locales import load_texts
from bot.messages.progress_message import ProgressContent, ProgressMessage
from bot.messages.throttling import EditIntervals, Throttle
from tests.fakes.broken_connection import BREAKS, break_connection, break_every_first_try
from tests.fakes.listed_documents import ListedDocuments
from tests.fakes.scripted_assistant import ScriptedAssistant, passage
from tests.journeys.conftest import Community
from tests.journeys.test_documents import PERMITS

QUESTION = "How long can I borrow a tool?"


@pytest.fixture
def fragile(community: Community) -> Community:
    break_every_first_try(community.env)
    return community


async def _until(community: Community, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await community.env.settle()
            await asyncio.sleep(0)


def _labels(message: discord.Message) -> list[str | None]:
    return [
        item.label
        for row in message.components
        for item in (row.children if isinstance(row, discord.ActionRow) else ())
        if isinstance(item, discord.Button)
    ]


def _whole(message: discord.Message) -> bool:
    """Whether an answer stands there with its last buttons."""
    return message.content.startswith("Seven days.") and _labels(message) == ["Why?", "Show passage"]


async def test_a_mention_is_answered_once_and_whole(fragile: Community) -> None:
    assert _whole(await fragile.ask(fragile.member, QUESTION))
    assert len(fragile.channel.history(viewer=fragile.member)) == 2


async def test_a_message_that_is_sent_again_has_the_same_nonce_so_that_discord_takes_it_once(
    fragile: Community,
) -> None:
    await fragile.ask(fragile.member, QUESTION)
    sent = [request.json for request in fragile.env.http_requests if request.path.endswith("/messages")]
    assert Counter(body["nonce"] for body in sent).most_common() == [(sent[0]["nonce"], 2)]
    assert all(body["enforce_nonce"] for body in sent)


@pytest.mark.parametrize("error", BREAKS)
async def test_whatever_breaks_at_the_last_edit_no_interim_text_stays(
    community: Community, assistant: ScriptedAssistant, error: Exception
) -> None:
    assistant.may_go_on.clear()
    await community.member.send(community.channel, f"{community.mention} {QUESTION}")
    await assistant.has_begun.wait()
    await _until(community, lambda: "Seven" in community.last().content)
    break_connection(community.env, "PATCH", "/channels/*/messages/*", error=error)
    assistant.may_go_on.set()
    await community.rest()
    assert _whole(community.last())


@pytest.mark.parametrize("private", [True, False])
async def test_a_command_is_answered(fragile: Community, private: bool) -> None:
    await fragile.member.slash(fragile.channel, "ask", question=QUESTION, private=private)
    await fragile.rest()
    assert "Seven days." in fragile.last_seen_by(fragile.member)
    assert "Stop" not in _labels(fragile.channel.history(viewer=fragile.member)[-1])


async def test_an_answer_is_explained(fragile: Community) -> None:
    answer = await fragile.ask(fragile.member, QUESTION)
    await fragile.member.click(answer, label="Why?")
    await fragile.rest()
    assert fragile.last_seen_by(fragile.member).startswith("> line 1")


async def test_a_passage_is_shown_with_its_page(
    fragile: Community, assistant: ScriptedAssistant, documents: ListedDocuments
) -> None:
    assistant.evidence = (passage("boats.pdf", page=3),)
    documents.chunks = {item.chunk.id: (item.chunk, item.source) for item in assistant.evidence}
    documents.picture = b"\x89PNG\r\n\x1a\n"
    answer = await fragile.ask(fragile.member, QUESTION)
    await fragile.member.click(answer, label="Show passage")
    await fragile.rest()
    shown = fragile.channel.history(viewer=fragile.member)[-1]
    assert shown.content == ""
    assert shown.embeds[0].image.url


async def test_stop_ends_an_answer(community: Community, assistant: ScriptedAssistant) -> None:
    assistant.may_go_on.clear()
    await community.member.send(community.channel, f"{community.mention} {QUESTION}")
    await assistant.has_begun.wait()
    await _until(community, lambda: "Seven" in community.last().content)
    break_every_first_try(community.env)
    await community.member.click(community.last(), label="Stop")
    await community.rest()
    assert _labels(community.last()) == ["Why?"]


async def test_documents_are_taken_in_listed_and_removed(fragile: Community, documents: ListedDocuments) -> None:
    await fragile.moderator.slash(fragile.channel, "ingest", file=PERMITS)
    await fragile.rest()
    assert "Added **" in fragile.last().content
    await fragile.moderator.slash(fragile.channel, "sources list")
    await fragile.rest()
    assert "permits.md" in fragile.last_seen_by(fragile.moderator)
    await fragile.moderator.slash(fragile.channel, "sources remove", name="permits.md")
    await fragile.rest()
    assert documents.listed == []
    assert "permits.md" in fragile.last().content


async def test_a_correction_is_shown_below_the_answer_and_marked_on_it(fragile: Community) -> None:
    answer = await fragile.ask(fragile.member, QUESTION)
    form = await fragile.moderator.context_menu(fragile.channel, CORRECT, answer)
    await fragile.moderator.submit_modal(form, {"question": QUESTION, "answer": "Ten days."})
    await fragile.rest()
    _, marked, note = [m.content for m in fragile.channel.history(viewer=fragile.other)]
    assert "corrected this" in marked
    assert note.endswith("Ten days.")


async def test_help_is_shown(fragile: Community) -> None:
    await fragile.member.slash(fragile.channel, "help")
    await fragile.rest()
    assert "Routewise" in fragile.last_seen_by(fragile.member)


async def test_a_refusal_is_told(fragile: Community) -> None:
    await fragile.member.slash(fragile.channel, "ask", question=" ")
    await fragile.rest()
    assert fragile.last_seen_by(fragile.member)


async def test_a_direct_message_finds_its_server_and_is_answered(fragile: Community) -> None:
    second = fragile.env.create_guild("Night Owls")
    second.add_member(fragile.member.user)
    await fragile.env.settle()
    await fragile.member.send_dm(QUESTION)
    await fragile.rest()
    asking = fragile.member.user.dm_channel.last_message
    assert asking is not None
    await fragile.member.user.select(asking, [str(second.id)])
    await fragile.rest()
    answer = fragile.member.user.dm_channel.last_message
    assert answer is not None
    assert answer.content.startswith("-# about Night Owls\nSeven days.")


async def test_the_owner_of_a_server_is_told_what_leaves_the_machine(fragile: Community) -> None:
    notices = Notices(fragile.settings.bot.data_dir / "told.json", load_texts(), ("openai:gpt-5-mini",))
    guild = fragile.app.client.get_guild(fragile.guild.id)
    assert guild is not None
    await notices.notify(fragile.app.client, guild)
    sent = [r.json["content"] for r in fragile.env.http_requests if r.path.endswith("/messages")]
    assert len(sent) == 2
    assert "openai:gpt-5-mini" in sent[-1]


async def test_a_record_of_notices_that_cannot_be_read_is_set_aside(community: Community, tmp_path: Path) -> None:
    record = tmp_path / "told.json"
    record.write_bytes(b'{"1": ["open')
    guild = community.app.client.get_guild(community.guild.id)
    assert guild is not None
    await Notices(record, load_texts(), ("openai:gpt-5-mini",)).notify(community.app.client, guild)
    assert json.loads(record.read_text("utf-8")) == {str(guild.id): ["openai:gpt-5-mini"]}
    assert (tmp_path / "told.json.unreadable").read_bytes() == b'{"1": ["open'


@pytest.mark.parametrize("error", BREAKS)
async def test_a_message_about_a_long_work_comes_to_its_end(community: Community, error: Exception) -> None:
    channel = community.app.client.get_partial_messageable(community.channel.id)
    message = await channel.send("first")
    placard = ProgressMessage(channel, message.id, Throttle(0.0), EditIntervals())
    break_connection(community.env, "PATCH", "/channels/*/messages/*", error=error)
    await placard.put(ProgressContent("waiting"))
    assert community.last().content == "waiting"
    break_connection(community.env, "PATCH", "/channels/*/messages/*", error=error)
    await placard.finish(ProgressContent("the end", None, lambda: b"\x89PNG"))
    assert community.last().content == "the end"
    assert community.last().id == message.id
    assert len(community.last().attachments) == 1


@pytest.mark.parametrize("error", BREAKS)
async def test_a_message_about_a_long_work_goes_on_after_an_interim_edit_failed(
    community: Community, error: Exception
) -> None:
    channel = community.app.client.get_partial_messageable(community.channel.id)
    placard = ProgressMessage(channel, (await channel.send("first")).id, Throttle(0.0), EditIntervals())
    break_connection(community.env, "PATCH", "/channels/*/messages/*", error=error)
    placard.follow()
    placard.show(ProgressContent("lost"), at_once=True)
    await _until(community, lambda: not community.env.backend.faults)
    placard.show(ProgressContent("shown"), at_once=True)
    await _until(community, lambda: community.last().content == "shown")
    await placard.close()
