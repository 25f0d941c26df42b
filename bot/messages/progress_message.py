"""One message of the bot's own that shows how far a long work is: a text, buttons and one picture.

Knows the message by its ids alone, so that it is found again after a restart; doesn't know what it says.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import discord
from discord.utils import MISSING

from bot.messages.throttling import EditIntervals, EditSchedule, Throttle
from bot.transport_errors import RETRY_PAUSES_S, TRANSPORT_ERRORS, retry_transient, send_once

_log = logging.getLogger(__name__)

_PICTURE = "training.png"


@dataclass(frozen=True, slots=True)
class ProgressContent:
    """What should stand there."""

    text: str
    view: discord.ui.View | None = None
    draw: Callable[[], bytes] | None = None
    """Draws the picture as PNG, in a thread, once its turn has come. None: the picture that stands there stays."""


class ProgressMessage:
    """One message in a channel."""

    def __init__(
        self, channel: discord.PartialMessageable, message_id: int, throttle: Throttle, intervals: EditIntervals
    ) -> None:
        self._channel = channel
        self._message = channel.get_partial_message(message_id)
        self._throttle = throttle
        self._intervals = intervals
        self._turns = EditSchedule(intervals)
        self._next_picture = float("-inf")
        self._wanted = ProgressContent("")
        self._changed = asyncio.Event()
        self._editing = asyncio.Lock()
        self._follower: asyncio.Task[None] | None = None
        self._may_attach = True

    def follow(self) -> None:
        """Show from now on what `show` is given."""
        self._follower = asyncio.create_task(self._follow())

    def show(self, sheet: ProgressContent, *, at_once: bool = False) -> None:
        """Let this stand there if it is time for an edit; else the next call decides again."""
        self._wanted = sheet
        if self._turns.take_turn(at_once=at_once):
            self._changed.set()

    async def put(self, sheet: ProgressContent) -> None:
        """Let this stand there now, if the message is still there."""
        async with self._editing:
            await self._try_edit(sheet, RETRY_PAUSES_S)

    async def finish(self, sheet: ProgressContent) -> None:
        """Let this stand there in the end: in a new message where the old one cannot be edited."""
        async with self._editing:
            await self.close()
            picture = await _drawn(sheet)
            try:
                await self._edit(sheet, picture, RETRY_PAUSES_S)
            except TRANSPORT_ERRORS as error:
                _log.info("could not edit a message, sending it as a new one: %r", error)
                await self._try_send(sheet, picture)

    async def close(self) -> None:
        """Stop following. Safe to call again."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.wait([self._follower])

    async def _follow(self) -> None:
        while True:
            await self._changed.wait()
            async with self._editing:
                self._changed.clear()
                if not await self._try_edit(self._wanted):
                    return

    async def _try_edit(self, sheet: ProgressContent, retry_pauses_s: Sequence[float] = ()) -> bool:
        """Returns whether the message is still there."""
        picture, now = None, self._intervals.clock()
        if now >= self._next_picture and sheet.draw is not None:
            picture = await _drawn(sheet)
            self._next_picture = now + self._intervals.picture_s
        try:
            await self._edit(sheet, picture, retry_pauses_s)
        except discord.NotFound:
            _log.info("progress message of a training was deleted")
            return False
        except TRANSPORT_ERRORS as error:
            _log.warning("edit of a progress message failed, trying the next one: %r", error)
        return True

    async def _edit(self, sheet: ProgressContent, picture: bytes | None, retry_pauses_s: Sequence[float]) -> None:
        await self._throttle.turn()
        if picture is not None and self._may_attach:
            try:
                await retry_transient(
                    lambda: self._message.edit(content=sheet.text, view=sheet.view, attachments=[_file(picture)]),
                    retry_pauses_s,
                )
            except discord.Forbidden:
                self._stop_attaching()
            else:
                return
        await retry_transient(lambda: self._message.edit(content=sheet.text, view=sheet.view), retry_pauses_s)

    async def _try_send(self, sheet: ProgressContent, picture: bytes | None) -> None:
        try:
            await self._send(sheet, picture)
        except TRANSPORT_ERRORS as error:
            _log.warning("could not show the result of a training: %r", error)

    async def _send(self, sheet: ProgressContent, picture: bytes | None) -> None:
        view = sheet.view or MISSING
        if picture is not None and self._may_attach:
            try:
                await send_once(
                    lambda nonce: self._channel.send(sheet.text, view=view, file=_file(picture), nonce=nonce)
                )
            except discord.Forbidden:
                self._stop_attaching()
            else:
                return
        await send_once(lambda nonce: self._channel.send(sheet.text, view=view, nonce=nonce))

    def _stop_attaching(self) -> None:
        self._may_attach = False
        _log.warning("no permission to attach files in channel %s, leaving out pictures", self._channel.id)


async def _drawn(sheet: ProgressContent) -> bytes | None:
    if sheet.draw is None:
        return None
    try:
        return await asyncio.to_thread(sheet.draw)
    except Exception:  # noqa: BLE001 - the boundary of a picture: it is logged, and the words go without it
        _log.exception("could not draw a picture, leaving it out")
        return None


def _file(picture: bytes) -> discord.File:
    return discord.File(io.BytesIO(picture), _PICTURE)
