"""What members hear when they ask the bot about itself: with the real router, documents and search model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import discord
import pytest

from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.settings import Settings, load_settings
from bot.startup.loader import Loader
from chains.types import Route
from knowledge.types import EVERY_MEMBER, Audience
from tests.fakes.recording_assistant import RecordingAssistant
from tests.journeys.conftest import Community

TOOLS = b"# Borrowing\n\nMembers may borrow up to three tools at a time, for seven days. Hand tools need no deposit.\n"
MINUTES = b"# Minutes\n\nThe committee buys a second compressor. It pays nine hundred pounds for it.\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_model_folder: Path) -> Settings:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CHAT_MODEL", "embedded-small")
    monkeypatch.setenv("MAX_ANSWER_TOKENS", "24")
    monkeypatch.setenv("MODEL_DIR", str(small_model_folder.parent))
    monkeypatch.setenv("DECISIONS_KEPT_DAYS", "30")
    return load_settings(tmp_path / ".env")


@pytest.fixture
async def loader(settings: Settings) -> AsyncIterator[Loader]:
    loader = Loader(settings)
    yield loader
    await loader.close()


@pytest.fixture
async def record(loader: Loader) -> RecordingAssistant:
    embeddings, library = await loader.load_documents(lambda _: None)
    return RecordingAssistant(await loader.load_assistant(library, embeddings, lambda _: None))


@pytest.fixture
async def assistant_part(record: RecordingAssistant) -> LazyService[AssistantPort]:
    return LazyService.of("chat_model", record)


@pytest.fixture
async def documents_part(loader: Loader, record: RecordingAssistant) -> LazyService[DocumentsPort]:
    assert loader.library is not None
    return LazyService.of("documents", loader.library)


async def test_members_hear_facts_as_far_as_their_channel_and_their_permissions_go(
    community: Community, record: RecordingAssistant, loader: Loader
) -> None:
    library, guild_id = loader.library, str(community.guild.id)
    assert library is not None
    for name, data, audience in (
        ("tools.md", TOOLS, EVERY_MEMBER),
        ("minutes.md", MINUTES, Audience(str(community.hidden.id))),
    ):
        await library.ingest_bytes(data, name=name, guild_id=guild_id, audience=audience, ingested_by="2")

    async def hears(actor, text: str, channel=None, reply_to: discord.Message | None = None) -> str:
        place = channel or community.channel
        await actor.send(place, f"{community.mention} {text}", reply_to=reply_to)
        await community.rest()
        answer = record.answers[-1]
        assert (answer.route, answer.model) == (Route.DIRECT, None), text
        shown = community.last(place).content
        assert "facts" in shown.splitlines()[-1] or "事实" in shown.splitlines()[-1]
        return shown

    # The public channel's readers can't all see the committee's minutes, so nobody hears of them there.
    in_public = await hears(community.moderator, "What documents do you have?")
    assert "1 document here" in in_public and "`tools.md`" in in_public and "minutes" not in in_public
    among_moderators = await hears(community.moderator, "What documents do you have?", community.hidden)
    assert "2 documents here" in among_moderators and "`minutes.md`" in among_moderators
    assert "1 份文档" in await hears(community.member, "你有哪些文档？")

    assert "SmolLM2-135M-Instruct" in await hears(community.member, "What model are you running on?")
    assert "for 30 days" in await hears(community.member, "what do you keep about me?")
    assert "**Routewise**" in await hears(community.member, "who are you?")
    as_member = await hears(community.member, "what can I do with you in this channel?")
    assert "You can't add documents" in as_member and "You can't train a model" in as_member
    as_moderator = await hears(community.moderator, "what can I do with you in this channel?")
    assert "Add documents with `/ingest`" in as_moderator and "You can't train a model" in as_moderator

    await community.member.send(community.channel, f"{community.mention} What does a harness cost in June?")
    await community.rest()
    refusal, refused = community.last(), record.answers[-1]
    assert refused.route is Route.ABSTAIN
    why = await hears(community.member, "why did you say that?", reply_to=refusal)
    assert "**Route: no answer**" in why
    assert record.headline(refused) in why
    without_reply = await hears(community.member, "why did you say that?")
    assert "**Route: no answer**" in without_reply
    assert "only they can see its reasons" in await hears(community.other, "why did you say that?", reply_to=refusal)
    assert "I don't know which of my answers" in await hears(community.other, "why did you say that?")


async def test_the_help_says_how_good_the_chat_model_is(community: Community) -> None:
    await community.member.slash(community.channel, "help")
    await community.rest()
    seen = "\n".join(message.content for message in community.channel.history(viewer=community.member))
    assert "0.135 billion parameters" in seen and "check the passage" in seen
