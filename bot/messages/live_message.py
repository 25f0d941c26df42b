"""Shows a text that grows: sends it to Discord, follows it with edits no faster than allowed, and makes the last edit.

Edit this file to change how growing answers are sent and edited.
"""

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
"""The time for the last edit of a message that the end of the bot interrupts."""


@dataclass(frozen=True, slots=True)
class Content:
    """Keeps what Discord should show: one text for each message, and the buttons below the last."""

    pages: tuple[str, ...]
    view: discord.ui.View | None = None

    def messages(self) -> list[tuple[str, discord.ui.View | None]]:
        """Return each message with its buttons."""
        last = len(self.pages) - 1
        return [(page, self.view if number == last else None) for number, page in enumerate(self.pages)]


class LiveMessage:
    """Keeps the messages of one answer while it is being written."""

    def __init__(self, target: MessageTarget, throttle: Throttle, on_deleted: Callable[[], object]) -> None:
        """`on_deleted` is called once if somebody deletes the message."""
        self._target = target
        self._throttle = throttle
        self._on_deleted = on_deleted
        self._written: list[tuple[SentMessage, tuple[str, discord.ui.View | None]]] = []
        self._wanted = Content(())
        self._changed = asyncio.Event()
        self._editing = asyncio.Lock()
        self._follower: asyncio.Task[None] | None = None
        self._deleted = False

    async def open(self, content: Content) -> None:
        """Send the first message at once, and follow `show` with edits from now on."""
        await self._write(content)
        self.follow()

    def follow(self) -> None:
        """Follow `show` with edits again, after `close`."""
        self._follower = asyncio.create_task(self._follow())

    def show(self, content: Content) -> None:
        """Show `content` at the next possible edit. Of several calls before it, the last one counts."""
        self._wanted = content
        self._changed.set()

    async def finish(self, content: Content) -> None:
        """Show `content` as the last state, whatever happened to earlier edits."""
        async with self._editing:
            await self.close()
            if self._deleted:
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
        """Stop following. Calling it again is safe."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.wait([self._follower])

    async def _follow(self) -> None:
        while not self._deleted:
            await self._changed.wait()
            await self._throttle.turn()
            async with self._editing:
                self._changed.clear()
                await self._try_write(self._wanted)

    async def _try_write(self, content: Content) -> None:
        try:
            await self._write(content)
        except discord.NotFound:
            self._deleted = True
            self._on_deleted()
        except TRANSPORT_ERRORS as error:
            _log.warning("edit of an answer failed, trying the next one: %r", error)

    async def _write(self, content: Content, *, retried: bool = False) -> None:
        """Edit and send until Discord shows `content`. `retried` retries edits, too: no later one makes up for them."""
        wanted = content.messages()
        for number, message in enumerate(wanted):
            if number == len(self._written):
                self._written.append((await self._target.send(*message), message))
            elif self._written[number][1] != message:
                written = self._written[number][0]
                edit = partial(written.edit, *message)
                await (retry_transient(edit) if retried else edit())
                self._written[number] = (written, message)
        while len(self._written) > len(wanted):
            await retry_transient(self._written[-1][0].remove)
            self._written.pop()
