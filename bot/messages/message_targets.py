"""The targets to which messages are sent: a channel, a reply, an existing message, or the response to a command.

Edit this file when messages should be sent somewhere else.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Protocol

import discord
from discord.utils import MISSING

from bot.transport_errors import retry_transient, send_once


class SentMessage(Protocol):
    """Edits and removes a message that was sent."""

    async def edit(self, content: str, view: discord.ui.View | None) -> None:
        """Replace its text and buttons, in one try. Raise one of `bot.transport_errors.TRANSPORT_ERRORS`."""
        ...

    async def remove(self) -> None:
        """Delete the message, if it is still there."""
        ...


class MessageTarget(Protocol):
    """Sends the messages of one answer, in order, and again if the connection breaks."""

    async def send(self, content: str, view: discord.ui.View | None) -> SentMessage:
        """Send one more message. Raise one of `bot.transport_errors.TRANSPORT_ERRORS`."""
        ...


class InChannel:
    """Sends messages to a channel."""

    def __init__(self, channel: discord.abc.Messageable) -> None:
        self._channel = channel

    async def send(self, content: str, view: discord.ui.View | None) -> SentMessage:
        """Send a message to the channel."""
        send = partial(self._channel.send, content, view=view or MISSING)
        return _Message(await send_once(lambda nonce: send(nonce=nonce)))


class BelowMessage:
    """Sends messages as replies to a member's message."""

    def __init__(self, message: discord.Message) -> None:
        self._message = message

    async def send(self, content: str, view: discord.ui.View | None) -> SentMessage:
        """Reply to the message, or send without a reference if it was deleted meanwhile."""
        reference = self._message.to_reference(fail_if_not_exists=False)
        send = partial(self._message.channel.send, content, reference=reference, view=view or MISSING)
        return _Message(await send_once(lambda nonce: send(nonce=nonce)))


class ExistingMessage:
    """Replaces a message of the bot; further messages follow in the channel."""

    def __init__(self, message: discord.PartialMessage) -> None:
        self._message = message
        self._used = False

    async def send(self, content: str, view: discord.ui.View | None) -> SentMessage:
        """Edit the message in the first call that succeeds, and send below it in later ones."""
        if self._used:
            send = partial(self._message.channel.send, content, view=view or MISSING)
            return _Message(await send_once(lambda nonce: send(nonce=nonce)))
        await retry_transient(partial(self._message.edit, content=content, view=view))
        self._used = True
        return _Message(self._message)


class CommandResponse:
    """Responds to a deferred command.

    An interaction's token expires after 15 minutes; public responses are therefore edited as ordinary messages.
    """

    def __init__(self, interaction: discord.Interaction, *, private: bool) -> None:
        self._interaction = interaction
        self._private = private
        self._first_id: int | None = None

    @property
    def first_id(self) -> int:
        """Return the id of the first message, by which it can be edited later. It exists only after `send`."""
        if self._first_id is None:
            raise RuntimeError("nothing was sent yet")
        return self._first_id

    async def send(self, content: str, view: discord.ui.View | None) -> SentMessage:
        """Fill the deferred response in the first call, and follow it up in later ones."""
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
    """Edits and removes a message of any of discord.py's types."""

    def __init__(self, message: discord.Message | discord.PartialMessage) -> None:
        self._message = message

    async def edit(self, content: str, view: discord.ui.View | None) -> None:
        await self._message.edit(content=content, view=view)

    async def remove(self) -> None:
        with suppress(discord.NotFound):  # An earlier try or a moderator removed it.
            await self._message.delete()
