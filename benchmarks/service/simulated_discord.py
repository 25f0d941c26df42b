"""Runs the whole bot, with its real models and documents, on a simulated Discord, and records what happens there."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import simcord
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle, GuildHandle

from benchmarks.harness.summary_statistics import percentile
from bot.local.handbook import HANDBOOK
from bot.local.simulator import RealTimeContext
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.settings import load_settings
from bot.startup.app import App, assemble
from bot.startup.loader import Loader
from bot.tasks import Tasks
from chains.decision_log import DecisionLog
from knowledge.library import Library
from knowledge.types import EVERY_MEMBER

SETTLE_TIMEOUT_S = 600.0
_POLL_S = 0.02


@dataclass
class Reply:
    """The bot's reply to one message."""

    acknowledged: float
    """Seconds of the monotonic clock, as below."""
    ended: float
    content: str

    @property
    def route(self) -> str | None:
        """The route that the last line names; None where the answer did not come to its end."""
        line = self.content.splitlines()[-1]
        return line.removeprefix("-# ").partition(" · ")[0] if line.startswith("-# ") and " · " in line else None


@dataclass
class Server:
    """A server of the simulated Discord with the bot in it."""

    env: simcord.Env
    app: App
    guild: GuildHandle
    library: Library
    decisions: DecisionLog
    replies: dict[int, Reply] = field(default_factory=dict)
    """By the id of the message that was replied to; each is kept up to date."""

    @property
    def guild_id(self) -> str:
        """The id by which the documents know the server."""
        return str(self.guild.id)

    def channel(self, name: str) -> ChannelHandle:
        """Add a channel that everyone can read."""
        return self.guild.create_text_channel(name)

    def member(self, name: str) -> MemberActor:
        """Add a member."""
        return self.guild.add_member(self.env.create_user(name))

    async def ingest_handbook(self) -> None:
        """Ingest the example handbook, for every member."""
        for page in sorted(HANDBOOK.glob("*.md")):
            await self.library.ingest_bytes(
                page.read_bytes(),
                name=page.name,
                guild_id=self.guild_id,
                audience=EVERY_MEMBER,
                ingested_by="benchmark",
            )

    async def ask(self, member: MemberActor, channel: ChannelHandle, question: str) -> int:
        """Mention the bot, and return the message's id once the bot has accepted it."""
        message = await member.send(channel, f"<@{self.env.backend.bot_user.id}> {question}")
        return int(message.id)

    async def rest(self) -> None:
        """Wait until the bot has nothing left to do."""
        await self.app.tasks.idle()
        await self.env.settle()

    async def until(self, holds: Callable[[], bool], limit_s: float) -> None:
        """Wait until a condition holds. Raises TimeoutError."""
        async with asyncio.timeout(limit_s):
            while not holds():  # noqa: ASYNC110 - what is waited for has no event of its own
                await asyncio.sleep(_POLL_S)

    async def answer_to(self, message_id: int, limit_s: float) -> Reply:
        """Wait until the bot has answered that message, and return its reply. Raises TimeoutError."""

        def is_answered() -> bool:
            return message_id in self.replies and self.replies[message_id].route is not None

        await self.until(is_answered, limit_s)
        return self.replies[message_id]

    def note(self, event: str, payload: Mapping[str, Any]) -> None:
        """Record an event of the simulated Discord, with its time."""
        now = time.monotonic()
        if event == "MESSAGE_CREATE" and payload.get("message_reference"):
            asked = int(payload["message_reference"]["message_id"])
            self.replies[asked] = Reply(now, now, payload["content"])
        elif event == "MESSAGE_UPDATE" and payload.get("message_reference") and payload.get("content"):
            reply = self.replies[int(payload["message_reference"]["message_id"])]
            reply.ended, reply.content = now, payload["content"]


@asynccontextmanager
async def server(data_dir: Path) -> AsyncIterator[Server]:
    """Open a server whose bot has loaded its models."""
    os.environ["DATA_DIR"] = str(data_dir)
    settings = load_settings()
    loader = Loader(settings)
    encoders, library = await loader.load_documents(lambda _: None)
    assistant = await loader.load_assistant(library, encoders, lambda _: None)
    documents_part: LazyService[DocumentsPort] = LazyService.of("documents", library)
    assistant_part: LazyService[AssistantPort] = LazyService.of("chat_model", assistant)
    scope = RealTimeContext()
    tasks = Tasks(scope)
    app = assemble(
        settings,
        documents_part,
        assistant_part,
        tasks,
        tuner=LazyService.of("tuner", loader.tuner),
        registry=loader.registry,
        shard_count=1,
    )
    env = simcord.Env(app.client, settle_timeout=SETTLE_TIMEOUT_S)
    scope.attach(env)
    decisions = DecisionLog(settings.chains.data_dir / "decisions.db")
    made = Server(env, app, env.create_guild("Benchmark"), library, decisions)
    env.backend.subscribers.append(made.note)
    try:
        await env.start()
        await library.register_guild(made.guild_id, "Benchmark")
        yield made
    finally:
        await app.close()
        await env.shutdown()
        await loader.close()


class Heartbeat:
    """Measures how late the event loop wakes a task that wants to be woken every few milliseconds."""

    INTERVAL_S = 0.005

    def __init__(self) -> None:
        self.lags_s: list[float] = []

    async def beat(self) -> None:
        """Run until it is cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + self.INTERVAL_S
            await asyncio.sleep(self.INTERVAL_S)
            self.lags_s.append(max(0.0, clock() - due))

    def figures(self) -> dict[str, float]:
        """Return the lags that 99 and 99.9 of 100 beats don't exceed, and the longest."""
        return {
            "beats": len(self.lags_s),
            "p99 ms": round(1000 * percentile(self.lags_s, 99), 1),
            "p99.9 ms": round(1000 * percentile(self.lags_s, 99.9), 1),
            "longest ms": round(1000 * max(self.lags_s), 1),
        }
