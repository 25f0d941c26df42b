"""What a member sees when asking: by mention, reply, direct message and command."""

from __future__ import annotations

import discord
import pytest

from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService, Loading
from chains.errors import GenerationFailed
from chains.types import AskedIn, Language, Right, Route, Turn
from tests.fakes.scripted_assistant import ScriptedAssistant
from tests.journeys import discord_api
from tests.journeys.conftest import Community

reads_messages = pytest.mark.parametrize("settings", [{"MESSAGE_CONTENT": "true"}], indirect=True)


async def test_a_mention_is_answered_below_the_question_with_source_route_reason_and_seconds(
    community: Community, assistant: ScriptedAssistant
) -> None:
    answer = await community.ask(community.member, "How long can I borrow a tool?")
    assert answer.content.splitlines() == [
        "Seven days.",
        "-# [1] tools.md › Borrowing › In short",
        "-# documents · chance that the text found answers this: 93 % · 4.2 s",
    ]
    assert answer.reference is not None
    assert [question.text for question in assistant.questions] == ["How long can I borrow a tool?"]
    assert assistant.questions[0].asker_id == str(community.member.id)


async def test_an_answer_pings_nobody(community: Community, assistant: ScriptedAssistant) -> None:
    assistant.text = "@everyone ask <@1> now"
    answer = await community.ask(community.member, "Who?")
    stored = community.env.backend.get_message(community.channel.id, answer.id)
    assert not stored.mention_everyone
    assert not stored.ping_user_ids


async def test_talk_that_does_not_address_the_bot_is_left_alone(
    community: Community, assistant: ScriptedAssistant
) -> None:
    await community.member.send(community.channel, "How long can one borrow a tool?")
    await community.rest()
    assert assistant.questions == []


async def test_the_first_words_show_while_the_rest_is_written(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.may_go_on.clear()
    await community.member.send(community.channel, f"{community.mention} How long?")
    await assistant.has_begun.wait()
    await community.env.settle()
    while "Seven" not in community.last().content:
        await community.env.settle()
    assert [child.label for child in _buttons(community.last())] == ["Stop"]
    assistant.may_go_on.set()
    await community.rest()
    assert [child.label for child in _buttons(community.last())] == ["Why?", "Show passage"]


async def test_an_answer_that_the_end_of_the_bot_cuts_off_says_so(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.may_go_on.clear()
    await community.member.send(community.channel, f"{community.mention} How long?")
    await assistant.has_begun.wait()
    await community.app.tasks.close()
    await community.env.settle()
    assert community.last().content.splitlines() == [
        "Seven",
        "-# The bot was restarted while writing this. Ask again for the full answer.",
    ]


async def test_a_members_second_question_is_answered_after_the_first(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.may_go_on.clear()
    for text in ("First?", "Second?"):
        await community.member.send(community.channel, f"{community.mention} {text}")
    await community.other.send(community.channel, f"{community.mention} Another's?")
    await assistant.has_begun.wait()
    while len(assistant.questions) < 2:
        await community.env.settle()
    assert [question.text for question in assistant.questions] == ["First?", "Another's?"]
    assistant.may_go_on.set()
    await community.rest()
    assert [question.text for question in assistant.questions][-1] == "Second?"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("What is <:redflag:112233445566778899>?", "What is :redflag:?"),
        ("What is <a:redflag:112233445566778899>?", "What is :redflag:?"),
        (
            "Is it open on <t:1704110400:D>, as [the page](https://example.org) says?",
            "Is it open on 2024-01-01, as the page says?",
        ),
        (
            "May a <@&{role}> write in {channel}?",
            "May a @Skipper write in #{channel_name}?",
        ),
    ],
)
async def test_markup_in_a_question_is_read_as_people_see_it(
    community: Community, assistant: ScriptedAssistant, written: str, read: str
) -> None:
    role = community.guild.create_role("Skipper")
    named = {
        "role": role.id,
        "channel": f"<#{community.channel.id}>",
        "channel_name": community.channel.name,
    }
    written, read = written.format(**named), read.format(**named)
    await community.ask(community.member, written)
    await community.member.slash(community.channel, "ask", question=written)
    await community.rest()
    assert [question.text for question in assistant.questions] == [read, read]


async def test_a_member_who_is_mentioned_is_named(community: Community, assistant: ScriptedAssistant) -> None:
    await community.ask(community.member, f"May <@{community.other.id}> or <@!{community.other.id}> come?")
    assert assistant.questions[0].text == f"May @{community.other.name} or @{community.other.name} come?"


async def test_a_question_in_chinese_is_answered_in_chinese(community: Community, assistant: ScriptedAssistant) -> None:
    assistant.text = "七天。"
    answer = await community.ask(community.member, "工具可以借多久？")
    assert assistant.questions[0].language is Language.ZH
    assert answer.content.splitlines()[-1].endswith("4.2 秒")
    assert [child.label for child in _buttons(answer)] == ["为什么？", "查看原文"]


async def test_a_reply_to_an_answer_goes_on_with_the_conversation(
    community: Community, assistant: ScriptedAssistant
) -> None:
    first = await community.ask(community.member, "How long can I borrow a tool?")
    assistant.text = "Two pounds."
    second = await community.ask(community.member, "And what if I am late?", reply_to=first)
    await community.ask(community.member, "A week?", reply_to=second)
    assert assistant.questions[-1].history == (
        Turn("How long can I borrow a tool?", "Seven days."),
        Turn("And what if I am late?", "Two pounds."),
    )


async def test_a_mention_of_the_bots_role_gets_a_hint_or_an_answer(
    community: Community, assistant: ScriptedAssistant
) -> None:
    role = community.guild.roles["Routewise"]
    await community.member.send(community.channel, f"<@&{role.id}> How long?")
    await community.rest()
    assert assistant.questions == []
    assert community.last().content.startswith("You mentioned my role")
    await community.member.send(community.channel, f"<@&{role.id}> {community.mention} How long?")
    await community.rest()
    assert [question.text for question in assistant.questions] == ["How long?"]
    assert community.last().content.startswith("Seven days.")


async def test_a_mention_that_an_edit_adds_is_answered_once(community: Community, assistant: ScriptedAssistant) -> None:
    message = await community.member.send(community.channel, "How long?")
    await community.member.edit(message, f"{community.mention} How long?")
    await community.rest()
    await community.member.edit(message, f"{community.mention} How long, please?")
    await community.rest()
    assert [question.text for question in assistant.questions] == ["How long?"]


async def test_a_reply_to_another_member_says_that_their_message_is_out_of_reach(
    community: Community, assistant: ScriptedAssistant
) -> None:
    above = await community.other.send(community.channel, "My display says E-4017.")
    answer = await community.ask(community.member, "what does this mean?", reply_to=above)
    assert answer.content.startswith("-# I can't read the message that you replied to")
    assert assistant.questions[0].history == ()


async def test_a_reply_to_another_member_who_mentioned_the_bot_goes_on_with_that(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.text = "No idea."
    above = await community.other.send(community.channel, f"{community.mention} My display says E-4017.")
    await community.rest()
    await community.ask(community.member, "what does this mean?", reply_to=above)
    assert assistant.questions[-1].history == (Turn("My display says E-4017.", ""),)


@reads_messages
async def test_the_message_that_a_question_replies_to_is_part_of_it(
    community: Community, assistant: ScriptedAssistant
) -> None:
    above = await community.other.send(community.channel, "My display says **E-4017**.")
    answer = await community.ask(community.member, "what does this mean?", reply_to=above)
    assert assistant.questions[0].text == "what does this mean?"
    assert assistant.questions[0].history == (Turn("My display says **E-4017**.", ""),)
    assert answer.content.startswith("Seven days.")


@reads_messages
async def test_a_mention_of_the_bots_role_is_answered_where_its_words_can_be_read(
    community: Community, assistant: ScriptedAssistant
) -> None:
    role = community.guild.roles["Routewise"]
    await community.member.send(community.channel, f"<@&{role.id}> How long?")
    await community.rest()
    assert [question.text for question in assistant.questions] == ["How long?"]


async def test_why_shows_the_words_that_were_searched_for_from_the_conversation_alone(
    community: Community, assistant: ScriptedAssistant
) -> None:
    first = await community.ask(community.member, "How long may I borrow a *tool*?")
    second = await community.ask(community.member, "And if I am late?", reply_to=first)
    assistant.behind = 1
    await community.member.click(second, label="Why?")
    await community.rest()
    seen = community.channel.history(viewer=community.member)
    said = "\n".join(message.content for message in seen if message.flags.ephemeral)
    assert "-# Searched for: And if I am late? How long may I borrow a \\*tool\\*?" in said


async def test_a_reply_to_the_answer_of_a_command_knows_what_was_asked(
    community: Community, assistant: ScriptedAssistant
) -> None:
    await community.member.slash(community.channel, "ask", question="What is a *blue* card?")
    await community.rest()
    await community.ask(community.member, "Who gives it?", reply_to=community.last())
    assert assistant.questions[-1].history == (Turn("What is a *blue* card?", "Seven days."),)


async def test_ask_shows_the_question_and_obeys_the_route(community: Community, assistant: ScriptedAssistant) -> None:
    result = await community.member.slash(community.channel, "ask", question="Say hello", route="direct")
    assert result.acknowledged
    await community.rest()
    assert assistant.questions[0].requested_route is Route.DIRECT
    assert community.last().content.startswith("> Say hello\nSeven days.")


async def test_a_private_answer_is_seen_by_the_asker_alone(community: Community, assistant: ScriptedAssistant) -> None:
    await community.moderator.slash(community.channel, "ask", question="Who leads?", private=True)
    await community.rest()
    assert community.channel.history(viewer=community.other) == []
    assert "Seven days." in community.channel.history(viewer=community.moderator)[-1].content
    assert str(community.hidden.id) in assistant.questions[0].reader.channel_ids


async def test_a_public_answer_draws_only_on_what_everyone_there_may_read(
    community: Community, assistant: ScriptedAssistant
) -> None:
    await community.ask(community.moderator, "Who leads?")
    assert assistant.questions[0].reader.channel_ids == {str(community.channel.id), str(community.open.id)}


async def test_an_answer_in_a_hidden_channel_may_draw_on_that_channel(
    community: Community, assistant: ScriptedAssistant
) -> None:
    await community.moderator.send(community.hidden, f"{community.mention} Who leads?")
    await community.rest()
    assert str(community.hidden.id) in assistant.questions[0].reader.channel_ids


async def test_a_direct_message_is_about_the_one_server_that_is_shared(
    community: Community, assistant: ScriptedAssistant
) -> None:
    await community.member.send_dm("How long can I borrow a tool?")
    await community.rest()
    answer = community.member.user.dm_channel.last_message
    assert answer is not None
    assert answer.content.startswith("-# about Harbour Lights\nSeven days.")
    assert assistant.questions[0].guild_id == str(community.guild.id)
    assert str(community.hidden.id) not in assistant.questions[0].reader.channel_ids


async def test_a_direct_message_asks_which_of_two_servers_it_is_about(
    community: Community, assistant: ScriptedAssistant
) -> None:
    second = community.env.create_guild("Night Owls")
    second.add_member(community.member.user)
    await community.env.settle()
    await community.member.send_dm("How long?")
    await community.rest()
    channel = community.member.user.dm_channel
    asking = channel.last_message
    assert asking is not None
    assert asking.content == "Which server is your question about?"
    await community.member.user.select(asking, [str(second.id)])
    await community.rest()
    assert assistant.questions[0].guild_id == str(second.id)
    answer = channel.last_message
    assert answer is not None
    assert answer.content.startswith("-# about Night Owls")


async def test_of_many_servers_those_that_are_shared_are_found_and_offered(
    community: Community, assistant: ScriptedAssistant
) -> None:
    for number in range(60):
        guild = community.env.create_guild(f"Server {number:02}")
        if number >= 30:
            guild.add_member(community.other.user)
        if number == 59:
            guild.add_member(community.member.user)
    await community.env.settle()
    await community.member.send_dm("How long?")
    await community.rest()
    asking = community.member.user.dm_channel.last_message
    assert asking is not None
    assert _offered(asking) == [["Harbour Lights", "Server 59"]]
    await community.other.send_dm("How long?")
    await community.rest()
    asking = community.other.user.dm_channel.last_message
    assert asking is not None
    names = ["Harbour Lights", *(f"Server {number}" for number in range(30, 60))]
    assert _offered(asking) == [names[:25], names[25:]]
    await community.other.user.select(asking, [str(guild.id)], custom_id=f"guild:{community.other.id}:1")
    await community.rest()
    assert assistant.questions[-1].guild_id == str(guild.id)


async def test_a_discord_that_fails_is_no_lack_of_servers(community: Community) -> None:
    community.env.inject_error("GET", "/guilds/*/members/*", status=400, code=0)
    await community.member.send_dm("How long?")
    await community.rest()
    told = community.member.user.dm_channel.last_message
    assert told is not None
    assert told.content.startswith("Something unexpected went wrong.")


def _offered(message: discord.Message) -> list[list[str]]:
    """The options of each select."""
    return [
        [option.label for option in item.options]
        for row in message.components
        for item in (row.children if isinstance(row, discord.ActionRow) else ())
        if isinstance(item, discord.SelectMenu)
    ]


async def test_an_empty_question_is_told_what_to_do(community: Community, assistant: ScriptedAssistant) -> None:
    answer = await community.ask(community.member, "")
    assert answer.content.startswith("What would you like to know?")
    assert assistant.questions == []


async def test_a_question_of_4000_characters_is_told_the_limit(community: Community) -> None:
    await community.member.slash(community.channel, "ask", question="x" * 4000)
    await community.rest()
    assert "4000 characters; the limit is 2000" in community.last().content


async def test_a_failing_model_leaves_a_sentence_and_the_next_question_is_answered(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.fails = GenerationFailed("scripted")
    failed = await community.ask(community.member, "How long?")
    assert "The chat model failed while writing" in failed.content
    assistant.fails = None
    answer = await community.ask(community.member, "How long?")
    assert answer.content.startswith("Seven days.")


async def test_an_unexpected_error_gives_a_number_and_no_detail(
    community: Community, assistant: ScriptedAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    assistant.fails = RuntimeError("/secret/path")
    answer = await community.ask(community.member, "How long?")
    assert "/secret/path" not in answer.content
    incident = answer.content.split("**")[1]
    assert incident in caplog.text
    assert "/secret/path" in caplog.text


async def test_an_answer_that_is_too_long_for_one_message_is_split(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.text = "\n".join(f"line {number} " + "x" * 90 for number in range(50))
    await community.ask(community.member, "Tell me all")
    pages = [message for message in community.channel.history() if message.author.bot]
    assert len(pages) > 2
    assert all(len(page.content) <= 2000 for page in pages)
    assert [len(_buttons(page)) for page in pages] == [0] * (len(pages) - 1) + [2]


async def test_waiting_says_how_many_answers_come_first(community: Community, assistant: ScriptedAssistant) -> None:
    assistant.ahead = 3
    await community.ask(community.member, "How long?")
    edits = [r.json["content"] for r in community.env.http_requests if r.method == "PATCH" and r.json]
    sent = [r.json["content"] for r in community.env.http_requests if r.method == "POST" and r.json]
    assert sent[0] == "-# Looking at your question…"
    assert edits[-1].startswith("Seven days.")


async def test_the_answer_is_written_anew_where_discord_refuses_its_last_edit(
    community: Community, assistant: ScriptedAssistant
) -> None:
    community.env.inject_error("PATCH", "/channels/*/messages/*", status=403, code=50001, times=None)
    answer = await community.ask(community.member, "How long?")
    assert answer.content.startswith("Seven days.")


async def test_a_deleted_answer_stops_being_written(community: Community, assistant: ScriptedAssistant) -> None:
    assistant.may_go_on.clear()
    await community.member.send(community.channel, f"{community.mention} How long?")
    await assistant.has_begun.wait()
    await community.moderator.delete(community.last())
    assistant.may_go_on.set()
    await community.rest()
    assert [message.author.bot for message in community.channel.history()] == [False]


class TestWhileTheModelLoads:
    @pytest.fixture
    async def assistant_part(self) -> LazyService[AssistantPort]:
        part: LazyService[AssistantPort] = LazyService("chat_model")
        part.report(Loading("downloading", 212_000_000, 491_000_000))
        return part

    async def test_a_question_shows_the_progress_and_is_answered_once_it_is_there(
        self, community: Community, assistant: ScriptedAssistant, assistant_part: LazyService[AssistantPort]
    ) -> None:
        await community.member.send(community.channel, f"{community.mention} How long?")
        while "Downloading" not in community.last().content:
            await community.env.settle()
        expected = "-# Downloading the chat model: 43 %, 212 of 491 MB. Your question is queued."
        assert community.last().content == expected
        assistant_part.succeed(assistant)
        await community.rest()
        assert community.last().content.startswith("Seven days.")

    async def test_a_failed_load_says_what_to_do(
        self, community: Community, assistant_part: LazyService[AssistantPort]
    ) -> None:
        assistant_part.fail(OSError("/models is full"), "disk_full")
        answer = await community.ask(community.member, "How long?")
        assert "the chat model couldn't be loaded. There isn't enough disk space." in answer.content
        assert "/models" not in answer.content


class TestWithoutDocuments:
    @pytest.fixture
    async def documents_part(self) -> LazyService[DocumentsPort]:
        part: LazyService[DocumentsPort] = LazyService("documents")
        part.fail(OSError("no network"), "no_source")
        return part

    async def test_the_failure_names_the_part_that_failed(self, community: Community) -> None:
        answer = await community.ask(community.member, "How long?")
        assert "the search model couldn't be loaded. The download failed." in answer.content


async def test_everything_sent_fits_discords_own_description(community: Community) -> None:
    if not discord_api.is_described():
        pytest.skip("Discord's API description is not on this machine")
    await community.ask(community.member, "How long?")
    assert discord_api.check(community.env.http_requests) >= 3


def _buttons(message: discord.Message) -> list[discord.Button]:
    return [
        child
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for child in row.children
        if isinstance(child, discord.Button)
    ]


async def test_the_help_says_how_good_the_chat_model_is(community: Community) -> None:
    await community.member.slash(community.channel, "help")
    seen = "\n".join(message.content for message in community.channel.history(viewer=community.member))
    assert "half a billion parameters" in seen
    assert "often stumbles over lists" in seen
    assert all(len(message.content) <= 2000 for message in community.channel.history(viewer=community.member))


async def test_a_question_carries_what_its_asker_may_do_and_who_will_read_the_answer(
    community: Community, assistant: ScriptedAssistant
) -> None:
    await community.ask(community.member, "What can I do?")
    await community.ask(community.moderator, "What can I do?")
    await community.moderator.slash(community.channel, "ask", question="What can I do?", private=True)
    await community.rest()
    await community.moderator.slash(community.channel, "ask", question="What can I do?")
    await community.rest()
    moderates = frozenset({Right.MANAGE_DOCUMENTS})
    assert [(question.asked_in, question.rights) for question in assistant.questions] == [
        (AskedIn.CHANNEL, frozenset()),
        (AskedIn.CHANNEL, moderates),
        (AskedIn.PRIVATE, moderates),
        (AskedIn.CHANNEL, moderates),
    ]


async def test_the_answer_before_is_the_one_replied_to_or_the_askers_last_one_that_the_same_people_saw(
    community: Community, assistant: ScriptedAssistant
) -> None:
    first = await community.ask(community.member, "One?")
    await community.ask(community.member, "Two?")
    await community.member.slash(community.channel, "ask", question="Three?", private=True)
    await community.rest()
    await community.ask(community.member, "Four?")
    await community.ask(community.member, "Five?", reply_to=first)
    await community.ask(community.other, "Six?")
    await community.ask(community.other, "Seven?", reply_to=first)
    await community.member.slash(community.channel, "ask", question="Eight?", private=True)
    await community.rest()
    assert [question.previous_decision for question in assistant.questions] == [
        None,
        "decision1",
        None,
        "decision2",
        "decision1",
        None,
        "decision1",
        "decision3",
    ]
