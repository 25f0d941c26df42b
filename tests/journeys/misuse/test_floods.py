"""A member who sends more than anybody can read makes nobody else wait, and fills no channel."""

from __future__ import annotations

from tests.fakes.scripted_assistant import ScriptedAssistant
from tests.journeys.conftest import Community

_REFUSED = "I'm still working on"


async def test_of_many_mentions_one_is_told_that_there_are_too_many(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.may_go_on.clear()
    for number in range(12):
        await community.member.send(community.channel, f"{community.mention} Question {number}?")
    await assistant.has_begun.wait()
    await community.env.settle()
    told = [message.content for message in community.channel.history() if message.content.startswith(_REFUSED)]
    assert told == ["I'm still working on 2 questions of yours. Wait for an answer, or press Stop on one."]
    assistant.may_go_on.set()
    await community.rest()
    assert [question.text for question in assistant.questions] == ["Question 0?", "Question 1?"]
    await community.ask(community.member, "And now?")
    assert assistant.questions[-1].text == "And now?"


async def test_one_server_does_not_take_the_chat_model_from_all_others(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.may_go_on.clear()
    limit = community.settings.bot.guild_limit
    for number in range(limit + 3):
        asker = community.guild.add_member(community.env.create_user(f"asker{number}"))
        await asker.send(community.channel, f"{community.mention} Question {number}?")
    await assistant.has_begun.wait()
    await community.env.settle()
    told = [message.content for message in community.channel.history() if "of this server" in message.content]
    assert told == [f"I'm already working on {limit} questions of this server. Ask again in a minute."]
    assistant.may_go_on.set()
    await community.rest()
    assert len(assistant.questions) == limit


async def test_a_command_that_is_too_much_is_refused_where_only_its_sender_sees_it(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.may_go_on.clear()
    for number in range(2):
        await community.member.send(community.channel, f"{community.mention} Question {number}?")
    await assistant.has_begun.wait()
    await community.member.slash(community.channel, "ask", question="One more?")
    await community.env.settle()
    assert community.channel.history(viewer=community.member)[-1].content.startswith(_REFUSED)
    assert not any(m.content.startswith(_REFUSED) for m in community.channel.history(viewer=community.other))
    assistant.may_go_on.set()
    await community.rest()


async def test_a_command_in_a_busy_server_is_refused_where_only_its_sender_sees_it(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.may_go_on.clear()
    for number in range(community.settings.bot.guild_limit):
        asker = community.guild.add_member(community.env.create_user(f"asker{number}"))
        await asker.send(community.channel, f"{community.mention} Question {number}?")
    await assistant.has_begun.wait()
    await community.member.slash(community.channel, "ask", question="One more?")
    for _ in range(20):
        await community.env.settle()
    assert "of this server" in community.channel.history(viewer=community.member)[-1].content
    assert not any("of this server" in m.content for m in community.channel.history(viewer=community.other))
    assistant.may_go_on.set()
    await community.rest()


async def test_direct_messages_in_a_row_ask_discord_once_for_the_members_servers(community: Community) -> None:
    community.env.create_guild("Night Owls").add_member(community.member.user)
    for number in range(8):
        community.env.create_guild(f"Server {number}")
    await community.env.settle()
    for _ in range(4):
        await community.member.send_dm("How long?")
        await community.rest()
    lookups = [request for request in community.env.http_requests if "/members/" in request.path]
    assert len(lookups) == len(community.app.client.guilds)


async def test_the_name_of_a_hidden_channel_is_told_to_nobody(
    community: Community, assistant: ScriptedAssistant
) -> None:
    mention = f"<#{community.hidden.id}>"
    await community.ask(community.member, f"Who reads {mention} and <#{community.open.id}>?")
    assert assistant.questions[-1].text == f"Who reads {mention} and #notices?"
    await community.moderator.send(community.hidden, f"{community.mention} Who reads {mention}?")
    await community.rest()
    assert assistant.questions[-1].text == "Who reads #committee?"
