"""Where the messages of one answer go: below a message, in its place, or as the response to a command."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Protocol

import discord
from discord.utils import MISSING

from bot.transport_errors import retry_transient, send_once


class SentMessage(Protocol):
    """A message that stands in Discord."""

    async def edit(self, content: str, view: discord.ui.View | None) -> None:
        """Replace its text and buttons, in one try. Raises one of `bot.transport_errors.TRANSPORT_ERRORS`."""
        ...

    async def remove(self) -> None:
        """Delete it, if it is still there."""
        ...


class MessageTarget(Protocol):
    """Takes the messages of one answer, in their order. What it sends is sent again where the connection breaks."""

    async def send(self, content: str, view: discord.ui.View | None) -> SentMessage:
        """Add a message. Raises one of `bot.transport_errors.TRANSPORT_ERRORS`."""
        ...


class InChannel:
    """Writes into a channel, below nothing."""

    def __init__(self, channel: discord.abc.Messageable) -> None:
        self._channel = channel

    async def send(self, content: str, view: discord.ui.View | None) -> SentMessage:
        """Write a message."""
        send = partial(self._channel.send, content, view=view or MISSING)
        return _Message(await send_once(lambda nonce: send(nonce=nonce)))


class BelowMessage:
    """Replies to a member's message."""

    def __init__(self, message: discord.Message) -> None:
        self._message = message

    async def send(self, content: str, view: discord.ui.View | None) -> SentMessage:
        """Reply; where the question was deleted meanwhile, write without a reference."""
        reference = self._message.to_reference(fail_if_not_exists=False)
        send = partial(self._message.channel.send, content, reference=reference, view=view or MISSING)
        return _Message(await send_once(lambda nonce: send(nonce=nonce)))


class ExistingMessage:
    """Takes the place of a message of the bot's own; what does not fit into it follows in the channel."""

    def __init__(self, message: discord.PartialMessage) -> None:
        self._message = message
        self._used = False

    async def send(self, content: str, view: discord.ui.View | None) -> SentMessage:
        """The first call that succeeds edits the message, the others write below it."""
        if self._used:
            send = partial(self._message.channel.send, content, view=view or MISSING)
            return _Message(await send_once(lambda nonce: send(nonce=nonce)))
        await retry_transient(partial(self._message.edit, content=content, view=view))
        self._used = True
        return _Message(self._message)


class CommandResponse:
    """Responds to a command that was deferred.

    An interaction's token ends after 15 minutes; what everyone can read is therefore edited as an ordinary message.
    """

    def __init__(self, interaction: discord.Interaction, *, private: bool) -> None:
        self._interaction = interaction
        self._private = private
        self._first_id: int | None = None

    @property
    def first_id(self) -> int:
        """The id of the first message, by which it can be edited when the token has ended. Only after `send`."""
        if self._first_id is None:
            raise RuntimeError("nothing was sent yet")
        return self._first_id

    async def send(self, content: str, view: discord.ui.View | None) -> SentMessage:
        """The first call fills the deferred response, the others follow it up."""
        message: discord.Message
        if self._first_id is not None:
            message = await retry_transient(
                lambda: self._interaction.followup.send(
                    content, view=view or MISSING, ephemeral=self._private, wait=True
                )
            )
        else:
            message = await retry_transient(
                partial(self._interaction.edit_original_response, content=content, view=view)
            )
            self._first_id = message.id
        place = self._interaction.channel
        if self._private or not isinstance(place, discord.abc.Messageable) or isinstance(place, discord.GroupChannel):
            return _Message(message)
        seen = self._interaction.app_permissions.view_channel
        return _Message(place.get_partial_message(message.id) if seen else message)


class _Message:
    """A message, by whichever of the library's types."""

    def __init__(self, message: discord.Message | discord.PartialMessage) -> None:
        self._message = message

    async def edit(self, content: str, view: discord.ui.View | None) -> None:
        await self._message.edit(content=content, view=view)

    async def remove(self) -> None:
        with suppress(discord.NotFound):  # It was removed by a try whose answer was lost, or by a moderator.
            await self._message.delete()
