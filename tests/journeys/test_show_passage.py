"""Show passage: the text behind a citation, for whoever presses and may read it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import discord
import pytest
from simcord.actors import MemberActor
from simcord.backend.models.channel import Overwrite
from simcord.enums import OverwriteType

from bot.messages.throttling import Throttles
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.settings import Settings
from bot.startup.app import assemble
from chains.types import Route
from knowledge.errors import PageImageFailed, Reason
from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, OWNER, Audience, Evidence
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.fakes.listed_documents import ListedDocuments
from tests.fakes.scripted_assistant import ScriptedAssistant, passage
from tests.journeys.conftest import Community
from tests.knowledge.pdfs import pdf

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


@pytest.fixture
def documents(assistant: ScriptedAssistant) -> ListedDocuments:
    made = ListedDocuments()
    _offer(made, assistant.evidence)
    return made


def _offer(documents: ListedDocuments, evidence: tuple[Evidence, ...]) -> None:
    documents.chunks = {item.chunk.id: (item.chunk, item.source) for item in evidence}


async def _press(
    community: Community, presser: MemberActor, answer: discord.Message, label: str = "Show passage"
) -> discord.Message:
    """What the presser alone sees then."""
    result = await presser.click(answer, label=label)
    assert result.ephemeral
    await community.rest()
    return community.channel.history(viewer=presser)[-1]


async def test_a_member_reads_the_passage_with_its_words_marked(
    community: Community, documents: ListedDocuments
) -> None:
    answer = await community.ask(community.member, "How long?")
    shown = await _press(community, community.member, answer)
    [card] = shown.embeds
    assert card.title == "[1] tools.md"
    assert card.description == "**Seven** days."
    assert card.footer.text == "Borrowing › In short · added"
    assert documents.said == [("How long?", "Seven days.")]
    assert not any(message.embeds for message in community.channel.history(viewer=community.moderator))


async def test_others_may_press_as_well(community: Community) -> None:
    answer = await community.ask(community.member, "How long?")
    assert (await _press(community, community.other, answer)).embeds


async def test_whoever_may_not_read_the_source_is_told_so_and_sees_nothing_of_it(
    community: Community, assistant: ScriptedAssistant, documents: ListedDocuments
) -> None:
    evidence = assistant.evidence[0]
    hidden = replace(evidence, source=replace(evidence.source, audience=Audience(str(community.hidden.id))))
    _offer(documents, (hidden,))
    answer = await community.ask(community.moderator, "How long?")
    told = await _press(community, community.other, answer)
    assert told.content.startswith("You can't read the document")
    assert told.embeds == []
    assert (await _press(community, community.moderator, answer)).embeds


async def test_a_press_is_judged_by_what_the_presser_may_read_then(
    community: Community, assistant: ScriptedAssistant, documents: ListedDocuments
) -> None:
    evidence = assistant.evidence[0]
    here = replace(evidence, source=replace(evidence.source, audience=Audience(str(community.open.id))))
    _offer(documents, (here,))
    answer = await community.ask(community.member, "How long?")
    assert (await _press(community, community.other, answer)).embeds
    deny = discord.Permissions(view_channel=True).value
    blind = Overwrite(community.guild.default_role.id, OverwriteType.ROLE, deny=deny)
    community.env.backend.set_overwrite(community.open.id, blind)
    await community.env.settle()
    told = await _press(community, community.other, answer)
    assert told.content.startswith("You can't read the document")


async def test_a_passage_of_a_document_that_went_is_said_to_be_gone(
    community: Community, documents: ListedDocuments
) -> None:
    answer = await community.ask(community.member, "How long?")
    documents.chunks.clear()
    told = await _press(community, community.member, answer)
    assert told.content.startswith("That passage is gone")


async def test_an_answer_without_a_record_says_so(community: Community, assistant: ScriptedAssistant) -> None:
    answer = await community.ask(community.member, "How long?")
    assistant.__post_init__()
    told = await _press(community, community.member, answer)
    assert told.content.startswith("I no longer have the record of that answer")


async def test_several_passages_have_a_button_each(
    community: Community, assistant: ScriptedAssistant, documents: ListedDocuments
) -> None:
    second = passage("fees.md", "Late")
    assistant.evidence = (*assistant.evidence, replace(second, chunk=replace(second.chunk, id="c2")))
    _offer(documents, assistant.evidence)
    answer = await community.ask(community.member, "How long?")
    shown = await _press(community, community.member, answer, "Show passage 2")
    assert shown.embeds[0].title == "[2] fees.md"


async def test_eight_passages_fit_below_an_answer(
    community: Community, assistant: ScriptedAssistant, documents: ListedDocuments
) -> None:
    assistant.evidence = assistant.evidence * 8
    answer = await community.ask(community.member, "How long?")
    assert (await _press(community, community.member, answer, "Show passage 8")).embeds[0].title == "[8] tools.md"


async def test_what_rests_on_no_passage_has_no_such_button(community: Community, assistant: ScriptedAssistant) -> None:
    assistant.evidence, assistant.route = (), Route.DIRECT
    answer = await community.ask(community.member, "Hello!")
    labels = [child.label for row in answer.components for child in row.children]
    assert labels == ["Why?"]


async def test_the_button_works_after_a_restart_and_for_a_command(
    community: Community,
    documents: ListedDocuments,
    assistant_part: LazyService[AssistantPort],
    documents_part: LazyService[DocumentsPort],
) -> None:
    await community.member.slash(community.channel, "ask", question="How long is it?")
    await community.rest()
    answer = community.last()
    again = assemble(
        community.settings,
        documents_part,
        assistant_part,
        community.app.tasks,
        throttles=Throttles(0.0),
        shard_count=1,
    )
    await community.env.restart_bot(again.client)
    assert (await _press(community, community.member, answer)).embeds
    assert documents.said == [("How long is it?", "Seven days.")]


async def test_a_chinese_answer_has_its_button_and_card_in_chinese(
    community: Community, assistant: ScriptedAssistant
) -> None:
    assistant.text = "工具可以借七天。"
    answer = await community.ask(community.member, "工具可以借多久？")
    shown = await _press(community, community.member, answer, "查看原文")
    assert shown.embeds[0].footer.text == "Borrowing › In short · 添加于"


async def test_a_direct_message_shows_its_passage(community: Community, assistant: ScriptedAssistant) -> None:
    await community.member.send_dm("How long?")
    await community.rest()
    channel = community.member.user.dm_channel
    assert channel.last_message is not None
    await community.member.user.click(channel.last_message, label="Show passage")
    await community.rest()
    assert channel.history(viewer=community.member.user)[-1].embeds[0].description == "**Seven** days."


async def test_a_citation_is_a_masked_link_to_its_place(community: Community, assistant: ScriptedAssistant) -> None:
    assistant.evidence = (passage("t[o]ols.md", "In `short`", link="https://club.example/tools", anchor="in-short"),)
    answer = await community.ask(community.member, "How long?")
    line = "-# [1] [t\\[o\\]ols.md › In \\`short\\`](<https://club.example/tools#in-short>)"
    assert answer.content.splitlines()[1] == line


class TestPictures:
    @pytest.fixture
    async def assistant(self) -> ScriptedAssistant:
        return ScriptedAssistant(evidence=(passage("boats.pdf", page=3),))

    async def test_a_page_is_attached_to_the_text(self, community: Community, documents: ListedDocuments) -> None:
        documents.picture = PNG
        answer = await community.ask(community.member, "How long?")
        shown = await _press(community, community.member, answer)
        assert shown.embeds[0].footer.text == "p. 3 · added"
        assert shown.content == ""
        assert [await file.read() for file in shown.attachments] == [PNG]
        assert shown.embeds[0].image.url == "attachment://page.png"

    async def test_a_page_that_cannot_be_drawn_leaves_the_text_and_a_sentence(
        self, community: Community, documents: ListedDocuments
    ) -> None:
        documents.picture = PageImageFailed(Reason.TOO_SLOW, "too slow")
        answer = await community.ask(community.member, "How long?")
        shown = await _press(community, community.member, answer)
        assert shown.content == "-# I can't show this page as a picture: drawing it takes too long."
        assert shown.embeds[0].description == "**Seven** days."

    async def test_whatever_fails_while_a_page_is_drawn_is_said(
        self, community: Community, documents: ListedDocuments
    ) -> None:
        documents.picture = OSError("no more processes")
        answer = await community.ask(community.member, "How long?")
        shown = await _press(community, community.member, answer)
        assert shown.content.startswith("-# I can't show this page as a picture")
        assert shown.embeds[0].description == "**Seven** days."

    async def test_a_document_without_an_original_shows_its_text_alone(self, community: Community) -> None:
        answer = await community.ask(community.member, "How long?")
        shown = await _press(community, community.member, answer)
        assert (shown.content, shown.attachments) == ("", [])


class TestWithRealDocuments:
    @pytest.fixture
    async def real(self, settings: Settings) -> AsyncIterator[Library]:
        library = await Library.open(settings.knowledge, HashingEmbeddings())
        yield library
        await library.close()

    @pytest.fixture
    async def documents_part(self, real: Library) -> LazyService[DocumentsPort]:
        return LazyService.of("documents", real)

    async def test_a_pdf_is_shown_with_its_page(
        self, community: Community, assistant: ScriptedAssistant, real: Library
    ) -> None:
        guild_id = str(community.guild.id)
        await real.register_guild(guild_id, "Harbour Lights")
        await real.ingest_bytes(
            pdf(["Kayaks are rented by the hour"]),
            name="boats.pdf",
            guild_id=guild_id,
            audience=EVERY_MEMBER,
            ingested_by="m",
        )
        assistant.evidence = (await real.search("kayak", guild_id, OWNER)).evidence
        answer = await community.ask(community.member, "May I rent a kayak?")
        shown = await _press(community, community.member, answer)
        assert shown.embeds[0].description == "**Kayaks are rented** by the hour"
        assert shown.embeds[0].image.url
        await real.remove(guild_id, "boats.pdf", OWNER)
        told = await _press(community, community.member, answer)
        assert told.content.startswith("That passage is gone")
