"""Shows the progress of long work in one message: a text, buttons and one picture.

The message is found by its ids alone, so it can be edited after a restart, too.
Edit this file to change when such messages are edited, or how their pictures are attached.
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
    """Keeps what a progress message should show."""

    text: str
    view: discord.ui.View | None = None
    draw: Callable[[], bytes] | None = None
    """Draws the picture as PNG, in a thread, when the picture is due. None keeps the previous picture."""


class ProgressMessage:
    """Edits one message of the bot in a channel."""

    def __init__(
        self, channel: discord.PartialMessageable, message_id: int, throttle: Throttle, intervals: EditIntervals
    ) -> None:
        self._channel = channel
        self._message = channel.get_partial_message(message_id)
        self._throttle = throttle
        self._intervals = intervals
        self._schedule = EditSchedule(intervals)
        self._next_picture = float("-inf")
        self._wanted = ProgressContent("")
        self._changed = asyncio.Event()
        self._editing = asyncio.Lock()
        self._follower: asyncio.Task[None] | None = None
        self._may_attach = True

    def follow(self) -> None:
        """Follow `show` with edits from now on."""
        self._follower = asyncio.create_task(self._follow())

    def show(self, content: ProgressContent, *, at_once: bool = False) -> None:
        """Show `content` if an edit is due; otherwise the next call decides again."""
        self._wanted = content
        if self._schedule.take_turn(at_once=at_once):
            self._changed.set()

    async def put(self, content: ProgressContent) -> None:
        """Show `content` now, if the message is still there."""
        async with self._editing:
            await self._try_edit(content, RETRY_PAUSES_S)

    async def finish(self, content: ProgressContent) -> None:
        """Show `content` as the last state, in a new message if the old one cannot be edited."""
        async with self._editing:
            await self.close()
            picture = await _draw(content)
            try:
                await self._edit(content, picture, RETRY_PAUSES_S)
            except TRANSPORT_ERRORS as error:
                _log.info("could not edit a message, sending it as a new one: %r", error)
                await self._try_send(content, picture)

    async def finish_below(self, content: ProgressContent, note: Callable[[str], str]) -> None:
        """Show `content` in a new message below, which members notice, unlike an edit, and a note in the old one.

        `note` is given the new message's link. If no message can be sent, the old one shows `content`.
        """
        async with self._editing:
            await self.close()
            picture = await _draw(content)
            try:
                sent = await self._send(content, picture)
            except TRANSPORT_ERRORS as error:
                _log.info("could not send the result of a training, editing the message instead: %r", error)
            else:
                await self._try_edit(ProgressContent(note(sent.jump_url)), RETRY_PAUSES_S)
                return
        await self.finish(content)

    async def close(self) -> None:
        """Stop following. Calling it again is safe."""
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

    async def _try_edit(self, content: ProgressContent, retry_pauses_s: Sequence[float] = ()) -> bool:
        """Edit the message and return whether it is still there."""
        picture, now = None, self._intervals.clock()
        if now >= self._next_picture and content.draw is not None:
            picture = await _draw(content)
            self._next_picture = now + self._intervals.picture_s
        try:
            await self._edit(content, picture, retry_pauses_s)
        except discord.NotFound:
            _log.info("progress message of a training was deleted")
            return False
        except TRANSPORT_ERRORS as error:
            _log.warning("edit of a progress message failed, trying the next one: %r", error)
        return True

    async def _edit(self, content: ProgressContent, picture: bytes | None, retry_pauses_s: Sequence[float]) -> None:
        await self._throttle.turn()
        if picture is not None and self._may_attach:
            try:
                await retry_transient(
                    lambda: self._message.edit(content=content.text, view=content.view, attachments=[_file(picture)]),
                    retry_pauses_s,
                )
            except discord.Forbidden:
                self._stop_attaching()
            else:
                return
        await retry_transient(lambda: self._message.edit(content=content.text, view=content.view), retry_pauses_s)

    async def _try_send(self, content: ProgressContent, picture: bytes | None) -> None:
        try:
            await self._send(content, picture)
        except TRANSPORT_ERRORS as error:
            _log.warning("could not show the result of a training: %r", error)

    async def _send(self, content: ProgressContent, picture: bytes | None) -> discord.Message:
        view, reference = content.view or MISSING, self._message.to_reference(fail_if_not_exists=False)
        if picture is not None and self._may_attach:
            try:
                return await send_once(
                    lambda nonce: self._channel.send(
                        content.text, view=view, file=_file(picture), nonce=nonce, reference=reference
                    )
                )
            except discord.Forbidden:
                self._stop_attaching()
        return await send_once(
            lambda nonce: self._channel.send(content.text, view=view, nonce=nonce, reference=reference)
        )

    def _stop_attaching(self) -> None:
        self._may_attach = False
        _log.warning("no permission to attach files in channel %s, leaving out pictures", self._channel.id)


async def _draw(content: ProgressContent) -> bytes | None:
    if content.draw is None:
        return None
    try:
        return await asyncio.to_thread(content.draw)
    except Exception:  # noqa: BLE001 - the boundary of a picture: it is logged, and the text is sent without it
        _log.exception("could not draw a picture, leaving it out")
        return None


def _file(picture: bytes) -> discord.File:
    return discord.File(io.BytesIO(picture), _PICTURE)
