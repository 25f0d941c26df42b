"""A simulated Discord with the real client in it: a member, a moderator, the owner, and three channels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import discord
import pytest
import simcord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle

from bot.local.simulator import RealTimeContext
from bot.messages.throttling import Throttles
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.settings import Settings, load_settings
from bot.startup.app import App, assemble
from bot.tasks import Tasks
from tests.fakes.listed_documents import ListedDocuments
from tests.fakes.scripted_assistant import ScriptedAssistant
from tests.journeys import discord_api


@dataclass
class Community:
    """What a test acts on."""

    env: simcord.Env
    app: App
    guild: GuildHandle
    channel: ChannelHandle
    hidden: ChannelHandle
    """Only moderators see it."""
    open: ChannelHandle
    """Every member sees it."""
    member: MemberActor
    other: MemberActor
    moderator: MemberActor
    settings: Settings

    @property
    def mention(self) -> str:
        return f"<@{self.env.backend.bot_user.id}>"

    async def ask(self, actor: MemberActor, text: str, reply_to: discord.Message | None = None) -> discord.Message:
        """Mention the bot, and return its last message once all is written."""
        await actor.send(self.channel, f"{self.mention} {text}", reply_to=reply_to)
        await self.rest()
        return self.last()

    async def rest(self) -> None:
        await self.app.tasks.idle()
        await self.env.settle()

    def last(self, channel: ChannelHandle | None = None) -> discord.Message:
        message = (channel or self.channel).last_message
        assert message is not None
        return message

    def last_seen_by(self, actor: MemberActor, channel: ChannelHandle | None = None) -> str:
        return (channel or self.channel).history(viewer=actor)[-1].content


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Settings:
    """Further settings can be given by an indirect parameter."""
    for name, value in {"DATA_DIR": str(tmp_path / "data"), **getattr(request, "param", {})}.items():
        monkeypatch.setenv(name, value)
    return load_settings(tmp_path / ".env")


@pytest.fixture
async def assistant() -> ScriptedAssistant:
    return ScriptedAssistant()


@pytest.fixture
def documents() -> ListedDocuments:
    return ListedDocuments()


@pytest.fixture
async def assistant_part(assistant: ScriptedAssistant) -> LazyService[AssistantPort]:
    return LazyService.of("chat_model", assistant)


@pytest.fixture
async def documents_part(documents: ListedDocuments) -> LazyService[DocumentsPort]:
    return LazyService.of("documents", documents)


@pytest.fixture
async def community(
    settings: Settings, assistant_part: LazyService[AssistantPort], documents_part: LazyService[DocumentsPort]
) -> AsyncIterator[Community]:
    scope = RealTimeContext()
    tasks = Tasks(scope)
    app = assemble(settings, documents_part, assistant_part, tasks, throttles=Throttles(0.0), shard_count=1)
    env = simcord.Env(app.client)
    scope.attach(env)
    env.backend.edit_bot_profile("Routewise")
    guild = env.create_guild("Harbour Lights")
    moderating = guild.create_role("Moderator", permissions=discord.Permissions(manage_messages=True))
    sees, blind = discord.PermissionOverwrite(view_channel=True), discord.PermissionOverwrite(view_channel=False)
    made = Community(
        env=env,
        app=app,
        guild=guild,
        channel=guild.create_text_channel("crew", overwrites={guild.default_role: sees}),
        hidden=guild.create_text_channel(
            "committee",
            overwrites={guild.default_role: blind, moderating: sees, guild.roles["Routewise"]: sees},
        ),
        open=guild.create_text_channel("notices"),
        member=guild.add_member(env.create_user("ada")),
        other=guild.add_member(env.create_user("ben")),
        moderator=guild.add_member(env.create_user("mo"), roles=[moderating]),
        settings=settings,
    )
    await env.start()
    yield made
    await app.close()
    requests = list(env.http_requests)
    await env.shutdown()
    env.raise_errors()
    discord_api.check(requests)
