"""Why?, Stop and the member's limit."""

from __future__ import annotations

import discord

from bot.local.simulator import RealTimeContext
from bot.messages.throttling import Throttles
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.startup.app import assemble
from bot.tasks import Tasks
from chains.types import Route
from tests.fakes.scripted_assistant import ScriptedAssistant
from tests.journeys.conftest import Community


async def _begin(community: Community, assistant: ScriptedAssistant) -> discord.Message:
    """Ask, and return the bot's message while it is still written."""
    assistant.may_go_on.clear()
    assistant.has_begun.clear()
    await community.member.send(community.channel, f"{community.mention} How long?")
    await assistant.has_begun.wait()
    return community.last()


async def test_why_shows_the_whole_reckoning_to_the_asker_alone(community: Community) -> None:
    answer = await community.ask(community.member, "How long?")
    result = await community.member.click(answer, label="Why?")
    await community.rest()
    assert result.ephemeral
    seen = [message.content for message in community.channel.history(viewer=community.member)]
    pages = seen[2:]
    assert pages[0].startswith("**Route: documents**")
    assert len(pages) > 1
    assert len(community.channel.history(viewer=community.other)) == 2


async def test_why_is_explained_in_the_language_of_the_answer(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.text = "工具可以借七天，晚一天要交两英镑。"
    answer = await community.ask(community.member, "工具可以借多久？")
    await community.member.click(answer, label="为什么？")
    await community.rest()
    pages = [message.content for message in community.channel.history(viewer=community.member)][2:]
    assert pages[0].startswith("**回答方式：查文档**")


async def test_why_is_refused_to_others(community: Community) -> None:
    answer = await community.ask(community.member, "How long?")
    await community.other.click(answer, label="Why?")
    await community.rest()
    told = community.channel.history(viewer=community.other)[-1]
    assert told.content.startswith("Only the member who asked can see that.")


async def test_why_still_works_after_a_restart(
    community: Community,
    assistant: ScriptedAssistant,
    assistant_part: LazyService[AssistantPort],
    documents_part: LazyService[DocumentsPort],
) -> None:
    answer = await community.ask(community.member, "How long?")
    again = assemble(
        community.settings,
        documents_part,
        assistant_part,
        community.app.tasks,
        throttles=Throttles(0.0),
        shard_count=1,
    )
    await community.env.restart_bot(again.client)
    await community.member.click(answer, label="Why?")
    await community.rest()
    assert "**Route: documents**" in community.channel.history(viewer=community.member)[2].content


async def test_why_without_a_record_says_so(community: Community, assistant: ScriptedAssistant) -> None:
    answer = await community.ask(community.member, "How long?")
    assistant.__post_init__()
    await community.member.click(answer, label="Why?")
    await community.rest()
    told = community.channel.history(viewer=community.member)[-1]
    assert told.content.startswith("I no longer have the record of that answer")


async def test_the_asker_stops_an_answer_and_what_was_written_stays(
    community: Community, assistant: ScriptedAssistant
) -> None:
    writing = await _begin(community, assistant)
    await community.member.click(writing, label="Stop")
    await community.rest()
    assert community.last().content == "Seven\n-# stopped"
    assert assistant.stopped == 1


async def test_a_moderator_may_stop_an_answer_and_another_member_may_not(
    community: Community, assistant: ScriptedAssistant
) -> None:
    writing = await _begin(community, assistant)
    await community.other.click(writing, label="Stop")
    await community.env.settle()
    while not any("can stop" in m.content for m in community.channel.history(viewer=community.other)):
        await community.env.settle()
    assert assistant.stopped == 0
    await community.moderator.click(writing, label="Stop")
    await community.rest()
    assert assistant.stopped == 1


async def test_stop_on_an_answer_that_a_killed_bot_left_behind_clears_it_up(
    community: Community,
    assistant: ScriptedAssistant,
    assistant_part: LazyService[AssistantPort],
    documents_part: LazyService[DocumentsPort],
) -> None:
    writing = await _begin(community, assistant)
    scope = RealTimeContext()
    scope.attach(community.env)
    again = assemble(
        community.settings,
        documents_part,
        assistant_part,
        Tasks(scope),  # of its own: what the killed bot was at, it never ends
        throttles=Throttles(0.0),
        shard_count=1,
    )
    await community.env.restart_bot(again.client)
    await community.member.click(writing, label="Stop")
    await again.tasks.idle()
    await community.env.settle()
    last = community.channel.history(viewer=community.other)[-1]
    assert last.content.endswith("Ask again for the full answer.")
    assert last.components == []


async def test_a_third_question_in_progress_is_refused_with_a_sentence(
    community: Community, assistant: ScriptedAssistant
) -> None:
    await _begin(community, assistant)
    await community.member.send(community.channel, f"{community.mention} And how short?")
    await community.member.send(community.channel, f"{community.mention} And now?")
    while not community.last().content.startswith("I'm still working on 2 questions"):
        await community.env.settle()
    assistant.may_go_on.set()
    await community.rest()
    assert len(assistant.questions) == 2


async def test_a_refusal_has_a_why_as_well(community: Community, assistant: ScriptedAssistant) -> None:
    assistant.route = Route.ABSTAIN
    assistant.evidence = ()
    answer = await community.ask(community.member, "How much is a permit?")
    assert "-# no answer · " in answer.content
    await community.member.click(answer, label="Why?")
    await community.rest()
