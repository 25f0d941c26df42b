"""A text in Discord that grows by edits, no faster than Discord allows. Knows nothing of what the text says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import discord

from bot.messages.message_targets import MessageTarget, SentMessage
from bot.messages.throttling import Throttle
from bot.transport_errors import TRANSPORT_ERRORS, retry_transient

_log = logging.getLogger(__name__)

LAST_EDIT_TIMEOUT_S = 5.0
"""For the last edit of what the end of the bot cuts off."""


@dataclass(frozen=True, slots=True)
class Content:
    """What should stand in Discord: one text a message, and the buttons below the last."""

    pages: tuple[str, ...]
    view: discord.ui.View | None = None

    def messages(self) -> list[tuple[str, discord.ui.View | None]]:
        """Each message with its buttons."""
        last = len(self.pages) - 1
        return [(page, self.view if number == last else None) for number, page in enumerate(self.pages)]


class LiveMessage:
    """The messages of one answer while it is written."""

    def __init__(self, outlet: MessageTarget, throttle: Throttle, on_gone: Callable[[], object]) -> None:
        """`on_gone` is called once when somebody deletes what is being written."""
        self._outlet = outlet
        self._throttle = throttle
        self._on_gone = on_gone
        self._written: list[tuple[SentMessage, tuple[str, discord.ui.View | None]]] = []
        self._wanted = Content(())
        self._changed = asyncio.Event()
        self._editing = asyncio.Lock()
        self._follower: asyncio.Task[None] | None = None
        self._gone = False

    async def open(self, content: Content) -> None:
        """Send the first message at once, and follow with edits whatever is shown from now on."""
        await self._write(content)
        self.follow()

    def follow(self) -> None:
        """Follow with edits again, after `close`."""
        self._follower = asyncio.create_task(self._follow())

    def show(self, content: Content) -> None:
        """Let this be what stands there, at the next turn. Calls between two turns coalesce into the last."""
        self._wanted = content
        self._changed.set()

    async def finish(self, content: Content) -> None:
        """Let this stand there in the end, whatever happened to the edits before."""
        async with self._editing:
            await self.close()
            if self._gone:
                return
            try:
                await self._throttle.turn()
                await self._write(content, retried=True)
            except discord.NotFound:
                _log.info("answer deleted before its last edit")
            except TRANSPORT_ERRORS as error:
                _log.warning("last edit of an answer failed, sending it as a new message: %r", error)
                self._written.clear()
                await self._write(content, retried=True)

    async def close(self) -> None:
        """Stop following. Safe to call again."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.wait([self._follower])

    async def _follow(self) -> None:
        while not self._gone:
            await self._changed.wait()
            await self._throttle.turn()
            async with self._editing:
                self._changed.clear()
                await self._try_write(self._wanted)

    async def _try_write(self, content: Content) -> None:
        try:
            await self._write(content)
        except discord.NotFound:
            self._gone = True
            self._on_gone()
        except TRANSPORT_ERRORS as error:
            _log.warning("edit of an answer failed, trying the next one: %r", error)

    async def _write(self, content: Content, *, retried: bool = False) -> None:
        """Bring what stands there to `content`. `retried`: edits too, since no later one will make up for them."""
        wanted = content.messages()
        for number, message in enumerate(wanted):
            if number == len(self._written):
                self._written.append((await self._outlet.send(*message), message))
            elif self._written[number][1] != message:
                written = self._written[number][0]
                edit = partial(written.edit, *message)
                await (retry_transient(edit) if retried else edit())
                self._written[number] = (written, message)
        while len(self._written) > len(wanted):
            await retry_transient(self._written[-1][0].remove)
            self._written.pop()
