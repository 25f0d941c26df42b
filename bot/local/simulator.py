"""Runs the simulated Discord live: its page in the browser, its clock, and the context of the bot's own tasks.

The simulator is made for tests. Its page shows a message once the bot is at rest, and refuses what was typed while it
changed; its scope holds every action back until all that the bot does is at rest, in virtual time. Edit this file when
the pinned version of the simulator changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextvars import Context, copy_context
from datetime import UTC, datetime
from typing import Any

import simcord
from discord.webhook.async_ import async_context
from simcord.actors import MemberActor
from simcord.builders import ChannelHandle
from simcord.preview import Preview
from simcord.types import HttpLogEntry

from bot.local.page_server import PageServer

_PUBLISH_INTERVAL_S = 0.25
_KEPT_LOG_ENTRIES = 2000


class LivePage(Preview):
    """Keeps the page of one channel up to date while the bot works."""

    def __init__(
        self, env: simcord.Env, channel: ChannelHandle, viewers: Sequence[MemberActor], *, port: int, capability: str
    ) -> None:
        """`capability` is the secret in the address; if it stays the same, an open page reconnects after a restart."""
        super().__init__(
            env,
            channel,
            tuple(viewers),
            layout="channel",
            display="responsive",
            width=960,
            height=720,
            locale="en-US",
            timezone="UTC",
            presentation_time=None,
            assets=None,
            port=port,
        )
        self._server = PageServer(self, port)
        self.capability = capability
        self._has_changed = True
        self._last_request: HttpLogEntry | None = None
        self._turn = asyncio.Lock()
        env.backend.subscribers.append(self._note_event)

    async def keep_live(self) -> None:
        """Advance the simulated clock with the real one and publish changes, until cancelled."""
        while True:
            await asyncio.sleep(_PUBLISH_INTERVAL_S)
            move_clock(self.env)
            if self._has_changed or self._has_new_requests():
                self._has_changed = False
                self._advance_presentation_time()
                self._publish_message_pages(reason="refresh")
                del self.env.backend.transcript[:-_KEPT_LOG_ENTRIES]
                del self.env.backend.http_requests[:-_KEPT_LOG_ENTRIES]

    def _has_new_requests(self) -> bool:
        """Return whether the bot has sent requests since the last call: ephemeral messages cause no event."""
        requests = self.env.backend.http_requests
        last, self._last_request = self._last_request, requests[-1] if requests else None
        return last is not self._last_request

    def _note_event(self, event: str, payload: Mapping[str, Any]) -> None:
        self._has_changed = True

    async def _action(self, context_id: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        """Run actions one after the other, on the current page, with typed mentions in Discord's form."""
        async with self._turn:
            fresh = dict(body)
            if "published_revision" in fresh:
                fresh["published_revision"] = self._get_page(context_id).revision
            if isinstance(content := fresh.get("content"), str):
                bot = self.env.backend.bot_user
                fresh["content"] = content.replace(f"@{bot.name}", f"<@{bot.id}>")
            return await super()._action(context_id, fresh)


def move_clock(env: simcord.Env) -> None:
    """Advance the simulated clock to the real time; it starts at a fixed instant and never goes back."""
    behind_s = (datetime.now(UTC) - env.now()).total_seconds()
    if behind_s > 0:
        env.backend.advance_clock(behind_s)


class RealTimeContext:
    """Makes contexts for the bot's tasks, in real time, outside of the simulator's scope.

    The simulator lets virtual time pass in its scope and waits there until the bot is at rest, but an answer takes real
    time; it only needs to know where its responses go. Create this object outside of any task of the bot.
    """

    def __init__(self) -> None:
        self._outside = copy_context()
        self._env: simcord.Env | None = None

    def attach(self, env: simcord.Env) -> None:
        """Send responses to this simulated Discord from now on."""
        self._env = env

    def __call__(self) -> Context:
        """Return a context of real time whose responses go to the simulated Discord."""
        context = self._outside.copy()
        if self._env is not None:
            context.run(self._enter, self._env)
        return context

    def _enter(self, env: simcord.Env) -> None:
        with env.time_context():
            adapter = async_context.get()
        async_context.set(adapter)
