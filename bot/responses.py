"""Responses to commands and presses: the first one, which Discord accepts once and within 3 s, private ones, and edits.

Edit this file when commands or presses need another kind of response.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable

import discord
from discord.utils import MISSING

from bot.transport_errors import QUICK_RETRY_PAUSES_S, retry_transient

_ALREADY_ACKNOWLEDGED = 40060
_THINKS_PUBLICLY = "thinks_publicly"


async def defer(interaction: discord.Interaction, *, ephemeral: bool = False, thinking: bool = False) -> None:
    """Acknowledge a command or a press that takes longer to answer."""
    interaction.extras[_THINKS_PUBLICLY] = thinking and not ephemeral
    await respond(lambda: interaction.response.defer(ephemeral=ephemeral, thinking=thinking))


async def edit_response(
    interaction: discord.Interaction,
    *,
    content: str | None = MISSING,
    embed: discord.Embed = MISSING,
    view: discord.ui.View | None = MISSING,
    picture: bytes | None = None,
    picture_name: str = "picture.png",
) -> None:
    """Edit the response to a command or the message of a press, again where the connection breaks.

    What isn't given stays. `picture`: a PNG to attach as `picture_name`.
    """
    await retry_transient(
        lambda: interaction.edit_original_response(
            content=content,
            embed=embed,
            view=view,
            attachments=MISSING if picture is None else [discord.File(io.BytesIO(picture), picture_name)],
        )
    )


async def reply_privately(interaction: discord.Interaction, content: str, view: discord.ui.View | None = None) -> None:
    """Reply to the one who pressed or commanded, visible to them alone."""
    shown = view or MISSING
    if interaction.extras.get(_THINKS_PUBLICLY, False):
        await _reply_beside_thinking(interaction, content, shown)
    elif interaction.response.is_done():
        await retry_transient(lambda: interaction.followup.send(content, ephemeral=True, view=shown))
    else:
        await respond(lambda: interaction.response.send_message(content, ephemeral=True, view=shown))


async def _reply_beside_thinking(interaction: discord.Interaction, content: str, view: discord.ui.View) -> None:
    """Reply privately to a command that shows everyone that the bot thinks.

    Discord puts the next reply in place of that, for everyone: so it is ended first, and removed afterwards.
    """
    is_loading = (await retry_transient(interaction.original_response)).flags.loading
    if is_loading:
        await retry_transient(lambda: interaction.edit_original_response(content="-# …"))
    await retry_transient(lambda: interaction.followup.send(content, ephemeral=True, view=view))
    if is_loading:
        await retry_transient(interaction.delete_original_response)


async def respond(call: Callable[[], Awaitable[object]]) -> None:
    """Await a first response, and try once more if the connection breaks."""
    tries = 0

    async def counted() -> None:
        nonlocal tries
        tries += 1
        await call()

    try:
        await retry_transient(counted, QUICK_RETRY_PAUSES_S)
    except discord.HTTPException as error:
        if tries == 1 or error.code != _ALREADY_ACKNOWLEDGED:  # Else the first try arrived, and its answer was lost.
            raise
