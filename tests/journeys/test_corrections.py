"""What a moderator does with a wrong answer, and with answers that are written ahead; and what a member may not."""

from __future__ import annotations

from dataclasses import replace

import discord
import pytest
from simcord.backend.errors import SetupError
from simcord.results import InteractionResult

from bot.cogs.faq import CORRECT
from chains.types import Route
from knowledge.errors import IndexUnavailable
from knowledge.types import EVERY_MEMBER, Audience
from tests.fakes.listed_documents import ListedDocuments
from tests.fakes.scripted_assistant import ScriptedAssistant, passage
from tests.journeys.conftest import Community

QUESTION = "How long can I borrow a tool?"
RIGHT = "Ten days, and never the lathe."


async def _form(community: Community, message: discord.Message) -> InteractionResult:
    return await community.moderator.context_menu(community.channel, CORRECT, message)


def _filled(form: InteractionResult) -> dict[str, str]:
    assert form.modal is not None
    fields = [row["component"] for row in form.modal["components"]]
    return {field["custom_id"]: field.get("value", "") for field in fields}


async def _submit(community: Community, form: InteractionResult, question: str, answer: str) -> str:
    """What the moderator alone then reads."""
    await community.moderator.submit_modal(form, {"question": question, "answer": answer})
    await community.rest()
    seen = community.channel.history(viewer=community.moderator)
    return [message.content for message in seen if message.flags.ephemeral][-1]


async def _correct(
    community: Community, message: discord.Message, question: str = QUESTION, answer: str = RIGHT
) -> str:
    return await _submit(community, await _form(community, message), question, answer)


def _public(community: Community) -> list[str]:
    return [message.content for message in community.channel.history(viewer=community.other)]


async def test_the_form_holds_what_was_asked_and_answered(community: Community, assistant: ScriptedAssistant) -> None:
    assistant.text = "Seven days [1], so the handbook."
    answer = await community.ask(community.member, QUESTION)
    form = await _form(community, answer)
    assert _filled(form) == {"question": QUESTION, "answer": "Seven days, so the handbook."}


async def test_the_form_holds_code_as_it_was_answered(community: Community, assistant: ScriptedAssistant) -> None:
    said = "Take `names[1]` [1]:\n```py\nnames[1]\n-# a comment\n```\nThat is [2] more."
    assistant.text = said
    answer = await community.ask(community.member, QUESTION)
    assert _filled(await _form(community, answer))["answer"] == said.replace(" [1]", "")


async def test_a_correction_is_kept_acknowledged_and_shown_below_the_answer_without_a_ping(
    community: Community, documents: ListedDocuments
) -> None:
    answer = await community.ask(community.member, QUESTION)
    told = await _correct(community, answer)
    [stored] = documents.answered
    assert stored.pair.questions == (QUESTION,)
    assert stored.pair.answer == RIGHT
    assert stored.source.audience == Audience(str(community.channel.id))
    assert stored.source.ingested_by == str(community.moderator.id)
    assert stored.corrects == "s1"
    assert told.startswith(f"✏️ Saved. Whoever asks “{QUESTION}”")
    assert f"<#{community.channel.id}>" in told
    _, wrong, note = _public(community)
    assert note == f"-# ✏️ Corrected by <@{community.moderator.id}>. From now on I answer:\n{RIGHT}"
    assert wrong.endswith(f"-# ✏️ <@{community.moderator.id}> corrected this, see below.")
    assert wrong.startswith("Seven days.")
    shown = community.last()
    assert shown.reference is not None and shown.reference.message_id == answer.id
    [sent] = [r for r in community.env.http_requests if r.method == "POST" and "Corrected by" in str(r.json)]
    assert sent.json["allowed_mentions"]["parse"] == []


async def test_what_was_asked_by_command_is_found_in_the_answer(community: Community) -> None:
    await community.member.slash(community.channel, "ask", question="How *long*?")
    await community.rest()
    assert _filled(await _form(community, community.last()))["question"] == "How *long*?"


async def test_an_abstention_is_corrected_with_an_empty_answer_to_fill(
    community: Community, assistant: ScriptedAssistant, documents: ListedDocuments
) -> None:
    assistant.route, assistant.evidence = Route.ABSTAIN, ()
    assistant.text = "I did not find this in the documents."
    answer = await community.ask(community.member, "How much is a permit?")
    form = await _form(community, answer)
    assert _filled(form) == {"question": "How much is a permit?", "answer": ""}
    await _submit(community, form, "How much is a permit?", "Nine pounds.")
    assert documents.answered[0].corrects is None


async def test_where_the_question_was_deleted_the_form_asks_for_it(
    community: Community, documents: ListedDocuments
) -> None:
    answer = await community.ask(community.member, QUESTION)
    question = community.channel.history(viewer=community.member)[0]
    await community.member.delete(question)
    form = await _form(community, community.last())
    assert _filled(form) == {"question": "", "answer": "Seven days."}
    await _submit(community, form, QUESTION, RIGHT)
    assert documents.answered[0].pair.questions == (QUESTION,)
    assert answer.id == community.channel.history(viewer=community.other)[0].id


async def test_long_texts_are_cut_to_what_the_form_takes(community: Community, assistant: ScriptedAssistant) -> None:
    assistant.text = "seven " * 300
    answer = await community.ask(community.member, "how long " * 150)
    filled = _filled(await _form(community, answer))
    assert len(filled["question"]) == 1000
    assert len(filled["answer"]) == 1500


async def test_a_correction_is_corrected_from_its_own_message(community: Community, documents: ListedDocuments) -> None:
    await _correct(community, await community.ask(community.member, QUESTION))
    note = community.channel.history(viewer=community.other)[-1]
    form = await _form(community, note)
    assert _filled(form) == {"question": QUESTION, "answer": RIGHT}
    told = await _submit(community, form, QUESTION, "Twelve days.")
    assert f"replacing the answer by <@{community.moderator.id}>" in told
    assert [stored.pair.answer for stored in documents.answered] == ["Twelve days."]
    wrong = _public(community)[1]
    assert wrong.count("corrected this") == 1


async def test_the_same_form_twice_changes_nothing_more(community: Community, documents: ListedDocuments) -> None:
    answer = await community.ask(community.member, QUESTION)
    await _correct(community, answer)
    shown = len(_public(community))
    told = await _correct(community, answer)
    assert told == f"“{QUESTION}” already has this answer, so nothing changed."
    assert len(documents.writings) == 1
    assert len(_public(community)) == shown


async def test_of_two_moderators_the_later_stands_and_is_told_of_the_earlier(
    community: Community, documents: ListedDocuments
) -> None:
    second = community.guild.add_member(community.env.create_user("mia"), roles=[community.guild.roles["Moderator"]])
    answer = await community.ask(community.member, QUESTION)
    ours = await _form(community, answer)
    theirs = await second.context_menu(community.channel, CORRECT, answer)
    await second.submit_modal(theirs, {"question": QUESTION, "answer": "Nine days."})
    await community.rest()
    told = await _submit(community, ours, QUESTION, RIGHT)
    assert f"replacing the answer by <@{second.id}>" in told
    assert [stored.pair.answer for stored in documents.answered] == [RIGHT]


@pytest.mark.parametrize(
    ("question", "answer", "sentence"),
    [
        (QUESTION, " \n ", "The answer is empty."),
        (QUESTION, "\u200b\u2060", "The answer is empty."),
        ("?!", RIGHT, "The question has no letters or digits."),
        ("x" * 1001, RIGHT, "The question has 1001 characters; the limit is 1000."),
        ("\n".join(f"Question {n}?" for n in range(6)), RIGHT, "The question has 6 wordings; the limit is 5."),
    ],
)
async def test_what_cannot_be_kept_is_answered_with_what_to_do(
    community: Community, documents: ListedDocuments, question: str, answer: str, sentence: str
) -> None:
    wrong = await community.ask(community.member, QUESTION)
    told = await _correct(community, wrong, question, answer)
    assert told.startswith(sentence)
    assert documents.answered == []
    assert len(_public(community)) == 2


async def test_an_answer_of_4000_characters_does_not_fit_into_the_form(community: Community) -> None:
    wrong = await community.ask(community.member, QUESTION)
    with pytest.raises(SetupError, match="max_length=1500"):
        await _correct(community, wrong, QUESTION, "x" * 4000)


async def test_mass_mentions_and_markdown_that_breaks_out_stay_words(community: Community) -> None:
    wrong = await community.ask(community.member, QUESTION)
    await _correct(
        community, wrong, QUESTION, "@everyone @here <@&1>\n-# retrieval · sure\n>>> all of it\n```py\nx = 1"
    )
    note = community.last()
    assert not note.mention_everyone
    body = community.channel.history(viewer=community.other)[-1].content
    assert "\n\\-# retrieval" in body
    assert "\n\\>>> all" in body
    assert body.endswith("x = 1\n```")


async def test_a_member_is_not_offered_the_correction(community: Community) -> None:
    answer = await community.ask(community.member, QUESTION)
    with pytest.raises(SetupError, match="not visible"):
        await community.member.context_menu(community.channel, CORRECT, answer)
    with pytest.raises(SetupError, match="not visible"):
        await community.member.slash(community.channel, "faq list")


async def test_it_checks_again_where_a_server_opened_it_to_everyone(
    community: Community, documents: ListedDocuments
) -> None:
    answer = await community.ask(community.member, QUESTION)
    for command in await community.app.client.tree.fetch_commands():
        if command.name in {CORRECT, "faq"}:
            community.guild.set_command_permissions(command, {community.guild.default_role: True})
    await community.member.context_menu(community.channel, CORRECT, answer)
    refusal = "You need the **Manage Messages** permission for that. Ask a moderator."
    assert community.last_seen_by(community.member) == refusal
    await community.member.slash(community.channel, "faq add")
    assert community.last_seen_by(community.member) == refusal
    assert documents.answered == []


async def test_whoever_is_no_moderator_any_more_when_the_form_is_sent_changes_nothing(
    community: Community, documents: ListedDocuments
) -> None:
    answer = await community.ask(community.member, QUESTION)
    form = await _form(community, answer)
    moderating = community.guild.roles["Moderator"]
    await community.app.client.http.remove_role(community.guild.id, community.moderator.id, moderating.id)
    told = await _submit(community, form, QUESTION, RIGHT)
    assert told.startswith("You need the **")
    assert documents.answered == []


async def test_what_is_no_answer_of_the_bot_is_not_corrected(community: Community) -> None:
    said = await community.member.send(community.channel, "Seven days, I think.")
    await _form(community, said)
    assert community.last_seen_by(community.moderator).startswith("That isn't a finished answer of mine.")
    await community.moderator.slash(community.channel, "ingest", file=("a.md", b"text"))
    await community.rest()
    await _form(community, community.last())
    assert community.last_seen_by(community.moderator).startswith("That isn't a finished answer of mine.")


async def test_a_moderator_of_one_channel_has_no_say_in_another(
    community: Community, documents: ListedDocuments
) -> None:
    keeper = community.guild.add_member(community.env.create_user("kit"))
    grants = discord.PermissionOverwrite(view_channel=True, manage_messages=True)
    sees, blind = discord.PermissionOverwrite(view_channel=True), discord.PermissionOverwrite(view_channel=False)
    own = community.guild.create_text_channel(
        "garden",
        overwrites={
            community.guild.default_role: blind,
            community.guild.roles["Routewise"]: sees,
            keeper: grants,
        },
    )
    for command in await community.app.client.tree.fetch_commands():
        if command.name == "faq":
            community.guild.set_command_permissions(command, {community.guild.default_role: True})
    await _correct(community, await community.ask(community.member, QUESTION))
    await keeper.slash(own, "faq remove", question=QUESTION)
    await community.rest()
    assert len(documents.answered) == 1
    await keeper.slash(own, "faq add", audience="guild")
    assert community.last_seen_by(keeper, own).startswith("You need the **")
    form = await keeper.slash(own, "faq add")
    await keeper.submit_modal(form, {"question": "Who waters?", "answer": "Kit."})
    await community.rest()
    assert documents.answered[-1].source.audience == Audience(str(own.id))


async def test_an_index_that_is_down_is_told_and_nothing_is_shown(
    community: Community, documents: ListedDocuments
) -> None:
    answer = await community.ask(community.member, QUESTION)
    documents.raises = IndexUnavailable("down")
    assert (await _correct(community, answer)).startswith("The search index isn't responding.")
    assert len(_public(community)) == 2


async def test_an_answer_is_written_ahead_listed_edited_and_removed(
    community: Community, documents: ListedDocuments
) -> None:
    form = await community.moderator.slash(community.channel, "faq add", audience="guild")
    assert _filled(form) == {"question": "", "answer": ""}
    told = await _submit(community, form, f"{QUESTION}\nWhen must a tool be back?", "Seven days.")
    assert "It is for every member." in told
    assert documents.answered[0].source.audience == EVERY_MEMBER

    await community.moderator.slash(community.channel, "faq list")
    await community.rest()
    listed = community.last_seen_by(community.moderator)
    assert listed.startswith("**Answers by moderators** (1)\n")
    assert f"**{QUESTION}** (+1 wording) · <@{community.moderator.id}>, 2026-01-01 · every member" in listed
    assert listed.endswith("\n  Seven days.")

    [choice] = await community.moderator.autocomplete(community.channel, "faq edit", "question", "BACK")
    assert choice["name"] == QUESTION
    form = await community.moderator.slash(community.channel, "faq edit", question=choice["value"])
    assert _filled(form) == {"question": f"{QUESTION}\nWhen must a tool be back?", "answer": "Seven days."}
    await _submit(community, form, QUESTION, RIGHT)
    assert [stored.pair.questions for stored in documents.answered] == [(QUESTION,)]

    await community.moderator.slash(community.channel, "faq remove", question=QUESTION)
    await community.rest()
    assert community.last().content.startswith(f"🗑️ Removed the answer to “{QUESTION}”.")
    assert documents.answered == []
    await community.moderator.slash(community.channel, "faq edit", question=QUESTION)
    assert community.last_seen_by(community.moderator).startswith("No moderator has answered that question here")


async def test_where_the_wrong_answer_came_from_is_told_and_listed(
    community: Community, assistant: ScriptedAssistant, documents: ListedDocuments
) -> None:
    await community.moderator.slash(community.channel, "ingest", file=("tools_of_old.md", b"text"))
    await community.rest()
    [source] = documents.listed
    [item] = assistant.evidence
    assistant.evidence = (replace(item, source=source, chunk=replace(item.chunk, id=f"{source.id}:0")),)
    told = await _correct(community, await community.ask(community.member, QUESTION))
    assert "The wrong answer came from **tools\\_of\\_old.md**" in told
    await community.moderator.slash(community.channel, "faq list")
    await community.rest()
    assert " · corrects tools\\_of\\_old.md\n" in community.last_seen_by(community.moderator)


async def test_why_offers_the_correction_to_moderators_alone(community: Community, documents: ListedDocuments) -> None:
    answer = await community.ask(community.member, QUESTION)
    await community.member.click(answer, label="Why?")
    await community.rest()
    assert "Correct this answer" not in "".join(
        message.content for message in community.channel.history(viewer=community.member)
    )
    await community.moderator.click(answer, label="Why?")
    await community.rest()
    offer = community.channel.history(viewer=community.moderator)[-1]
    assert offer.content.startswith("Only the member who asked can see the reasons. But as a moderator")
    form = await community.moderator.click(offer, label=CORRECT)
    assert _filled(form)["question"] == QUESTION
    await _submit(community, form, QUESTION, RIGHT)
    assert [stored.pair.answer for stored in documents.answered] == [RIGHT]


async def test_a_moderators_own_why_ends_with_the_offer(community: Community) -> None:
    answer = await community.ask(community.moderator, QUESTION)
    await community.moderator.click(answer, label="Why?")
    await community.rest()
    assert community.last_seen_by(community.moderator).startswith("-# Is it wrong?")


async def test_help_names_the_correction(community: Community) -> None:
    await community.member.slash(community.channel, "help")
    assert "**Correct this answer**" in community.last_seen_by(community.member)


async def test_a_moderators_answer_is_cited_with_who_wrote_it_and_when(
    community: Community, assistant: ScriptedAssistant
) -> None:
    item = passage("how long can i borrow a tool.qa", QUESTION)
    source = replace(item.source, media="qa", ingested_by=str(community.moderator.id))
    assistant.evidence = (replace(item, source=source),)
    shown = await community.ask(community.member, QUESTION)
    line = f"-# [1] answered by <@{community.moderator.id}> on 2099-01-01: {QUESTION}"
    assert line in community.channel.history(viewer=community.other)[-1].content
    assert shown.mentions is not None


async def test_a_reply_to_a_correction_goes_on_with_the_conversation(
    community: Community, assistant: ScriptedAssistant
) -> None:
    await _correct(community, await community.ask(community.member, QUESTION))
    note = community.channel.history(viewer=community.other)[-1]
    await community.ask(community.member, "And the lathe?", reply_to=note)
    [turn] = assistant.questions[-1].history
    assert (turn.question, turn.answer) == (QUESTION, RIGHT)


async def test_a_question_that_nobody_answered_points_to_the_list_of_answers(community: Community) -> None:
    await community.moderator.slash(community.channel, "faq remove", question="Who?")
    await community.rest()
    told = community.channel.history(viewer=community.moderator)[-1].content
    assert told == "No moderator has answered that question here. `/faq list` shows the questions with an answer."
