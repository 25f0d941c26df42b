"""Discord in the browser: runs the bot against a simulated Discord, without an account, token or key.

Edit this file to change how the local Discord starts, saves and stops.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import simcord
from pydantic import TypeAdapter
from simcord.backend.access import can_access_channel

from bot.errors import LocalUnavailable
from bot.local.handbook import Handbook
from bot.local.saved_conversation import restore_conversation, save_conversation
from bot.local.simulator import LivePage, RealTimeContext, move_clock
from bot.local.world import World, build
from bot.messages.message_targets import BelowMessage, InChannel, MessageTarget
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.settings import Settings
from bot.startup.app import App, assemble
from bot.startup.loader import Loader
from bot.state_file import StateFile
from bot.tasks import Tasks
from chains.types import Language

_PORT = 8765
_NOTES = TypeAdapter(dict[str, str | bool])
_SAVE_INTERVAL_S = 5.0
_SETTLE_TIMEOUT_S = 60.0
"""Handlers only acknowledge, and their work runs elsewhere; this is for a machine under load."""


async def run_local(settings: Settings, port: int | None, channel: str) -> None:
    """Serve the page until it is closed or the process is interrupted.

    Raises:
        LocalUnavailable: the port is in use, or there is no such channel.
    """
    loader = Loader(settings)
    documents: LazyService[DocumentsPort] = LazyService("documents")
    assistant: LazyService[AssistantPort] = LazyService("chat_model")
    async with AsyncExitStack() as closing:
        closing.push_async_callback(loader.close)
        local = LocalDiscord(settings, documents, assistant, loader)
        closing.push_async_callback(local.close)
        page = await closing.enter_async_context(await local.open(port, channel))
        print(f"\n  Discord in the browser: {page.url}\n  Press Ctrl-C to stop.\n", flush=True)  # noqa: T201
        local.app.tasks.start(loader.load(documents, assistant), "loading")
        await page.wait_closed()


class LocalDiscord:
    """Keeps the simulated Discord with the bot in it."""

    def __init__(
        self,
        settings: Settings,
        documents: LazyService[DocumentsPort],
        assistant: LazyService[AssistantPort],
        loader: Loader,
    ) -> None:
        self._conversation = settings.bot.data_dir / "local_conversation.json"
        self._notes = _Notes(settings.bot.data_dir / "local.json")
        self._started = False
        real_time = RealTimeContext()
        self.tasks = Tasks(real_time)
        # Discord asks for an approval before a bot reads other messages; here there is nobody to ask.
        bot = settings.bot.model_copy(update={"message_content": True})
        self.app: App = assemble(
            replace(settings, bot=bot),
            documents,
            assistant,
            self.tasks,
            tuner=LazyService.of("tuner", loader.tuner),
            registry=loader.registry,
            shard_count=1,
        )
        self.env = simcord.Env(self.app.client, check_errors=False, settle_timeout=_SETTLE_TIMEOUT_S)
        real_time.attach(self.env)
        self.world: World = build(self.env)

    async def open(self, port: int | None, channel_name: str) -> LivePage:
        """Connect the bot and return the page, which still has to be entered as a context."""
        channel = self.world.channels.get(channel_name)
        if channel is None:
            known = ", ".join(self.world.channels)
            raise LocalUnavailable(f"There is no channel {channel_name!r}. Choose one of: {known}.")
        restored = restore_conversation(self.env, self._conversation)
        move_clock(self.env)
        await self.env.start()
        self._started = True
        viewers = [viewer for viewer in self.world.viewers if can_access_channel(self.env, channel.id, viewer)]
        page = LivePage(self.env, channel, viewers, port=_port(port), capability=self._notes.capability())
        self.tasks.start(page.keep_live(), "page")
        self.tasks.start(self._keep_conversation(), "conversation")
        self.tasks.start(self._welcome(channel.id, greet=not restored), "welcome")
        return page

    async def close(self) -> None:
        """Stop what runs, save the conversation and disconnect the bot."""
        await self.app.close()
        if self._started:
            self._save()
            await self.env.shutdown()

    async def _welcome(self, channel_id: int, *, greet: bool) -> None:
        """Send the welcome, and ingest the handbook once."""
        channel = self.app.client.get_partial_messageable(channel_id)
        texts = self.app.services.texts
        target: MessageTarget = InChannel(channel)
        if greet:
            target = BelowMessage(await channel.send(texts(Language.EN, "local.welcome")))
        if not self._notes.has_handbook():
            guild = self.world.guild
            handbook = Handbook(self.app.services, str(guild.id), guild.name)
            if await handbook.ingest(target, channel_id):
                self._notes.note_handbook()

    async def _keep_conversation(self) -> None:
        """Save the conversation at intervals, since the process may be killed."""
        while True:
            await asyncio.sleep(_SAVE_INTERVAL_S)
            self._save()

    def _save(self) -> None:
        save_conversation(self.env, self.world, self._conversation)


class _Notes:
    """Keeps in one small file what the local Discord remembers of itself."""

    def __init__(self, path: Path) -> None:
        self._file = StateFile(path, _NOTES)

    def capability(self) -> str:
        """Return the secret in the page's address, the same at every start."""
        notes = self._file.read() or {}
        known = notes.get("capability")
        if isinstance(known, str):
            return known
        made = secrets.token_urlsafe(32)
        self._file.write({**notes, "capability": made})
        return made

    def has_handbook(self) -> bool:
        """Return whether the handbook was ingested once: what a moderator removes of it stays removed."""
        return (self._file.read() or {}).get("handbook") is True

    def note_handbook(self) -> None:
        """Remember that the handbook was ingested."""
        self._file.write({**(self._file.read() or {}), "handbook": True})


def _port(wanted: int | None) -> int:
    """Return the wanted port; without one, the default port, or 0 for any if that is in use."""
    with socket.socket() as probe:
        # The server does so, too: a killed bot's connections hold the port for a minute, and do no harm.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", _PORT if wanted is None else wanted))
        except OSError as error:
            if wanted is not None:
                raise LocalUnavailable(f"Port {wanted} is in use. Choose another with --port.") from error
            return 0
    return _PORT if wanted is None else wanted
